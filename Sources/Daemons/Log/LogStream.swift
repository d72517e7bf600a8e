package import LinuxSystem
import Synchronization

/// Where log lines go: a descriptor whose reader may stop reading without stopping the program.
///
/// A pipe that nobody drains is full after 64 KiB, and a write then waits for ever. Lines that find it full for a moment are
/// lost instead, and the next one that goes through says how many.
package final class LogStream: Sendable {
    private let stream: StandardStream
    /// The stream where a write could wait though it just had room: for a terminal's rest, for what others write.
    private let withoutWaiting: FileDescriptor?
    /// How long a line waits for room, in ms, where the one before it found some.
    private let patience: Int
    /// How many lines were lost since the last one that went through.
    private let lost = Mutex(0)

    package init(_ stream: StandardStream, patience: Int = 100) {
        self.stream = stream
        withoutWaiting = stream.withoutWaiting()
        self.patience = patience
    }

    /// Writes a line and its end, or loses it; lines of several threads do not mix.
    package func write(_ line: String) {
        lost.withLock { lost in
            guard stream.hasRoom(within: lost == 0 ? patience : 0) else {
                lost += 1
                return
            }
            var text = line + "\n"
            if lost > 0 { text = "... lines lost because nobody read them: \(lost)\n" + text }
            do throws(SystemError) {
                try send(text)
                lost = 0
            } catch {
                lost += 1
            }
        }
    }

    private func send(_ text: String) throws(SystemError) {
        switch withoutWaiting {
        case .some(let descriptor): try descriptor.writeAll(text.utf8)
        case nil: try stream.write(text)
        }
    }
}
