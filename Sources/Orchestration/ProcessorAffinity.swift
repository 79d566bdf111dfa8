import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The cores this process may use, and keeping a thread on some of them. Does nothing where the platform cannot.
enum ProcessorAffinity {
    /// Whether workers may be pinned: not with `FLOWEXP_PIN=0` in the environment.
    static var isWanted: Bool { ProcessInfo.processInfo.environment["FLOWEXP_PIN"] != "0" }

    /// The numbers of the cores in this process's affinity mask (a container's share, or `taskset`); 0 ..< active
    /// processors where there is no such mask.
    static func usableCores() -> [Int] {
        #if canImport(Glibc)
            var mask = cpu_set_t()
            let size = MemoryLayout<cpu_set_t>.size
            if let getAffinity = function(named: "sched_getaffinity"), getAffinity(getpid(), size, &mask) == 0 {
                let cores = withUnsafeBytes(of: &mask) { bytes in
                    (0..<size * 8).filter { bytes[$0 / 8] & (1 << UInt8($0 % 8)) != 0 }
                }
                if !cores.isEmpty { return cores }
            }
        #endif
        return Array(0..<max(1, ProcessInfo.processInfo.activeProcessorCount))
    }

    /// Restricts the calling thread to `cores`; an error is ignored, since placement only concerns speed.
    static func pinCurrentThread(to cores: [Int]) {
        #if canImport(Glibc)
            var mask = cpu_set_t()
            let size = MemoryLayout<cpu_set_t>.size
            withUnsafeMutableBytes(of: &mask) { bytes in
                for core in cores where core < size * 8 {
                    bytes[core / 8] |= 1 << UInt8(core % 8)
                }
            }
            // 0 is the calling thread.
            _ = function(named: "sched_setaffinity")?(0, size, &mask)
        #endif
    }

    #if canImport(Glibc)
        private typealias AffinityFunction =
            @convention(c) (pid_t, Int, UnsafeMutablePointer<cpu_set_t>) -> CInt

        /// The two calls are GNU extensions that Swift's Glibc module map hides (no _GNU_SOURCE), hence the look-up.
        private static func function(named name: String) -> AffinityFunction? {
            guard let symbol = dlsym(nil, name) else { return nil }
            return unsafeBitCast(symbol, to: AffinityFunction.self)
        }
    #endif
}
