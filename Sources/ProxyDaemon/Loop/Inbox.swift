/// Where the dataplane waits: for messages or for a descriptor, whatever comes first.
package protocol Inbox<Message> {
    associatedtype Message

    /// The dataplane has been told to end.
    var isClosed: Bool { get }

    /// Waits for messages and takes all of them; the list may be empty.
    ///
    /// - Parameters:
    ///   - timeout: in milliseconds; nil waits for ever.
    ///   - descriptor: another reason to return: it has input.
    func takeAll(timeout: Int?, watching descriptor: Int32?) -> (messages: [Message], hasInput: Bool)
}
