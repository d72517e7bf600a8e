package import KubeModel

/// The object of a kind that was told of last, with its version: where a server has it in that version, its store's history is
/// the one that was heard of.
///
/// A store that was put back to an older state may come past all versions that are known before anybody asks, and then nothing
/// but its content tells it from the one of before.
package struct Witness: Sendable, Hashable {
    package let id: ObjectID
    let version: ResourceVersion

    /// Takes an object for the witness unless another one has a higher version.
    static func note(_ id: ObjectID, _ version: ResourceVersion, in witness: inout Witness?) {
        if let known = witness, version.isBehind(known.version) { return }
        witness = Witness(id: id, version: version)
    }
}
