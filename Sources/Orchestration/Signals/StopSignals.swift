import CProcessSupport
import Foundation
import RunStorage
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
    private static let suspension = Mutex<(@Sendable () -> Void)?>(nil)

    /// Seconds after the first signal at which the process ends whatever it is doing, for example waiting for a lock: a
    /// little more than ``SweepOptions/stopGrace``, so that a sweep has its say. Nothing recorded is lost.
    public static let patience = 4.7

    /// Starts watching. Call it once, before any other thread exists, so that all threads inherit the mask. Throws
    /// ``UnavailableError`` when the system gives no thread; the signals then do what they do by default.
    ///
    /// - `onFirst` is called with the signal's number on the watching thread after `stop` was requested.
    /// - `onSecond` is called with the number of the second signal; then the process exits with 128 + that number.
    /// - `onOverdue` is called when the process has not ended by itself in time; then it exits with what that returns.
    public static func watch(
        stop: StopRequest, onFirst: @escaping @Sendable (Int32) -> Void,
        onSecond: @escaping @Sendable (Int32) -> Void, onOverdue: @escaping @Sendable () -> Int32
    ) throws {
        guard installed.exchange(true, ordering: .acquiringAndReleasing) == false else { return }
        ignoreBrokenPipes()
        let signals = [SIGINT, SIGTERM, SIGHUP].filter { !isIgnored($0) }
        guard !signals.isEmpty else { return }
        var mask = sigset_t()
        sigemptyset(&mask)
        for signal in signals { sigaddset(&mask, signal) }
        if !isIgnored(SIGTSTP) { sigaddset(&mask, SIGTSTP) }
        pthread_sigmask(SIG_BLOCK, &mask, nil)
        let watched = mask
        do {
            try SystemThread.start("flowexp.signals") {
                let first = wait(for: watched)
                stop.request()
                onFirst(first)
                guard let second = wait(for: watched, seconds: patience) else { _exit(onOverdue()) }
                onSecond(second)
                _exit(128 + second)
            }
        } catch {
            pthread_sigmask(SIG_UNBLOCK, &mask, nil)
            throw error
        }
    }

    /// What is done before the process is suspended by Ctrl-Z, on the watching thread: a display takes its lines away, so
    /// that the shell has a clean screen. nil: nothing.
    public static func beforeSuspension(_ body: (@Sendable () -> Void)?) { suspension.withLock { $0 = body } }

    private static func wait(for watched: sigset_t) -> Int32 {
        var watched = watched
        while true {
            var number: Int32 = 0
            guard sigwait(&watched, &number) == 0 else { continue }
            if number != SIGTSTP { return number }
            suspend()
        }
    }

    /// Does what Ctrl-Z does by default; returns when the process goes on.
    private static func suspend() {
        suspension.withLock { $0 }?()
        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, SIGTSTP)
        // Pending for this thread, it stops the process as soon as it is let through.
        pthread_kill(pthread_self(), SIGTSTP)
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        pthread_sigmask(SIG_BLOCK, &mask, nil)
    }

    /// The next signal, nil when none comes in time.
    private static func wait(for watched: sigset_t, seconds: Double) -> Int32? {
        let deadline = monotonicSeconds() + seconds
        while true {
            let left = deadline - monotonicSeconds()
            if left <= 0 { return nil }
            #if canImport(Darwin)
                var pending = sigset_t()
                sigpending(&pending)
                for number in [SIGINT, SIGTERM, SIGHUP] where sigismember(&pending, number) == 1 { return number }
                usleep(20_000)
            #else
                var watched = watched
                var time = timespec(tv_sec: Int(left), tv_nsec: Int((left - left.rounded(.down)) * 1e9))
                let number = sigtimedwait(&watched, nil, &time)
                if number == SIGTSTP { suspend() } else if number > 0 { return number }
            #endif
        }
    }

    /// Makes a write to a closed pipe, or past the limit on the size of files (`ulimit -f`), an error instead of the end
    /// of the process.
    public static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
        _ = signal(SIGXFSZ, SIG_IGN)
    }

    /// Lets SIGINT, SIGTERM and SIGHUP through that the parent had blocked when it started this process (threads of
    /// Dispatch block them): Ctrl-C would do nothing. Ignored ones stay ignored.
    public static func unblock() {
        var mask = sigset_t()
        sigemptyset(&mask)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&mask, number) }
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    }

    /// Lets Ctrl-Z suspend a worker's process, whose sweep takes the signal itself and so started it with the signal
    /// blocked.
    public static func unblockSuspension() {
        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, SIGTSTP)
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
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

/// A file that is being written under a name of its own and must not stay behind when the process is told to end.
public enum UnfinishedFile {
    /// From now on SIGINT, SIGTERM and SIGHUP remove the file before they end the process; nil: nothing is left to
    /// remove. One file at a time.
    public static func isAt(_ path: String?) {
        if let path { unfinished_file(path) } else { unfinished_file(nil) }
    }
}
