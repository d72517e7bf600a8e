package import KubeModel

/// What people have to know about what was given out, or was not.
package enum AllocationNote: Sendable, Hashable {
    /// A Service got these, which it did not have before.
    case assigned(NamespacedName, [Holding])
    /// A Service has another value than before.
    ///
    /// - Parameter by: the object that names the old value; nil where no range holds that any more.
    case moved(from: Holding, to: UInt128?, by: ObjectID?)
    /// All values for a slot are taken.
    case exhausted(NamespacedName, Slot)
    /// Nobody gives out what these slots ask for; of a Service, the first says most.
    case unserved(NamespacedName, [Slot])
}
