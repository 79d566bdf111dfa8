/// The name of a checkpoint's file, from which its row can be made again:
/// `checkpoint-<attempt>-<n>-<phase>-<step>-<32 hexadecimal digits>.safetensors`.
///
/// Stores made before have `checkpoint-<attempt>-<n>.safetensors`; such a file is only as good as its row.
struct CheckpointName: Equatable {
    var fence: Int
    var sequence: Int
    var phase: String
    var step: Int
    /// The first half of the SHA-256 of the file's bytes.
    var digestPrefix: String

    /// The file's name. A phase or numbers that do not fit into a file name give the short form.
    static func text(fence: Int, sequence: Int, phase: String, step: Int, sha256: [UInt8]) -> String {
        let short = "checkpoint-\(fence)-\(sequence)"
        let long = short + "-\(phase)-\(step)-\(Hashing.hexadecimal(sha256).prefix(32))"
        let name = (isPhase(phase) && step >= 0 ? long : short) + ".safetensors"
        return name.utf8.count <= 100 ? name : short + ".safetensors"
    }

    private static func isPhase(_ text: String) -> Bool {
        (1...24).contains(text.utf8.count) && text.utf8.allSatisfy { (0x61...0x7a).contains($0) }
    }

    /// nil for the short form and for what is no checkpoint's name.
    init?(_ name: String) {
        guard name.hasSuffix(".safetensors") else { return nil }
        let parts = name.dropLast(".safetensors".count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "checkpoint", let fence = Int(parts[1]), let sequence = Int(parts[2]),
            let step = Int(parts[4]), Counter.range.contains(fence), Counter.range.contains(sequence), step >= 0,
            Self.isPhase(String(parts[3])), parts[5].utf8.count == 32
        else { return nil }
        self.fence = fence
        self.sequence = sequence
        phase = String(parts[3])
        self.step = step
        digestPrefix = String(parts[5])
    }
}
