import Foundation
import Testing

/// Texts that commands print, kept as files under Tests/Fixtures/Commands and compared character by character.
///
/// After an intended change write them again and look at the difference:
/// `FLOWEXP_RECORD_SNAPSHOTS=1 swift test -c release --skip-build --filter CommandSnapshotTests`.
enum Snapshots {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/Commands")
    private static let isRecording = ProcessInfo.processInfo.environment["FLOWEXP_RECORD_SNAPSHOTS"] == "1"

    /// Compares `text` with the file of that name.
    static func check(_ text: String, _ name: String) throws {
        let url = folder.appending(path: name + ".txt")
        if isRecording {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        guard let data = FileManager.default.contents(atPath: url.path) else {
            Issue.record("there is no \(url.path): FLOWEXP_RECORD_SNAPSHOTS=1 writes it")
            return
        }
        #expect(
            data.elementsEqual(text.utf8),
            "\(name).txt differs (FLOWEXP_RECORD_SNAPSHOTS=1 writes it again); now:\n\(text)")
    }

    /// Names of the files in a folder, without their ending.
    static func names(in subfolder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: subfolder).path)
            .filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
    }

    /// Without what differs from run to run: dates, durations, the machine, the place of the store.
    static func masked(_ text: String, store: String) -> String {
        var text = text.replacing("/private" + store, with: "STORE").replacing(store, with: "STORE")
        text.replace(#/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/#, with: "DATE                ")
        text.replace(#/(?<name>(evaluation|training) time) +\S.*/#) { "\($0.output.name)  SECONDS" }
        text.replace(#/\S+, process \d+/#, with: "HOST, process N")
        return text
    }
}
