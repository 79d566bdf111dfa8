import ArgumentParser
import Experiments
import Foundation
import Orchestration
import Reports
import RunStorage

/// What any error becomes for the person and for the shell.
struct ErrorReport {
    var status: Int32
    var text: String

    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure:
            status = failure.status.rawValue
            text = Self.line(failure.message, failure.remedy)
        case let error as RunStoreError:
            status = error.exitCode
            text = Self.line("\(error.location): \(error.what)", error.remedy)
        case let error as WorkerFatalError:
            status = error.exitCode
            text = Self.line(error.description, nil)
        case let error as UnavailableError:
            status = ExitStatus.unavailable.rawValue
            text = Self.line(error.what, error.remedy)
        case let error as RunFilterError:
            status = ExitStatus.usage.rawValue
            text = Self.line("--where: \(error)", nil)
        case let error as SpecDiagnostics:
            status = ExitStatus.badData.rawValue
            text = error.render()
        case let error as ConfigurationError:
            status = ExitStatus.badData.rawValue
            text = Self.line("\(error)", nil)
        case let error as ReportError:
            status = ExitStatus.usage.rawValue
            text = Self.line("\(error)", nil)
        default:
            status = ExitStatus.bug.rawValue
            text = Self.line(
                "unexpected error: \(error)",
                "This is a bug in flowexp: please report the command and this message. The store is not harmed.")
        }
    }

    private static func line(_ message: String, _ remedy: String?) -> String {
        "flowexp: \(message)" + (remedy.map { "\n  \($0)" } ?? "")
    }
}
