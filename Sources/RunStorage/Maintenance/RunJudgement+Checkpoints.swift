/// Which checkpoints a run can go on from.
extension RunJudgement {
    mutating func judgeCheckpoints(_ verifier: inout FileVerifier) throws {
        if ended?.rows.state == .completed {
            for checkpoint in folder.checkpoints {
                report(.leftover, "a checkpoint of a completed run", checkpoint.path, Remedy.gc)
            }
            return
        }
        var kept = try goodRows(&verifier)
        let named = Set((stored?.checkpoints ?? []).filter(\.isIntact).map(\.file))
        let rowsAreLost =
            stored == nil || !context.isDatabaseWhole || stored?.damage.isEmpty == false
            || stored?.checkpoints.contains { !$0.isIntact } == true
        for checkpoint in folder.checkpoints where !named.contains(checkpoint.path) {
            if !rowsAreLost {
                report(.leftover, "a checkpoint that was not recorded", checkpoint.path, Remedy.nextRun)
            } else if let row = try Self.row(checkpoint, &verifier) {
                kept.append(row)
            } else {
                report(
                    .damage, "the checkpoint does not verify, or its name tells too little", checkpoint.path,
                    Remedy.repair)
                setAside.append(checkpoint.path)
            }
        }
        kept.sort { ($0.fence, $0.sequence) < ($1.fence, $1.sequence) }
        checkpoints = kept.suffix(2).enumerated().map { $1.numbered($0 + 1) }
    }

    private mutating func goodRows(_ verifier: inout FileVerifier) throws -> [CheckpointRow] {
        var good: [CheckpointRow] = []
        for row in stored?.checkpoints ?? [] {
            guard row.isIntact else {
                report(.damage, "the record of a checkpoint changed since it was written", nil, Remedy.repair)
                continue
            }
            guard let problem = try verifier.problem(row.file, size: row.size, sha256: row.sha256) else {
                good.append(row)
                continue
            }
            report(
                .damage, "the checkpoint of step \(row.step) \(problem)", row.file,
                "The run goes on from the one before, or from step 0; `flowexp store repair` puts the file away.")
            if SystemCalls.exists(verifier.layout.absolute(row.file)) { setAside.append(row.file) }
        }
        return good
    }

    private static func row(_ checkpoint: RunFolder.Checkpoint, _ verifier: inout FileVerifier) throws -> CheckpointRow?
    {
        guard let name = checkpoint.name, let bytes = try verifier.read(checkpoint.path) else { return nil }
        return CheckpointRow(name, file: checkpoint.path, sequence: name.sequence, bytes: bytes)
    }
}
