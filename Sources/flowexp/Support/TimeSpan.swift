import ArgumentParser

/// A span of time as people write it: `90`, `90s`, `15m`, `2h`, `1d`, `1h30m`.
struct TimeSpan: ExpressibleByArgument, Equatable {
    var seconds: Double

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        var total = 0.0
        var digits = ""
        var parts = 0
        for character in argument {
            if character.isASCII, character.isNumber || character == "." {
                digits.append(character)
            } else if let unit = units[character], let value = Double(digits), value.isFinite {
                total += value * unit
                digits = ""
                parts += 1
            } else {
                return nil
            }
        }
        if !digits.isEmpty {
            // A number without a unit is seconds, but not after one with a unit (`1h30` could mean either).
            guard parts == 0, let value = Double(digits) else { return nil }
            total = value
        } else if parts == 0 {
            return nil
        }
        guard total > 0, total.isFinite, total < 1e9 else { return nil }
        seconds = total
    }

    /// `5s`, `1m40s`, `2h05m`, `3d04h`: two units at the most.
    static func text(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        let whole = Int(max(0, seconds).rounded())
        func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m\(padded(whole % 60))s"
        case ..<86400: return "\(whole / 3600)h\(padded(whole / 60 % 60))m"
        default: return "\(whole / 86400)d\(padded(whole / 3600 % 24))h"
        }
    }
}
