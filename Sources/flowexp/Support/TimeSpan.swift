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
}
