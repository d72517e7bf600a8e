package import LinuxSystem
import Synchronization

/// Where sources leave updates for the dataplane's thread.
///
/// What arrives while a commit is in flight waits here and goes with the next one, all of it together.
package final class Mailbox<Message: Sendable>: Inbox, Sendable {
    private let messages = Mutex<[Message]>([])
    private let closed = Mutex(false)
    private let flag: EventFlag

    package init() throws(SystemError) { flag = try EventFlag() }

    package func put(_ message: Message) {
        messages.withLock { $0.append(message) }
        flag.raise()
    }

    /// Tells the reader to end.
    package func close() {
        closed.withLock { $0 = true }
        flag.raise()
    }

    package var isClosed: Bool { closed.withLock { $0 } }

    /// Waits for messages and takes all of them.
    ///
    /// The list is empty when the time ran out, when the mailbox was closed, when only the descriptor has input, and when
    /// a message's wake-up comes after the message was taken along with the one before it.
    package func takeAll(
        timeout: Int?, watching descriptor: Int32? = nil
    ) -> (messages: [Message], hasInput: Bool) {
        var hasInput = false
        // Who is flooded with messages hears of the descriptor as well.
        let timeout = messages.withLock({ $0.isEmpty }) && !isClosed ? timeout : 0
        if let descriptor {
            hasInput = flag.wait(or: descriptor, timeout: timeout).input
        } else if timeout != 0 {
            _ = flag.wait(timeout: timeout)
        }
        flag.lower()
        let taken = messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
        return (taken, hasInput)
    }
}
