import CProcessSupport
import Foundation
import RunStorage

/// How a sweep starts the processes that execute its runs: a program and its arguments, given to the system as they are.
public struct WorkerLaunch: Sendable {
    /// The program's path, or a name to be found on PATH.
    public var path: String
    /// Its arguments, without the program's name.
    public var arguments: [String]

    /// Creates a launch; see the properties.
    public init(path: String, arguments: [String]) {
        self.path = path
        self.arguments = arguments
    }

    /// This very program, also after its file was replaced, with `arguments`.
    public static func thisProgram(_ arguments: [String]) -> WorkerLaunch {
        // The kernel's name for the running file: what a rebuild or an update puts at the path is another program.
        let own = "/proc/self/exe"
        // Without /proc, the word it was started by: a path, or a name that the system looks up as the shell did.
        let word = command_line_word(0).map { String(cString: $0) }
        return WorkerLaunch(path: access(own, X_OK) == 0 ? own : word ?? "flowexp", arguments: arguments)
    }
}

/// One worker process of a sweep. Its standard input and output are one socket; it ends when that closes, so it never
/// outlives its sweep. Used from one thread.
package final class WorkerProcess {
    let pid: pid_t
    package let channel: LineChannel
    /// What the process writes to standard error, kept for the note of its death; −1 where it goes to ours.
    private let errors: Int32
    private var hasEnded = false

    /// Starts a process. Throws ``UnavailableError``.
    package init(_ launch: WorkerLaunch) throws {
        var ends: [Int32] = [-1, -1]
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Self.failure(errno) }
        defer { close(ends[1]) }
        errors = anonymous_file("flowexp-worker-errors")
        do {
            pid = try Self.spawn(launch, socket: ends[1], errors: errors)
        } catch {
            close(ends[0])
            if errors >= 0 { close(errors) }
            throw error
        }
        channel = LineChannel(descriptor: ends[0])
    }

    deinit {
        if !hasEnded { _ = end(killing: true) }
        if errors >= 0 { close(errors) }
    }

    private static func spawn(_ launch: WorkerLaunch, socket: Int32, errors: Int32) throws -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO)
        if errors >= 0 { posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO) }
        // Not the mask of the thread that happens to be ours, which blocks most signals; those that end a sweep stay
        // blocked until the process ignores them.
        #if canImport(Darwin)
            var attributes: posix_spawnattr_t?
        #else
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        sigemptyset(&mask)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&mask, number) }
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments = (["flowexp"] + launch.arguments).map { strdup($0) } + [nil]
        var variables = ProcessInfo.processInfo.environment
        // Swift's backtraces take seconds, in which the run's lock is held; who wants them sets the variable.
        if variables["SWIFT_BACKTRACE"] == nil { variables["SWIFT_BACKTRACE"] = "enable=no" }
        var environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var pid = pid_t()
        let code = posix_spawnp(&pid, launch.path, &actions, &attributes, &arguments, &environment)
        guard code == 0 else { throw failure(code) }
        return pid
    }

    private static func failure(_ code: Int32) -> UnavailableError {
        UnavailableError(
            what: "cannot start a process for --isolate: \(String(cString: strerror(code)))",
            remedy:
                "Raise the limits of processes and open files (ulimit -u, ulimit -n), lower -j, or leave --isolate out."
        )
    }

    /// How a process ended.
    package enum End: Equatable {
        case exited(Int32)
        case signalled(Int32)
        case unknown
    }

    /// Waits for the process; it is ended first where that is asked for, or when it does not end by itself in a few
    /// seconds after its socket closed.
    package func end(killing: Bool) -> End {
        guard !hasEnded else { return .unknown }
        hasEnded = true
        close(channel.descriptor)
        if killing { kill(pid, SIGKILL) }
        var status: Int32 = 0
        for turn in 0... {
            let found = waitpid(pid, &status, WNOHANG)
            if found == pid { break }
            if found < 0 && errno != EINTR { return .unknown }
            // The socket closes in the middle of the process's end, so there is little to wait for.
            if turn == 500 { kill(pid, SIGKILL) }
            usleep(10_000)
        }
        // The layout of a status is that of wait(2); the macros are not imported.
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }

    /// The last words on standard error, one line of at most 300 characters: a trap says there what it was.
    package func lastWords() -> String {
        guard errors >= 0 else { return "" }
        let size = lseek(errors, 0, SEEK_END)
        guard size > 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: Int(min(size, 8192)))
        let count = pread(errors, &bytes, bytes.count, size - off_t(bytes.count))
        guard count > 0 else { return "" }
        let lines = String(decoding: bytes.prefix(count), as: UTF8.self).split(whereSeparator: \.isNewline)
        let said = lines.last { $0.contains("Fatal error") } ?? lines.last { !$0.allSatisfy(\.isWhitespace) } ?? ""
        let printable = said.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }
        return String(String(String.UnicodeScalarView(printable)).prefix(300))
    }
}
