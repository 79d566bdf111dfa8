import Foundation
import GRDB

/// A checkpoint as the database names it.
struct CheckpointRow: Equatable {
    var sequence: Int
    var fence: Int
    var phase: String
    var step: Int
    /// Relative to the store.
    var file: String
    var size: Int
    var sha256: [UInt8]
    /// Covers the other columns, so that a flipped bit in the step is noticed too.
    var rowSHA256: [UInt8]

    /// The row for a new file. The fence in the name keeps a late attempt from overwriting a newer one's file.
    init(sequence: Int, fence: Int, phase: String, step: Int, directory: String, bytes: [UInt8]) {
        self.sequence = sequence
        self.fence = fence
        self.phase = phase
        self.step = step
        size = bytes.count
        sha256 = Hashing.sha256(bytes)
        let name = CheckpointName.text(fence: fence, sequence: sequence, phase: phase, step: step, sha256: sha256)
        file = directory + "/" + name
        rowSHA256 = []
        rowSHA256 = expectedRowSHA256
    }

    /// The row again, from a file's name and bytes; nil when the bytes are not those that were named.
    init?(_ name: CheckpointName, file: String, sequence: Int, bytes: [UInt8]) {
        self.sequence = sequence
        fence = name.fence
        phase = name.phase
        step = name.step
        self.file = file
        size = bytes.count
        sha256 = Hashing.sha256(bytes)
        guard Hashing.hexadecimal(sha256).hasPrefix(name.digestPrefix) else { return nil }
        rowSHA256 = []
        rowSHA256 = expectedRowSHA256
    }

    /// The same checkpoint at another place in the order.
    func numbered(_ sequence: Int) -> CheckpointRow {
        var row = self
        row.sequence = sequence
        row.rowSHA256 = row.expectedRowSHA256
        return row
    }

    /// Whether the row is as it was written.
    var isIntact: Bool { rowSHA256 == expectedRowSHA256 && StoreLayout.isPayloadPath(file) }

    private init(row: Row) throws {
        sequence = try row.integer(0)
        fence = try row.integer(1)
        phase = try row.text(2)
        step = try row.integer(3)
        file = try row.text(4)
        size = try row.integer(5)
        sha256 = try row.bytes(6)
        rowSHA256 = try row.bytes(7)
    }

    /// A run's checkpoints, newest first; rows that cannot be read are left out, as if there were none.
    static func read(_ database: Database, run key: Int64) throws -> [CheckpointRow] {
        var rows: [CheckpointRow] = []
        try database.forEachRow(
            """
            SELECT sequence, fence, phase, step, file, size, sha256, row_sha256 FROM checkpoints
            WHERE run_key = ? ORDER BY sequence DESC
            """, [key]
        ) { row in
            if let checkpoint = try? CheckpointRow(row: row) { rows.append(checkpoint) }
        }
        return rows
    }

    func insert(_ database: Database, run key: Int64) throws {
        try database.run(
            """
            INSERT INTO checkpoints (run_key, sequence, fence, phase, step, file, size, sha256, row_sha256)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [key, sequence, fence, phase, step, file, size, Data(sha256), Data(rowSHA256)])
    }

    /// Reads the file and verifies row and bytes. Throws `.corrupt` when either changed.
    func load(_ files: DurableFiles, runID: String) throws -> LoadedCheckpoint {
        guard isIntact else {
            throw RunStoreError(
                .corrupt, what: "its record changed since it was written", location: "run \(runID)",
                remedy: "The previous checkpoint is used.")
        }
        let bytes = try files.readVerified(file, size: size, sha256: sha256, what: "the checkpoint of step \(step)")
        return LoadedCheckpoint(bytes: bytes, phase: phase, step: step)
    }

    /// The row for the same bytes under another attempt's number.
    func renumbered(fence: Int, run id: String) -> CheckpointRow {
        if fence == self.fence { return self }
        var row = self
        row.fence = fence
        let name = CheckpointName.text(fence: fence, sequence: sequence, phase: phase, step: step, sha256: sha256)
        row.file = "artefacts/" + id + "/" + name
        row.rowSHA256 = row.expectedRowSHA256
        return row
    }

    private var expectedRowSHA256: [UInt8] {
        var encoder = ByteEncoder()
        encoder.text("flowexp.checkpoint/1")
        encoder.integer(sequence)
        encoder.integer(fence)
        encoder.text(phase)
        encoder.integer(step)
        encoder.text(file)
        encoder.integer(size)
        encoder.raw(sha256)
        return Hashing.sha256(encoder.bytes)
    }
}
