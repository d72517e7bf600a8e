/// Where objects come from, whatever delivers them.
///
/// Whoever holds one knows neither its files nor its connections, only what it delivers.
package protocol ObjectSource: Sendable {
    /// Begins to deliver the whole content and then its changes, and returns at once; a second start does nothing.
    ///
    /// - Parameter deliver: called from the source's own thread or task, never concurrently; it may block, and the source
    ///   folds together what happens meanwhile.
    /// - Throws: when it is known at once that nothing can be delivered.
    func start(deliver: @escaping @Sendable (SourceUpdate) -> Void) throws

    /// Ends the deliveries soon; an update that is being delivered is still delivered. May come twice, or first.
    func stop()
}

/// What a source of objects delivers at a time.
package struct SourceUpdate: Sendable {
    /// In the order in which they happened, each object once.
    package var changes: [ObjectChange]
    /// True once the objects of the initial state are all delivered.
    ///
    /// A source may deliver in parts; the last part of the initial state says so, and so does every update after it.
    package var complete: Bool
    /// How many things cannot be read at present: files, documents, objects.
    package var unreadable: Int
    /// Those among them that are objects whose names are known.
    package var unreadableObjects: Set<ObjectID>

    package init(
        changes: [ObjectChange], complete: Bool, unreadable: Int, unreadableObjects: Set<ObjectID> = []
    ) {
        self.changes = changes
        self.complete = complete
        self.unreadable = unreadable
        self.unreadableObjects = unreadableObjects
    }
}
