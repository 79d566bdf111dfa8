import FlowMath

/// A PNG of 8-bit palette indices (ISO/IEC 15948), its data stored, not compressed: grids are small, and a page may hold
/// many of them without a compressor of ours.
package struct PNGImage {
    let width: Int
    let height: Int
    /// Row by row from the top; each an index into the palette.
    let indices: [UInt8]
    /// Up to 256 colours.
    let palette: [PictureColour]

    /// `data:image/png;base64,…`.
    var dataURI: String { "data:image/png;base64," + Base64.text(bytes) }

    /// The file.
    var bytes: [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        let header = Self.bigEndian(UInt32(width)) + Self.bigEndian(UInt32(height)) + [8, 3, 0, 0, 0]
        Self.append("IHDR", header, to: &file)
        Self.append("PLTE", palette.flatMap { [$0.red, $0.green, $0.blue] }, to: &file)
        var scanlines: [UInt8] = []
        scanlines.reserveCapacity((width + 1) * height)
        for row in 0..<height {
            scanlines.append(0)
            scanlines += indices[row * width..<(row + 1) * width]
        }
        Self.append("IDAT", Self.stored(scanlines), to: &file)
        Self.append("IEND", [], to: &file)
        return file
    }

    /// A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4).
    private static func stored(_ data: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var start = 0
        repeat {
            let end = min(start + 65535, data.count)
            let length = UInt16(end - start)
            stream.append(end == data.count ? 1 : 0)
            for value in [length, ~length] { stream += [UInt8(value & 0xFF), UInt8(value >> 8)] }
            stream += data[start..<end]
            start = end
        } while start < data.count
        return stream + bigEndian(adler32(data))
    }

    private static func append(_ type: String, _ data: [UInt8], to file: inout [UInt8]) {
        let body = Array(type.utf8) + data
        file += bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// RFC 1950, section 8.
    package static func adler32(_ data: [UInt8]) -> UInt32 {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in data {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return b << 16 | a
    }

    /// ISO/IEC 15948, annex D: polynomial 0xEDB88320, reflected.
    package static func crc32(_ data: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in data { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
        return ~crc
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }
}

/// RFC 4648, section 4.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func text(_ data: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((data.count + 2) / 3 * 4)
        for start in stride(from: 0, to: data.count, by: 3) {
            let group = data[start..<min(start + 3, data.count)]
            let bits = group.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (16 - 8 * UInt32($1.offset)) }
            for place in 0..<4 {
                let index = Int(bits >> (18 - 6 * UInt32(place)) & 63)
                output.append(place <= group.count ? alphabet[index] : 0x3D)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}

/// A colour of 8 bits a channel.
package struct PictureColour: Equatable {
    package var red: UInt8
    package var green: UInt8
    package var blue: UInt8

    /// The style sheet's form.
    var css: String { "rgb(\(red),\(green),\(blue))" }

    /// Whether black text reads better on it than white.
    package var isBright: Bool {
        // sRGB; where black and white have the same contrast, it is 4.58 : 1.
        func linear(_ part: UInt8) -> Double {
            let value = Double(part) / 255
            return value <= 0.04045 ? value / 12.92 : Elementary.exp(2.4 * Elementary.log((value + 0.055) / 1.055))
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) > 0.1791
    }
}

/// Colours for numbers: both scales are monotone in lightness on each side, so they survive grey printing.
package enum ColourScale {
    /// Dark for nothing, bright for much.
    package static let density = ramp([
        (10, 10, 35), (36, 40, 110), (24, 100, 140), (40, 155, 125), (150, 205, 75), (250, 240, 140),
    ])
    /// Blue for less, white for equal, vermilion for more.
    package static let difference = ramp([
        (5, 60, 120), (60, 140, 195), (175, 210, 230), (248, 248, 248), (250, 205, 170), (225, 120, 50), (140, 45, 5),
    ])

    /// The colour at a fraction, 0 to 1; what is outside, or no number, is brought inside.
    static func colour(_ fraction: Double, in scale: [PictureColour]) -> PictureColour { scale[index(fraction)] }

    /// 0 to 255.
    static func index(_ fraction: Double) -> Int { fraction.isNaN ? 0 : Int(min(max(fraction, 0), 1) * 255) }

    private static func ramp(_ stops: [(Double, Double, Double)]) -> [PictureColour] {
        (0..<256).map { step in
            let place = Double(step) / 255 * Double(stops.count - 1)
            let low = min(Int(place), stops.count - 2)
            let part = place - Double(low)
            func mix(_ a: Double, _ b: Double) -> UInt8 { UInt8(min(max(a + (b - a) * part, 0), 255)) }
            let (a, b) = (stops[low], stops[low + 1])
            return PictureColour(red: mix(a.0, b.0), green: mix(a.1, b.1), blue: mix(a.2, b.2))
        }
    }
}
