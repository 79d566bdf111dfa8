import Foundation

/// Lines of text both ways over one socket.
package final class LineChannel {
    /// What a read gave.
    package enum Received {
        case line(String)
        /// Nothing came in time.
        case nothing
        /// The other side is gone.
        case ended
    }

    let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Sends a line; an error is ignored, since a reader that is gone is noticed by `receive`.
    func send(_ line: String) { Self.send(line, to: descriptor) }

    /// Sends a line from any thread; lines do not mix as long as each is sent by one call at a time.
    static func send(_ line: String, to descriptor: Int32) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }

    /// The next line; waits at most `milliseconds` for it, for ever when negative.
    package func receive(milliseconds: Int32) -> Received {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffer[..<end], as: UTF8.self)
                buffer.removeSubrange(...end)
                return .line(line)
            }
            if isAtEnd { return .ended }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, milliseconds)
            if ready == 0 { return .nothing }
            if ready < 0 {
                if errno == EINTR { continue }
                return .ended
            }
            var piece = [UInt8](repeating: 0, count: 16384)
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 {
                isAtEnd = true
            } else {
                buffer += piece.prefix(count)
            }
        }
    }
}
