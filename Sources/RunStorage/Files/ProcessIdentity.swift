import Foundation

/// This process, told apart from any other that has or will have its pid.
enum ProcessIdentity {
    static let current = AttemptProcess(
        host: hostName(), bootID: trimmedText("/proc/sys/kernel/random/boot_id"), pid: Int(getpid()),
        startTicks: startTicks())

    /// This machine, for the warning about a store from another one; empty where the system gives none.
    static let machineID = trimmedText("/etc/machine-id")

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func trimmedText(_ path: String) -> String {
        // Files under /proc have size 0, so the size-driven reader does not serve them.
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return "" }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Field 22 of /proc/self/stat (proc(5)); the name in field 2 may hold spaces, so count from the last `)`.
    private static func startTicks() -> Int64 {
        let text = trimmedText("/proc/self/stat")
        guard let end = text.lastIndex(of: ")") else { return 0 }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? Int64(fields[19]) ?? 0 : 0
    }
}

/// Which processes have a file open, for messages about locks. Linux only; empty elsewhere.
enum FileHolders {
    /// `pid 123 (flowexp)` for every other process that has `path` open and may be seen.
    static func describe(_ path: String) -> [String] {
        var target = stat()
        guard stat(path, &target) == 0 else { return [] }
        var holders: [String] = []
        for name in SystemCalls.names(in: "/proc") {
            guard let pid = Int32(name), pid != getpid() else { continue }
            for descriptor in SystemCalls.names(in: "/proc/\(pid)/fd") {
                var status = stat()
                guard stat("/proc/\(pid)/fd/\(descriptor)", &status) == 0, status.st_ino == target.st_ino,
                    status.st_dev == target.st_dev
                else { continue }
                let command = (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? ""
                holders.append("pid \(pid) (\(command.trimmingCharacters(in: .whitespacesAndNewlines)))")
                break
            }
        }
        return holders
    }
}
