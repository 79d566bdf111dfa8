import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Turns SIGINT, SIGTERM and SIGHUP into a ``StopRequest``; a second one ends the process at once.
///
/// The signals are blocked in every thread and taken by one thread of their own with `sigwait`, so no code of ours
/// ever runs inside a signal handler. A signal that was ignored when the process started (`nohup`, a background job of
/// a script) stays ignored. SIGPIPE is ignored: a closed pipe or a vanished terminal is an error of that write only.
public enum StopSignals {
    private static let installed = Atomic<Bool>(false)

    /// Starts watching. Call it once, before any other thread exists, so that all threads inherit the mask.
    ///
    /// - `onFirst` is called with the signal's number on the watching thread after `stop` was requested.
    /// - `onSecond` is called with the number of the second signal; then the process exits with 128 + that number.
    public static func watch(
        stop: StopRequest, onFirst: @escaping @Sendable (Int32) -> Void,
        onSecond: @escaping @Sendable (Int32) -> Void
    ) {
        guard installed.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
        ignoreBrokenPipes()
        let signals = [SIGINT, SIGTERM, SIGHUP].filter { !isIgnored($0) }
        guard !signals.isEmpty else { return }
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in signals { sigaddset(&mask, signal) }
        pthread_sigmask(SIG_BLOCK, &mask, nil)
        let watched = mask
        let thread = Thread { @Sendable in
            var watched = watched
            var seen = 0
            while true {
                var number: Int32 = 0
                guard sigwait(&watched, &number) == 0 else { continue }
                seen += 1
                if seen == 1 {
                    stop.request()
                    onFirst(number)
                } else {
                    onSecond(number)
                    _exit(128 + number)
                }
            }
        }
        thread.name = "flowexp.signals"
        thread.start()
    }

    /// Makes a write to a closed pipe, or past the limit on the size of files (`ulimit -f`), an error instead of the end
    /// of the process.
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Glibc)
            let handler = action.__sigaction_handler.sa_handler
        #else
            let handler = action.__sigaction_u.__sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
