import Dispatch
import Foundation

/// A thread whose making can fail: Foundation's and Dispatch's wait or go on silently when the system has none left, and
/// Dispatch ends the process where it gets no descriptor.
package enum SystemThread {
    /// Starts a detached thread. Throws ``UnavailableError`` when the system gives none.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws {
        let box = Unmanaged.passRetained(Body(body))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread: pthread_t = 0
        #endif
        let code = pthread_create(
            &thread, nil,
            { context in
                #if canImport(Darwin)
                    Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                #else
                    if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                #endif
                return nil
            }, box.toOpaque())
        if code == 0 {
            #if canImport(Darwin)
                if let thread { pthread_detach(thread) }
            #else
                pthread_detach(thread)
            #endif
        }
        guard code == 0 else {
            box.release()
            throw UnavailableError(
                what: "cannot start the thread '\(name)': \(String(cString: strerror(code)))",
                remedy:
                    "Raise the limit of processes and threads (ulimit -u, or the container's pids limit), or end others."
            )
        }
    }

    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Whether `count` threads can be made at the same time. They are gone when this returns.
    package static func canMake(_ count: Int) -> Bool {
        let gate = DispatchSemaphore(value: 0)
        let ended = DispatchSemaphore(value: 0)
        var made = 0
        for _ in 0..<count {
            let started: Void? = try? start("flowexp.probe") {
                gate.wait()
                ended.signal()
            }
            if started == nil { break }
            made += 1
        }
        for _ in 0..<made { gate.signal() }
        for _ in 0..<made { ended.wait() }
        return made == count
    }
}

/// The system does not give what a sweep needs: threads or processes.
public struct UnavailableError: Error, Sendable, CustomStringConvertible {
    /// What happened.
    public var what: String
    /// What to do about it.
    public var remedy: String

    /// See the properties.
    package init(what: String, remedy: String) {
        self.what = what
        self.remedy = remedy
    }

    /// Both sentences.
    public var description: String { "\(what). \(remedy)" }
}
