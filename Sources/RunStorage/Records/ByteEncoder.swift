import Crypto

/// Turns values into bytes so that different values never give the same bytes: every text and list carries its length,
/// every optional a flag, every number is 8 little-endian bytes.
struct ByteEncoder {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func unsigned(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Two's complement.
    mutating func integer(_ value: Int) { unsigned(UInt64(bitPattern: Int64(value))) }

    /// IEEE 754 bits; every NaN is 0x7ff8000000000000 and −0 is +0 (SQLite keeps neither apart).
    mutating func double(_ value: Double) {
        unsigned(value.isNaN ? 0x7ff8_0000_0000_0000 : value == 0 ? 0 : value.bitPattern)
    }

    /// Byte count, then UTF-8.
    mutating func text(_ value: String) {
        var value = value
        value.withUTF8 {
            unsigned(UInt64($0.count))
            bytes.append(contentsOf: $0)
        }
    }

    /// The same of a text's bytes.
    mutating func text(utf8: UnsafeRawBufferPointer) {
        unsigned(UInt64(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    /// The same of a text that may be absent.
    mutating func optionalText(utf8: UnsafeRawBufferPointer?) {
        flag(utf8 != nil)
        if let utf8 { text(utf8: utf8) }
    }

    /// What stands before an optional value.
    mutating func flag(_ isPresent: Bool) { bytes.append(isPresent ? 1 : 0) }

    /// Without a length: only for fixed-size values.
    mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    /// One byte 0, or one byte 1 and the value.
    mutating func optional<Value>(_ value: Value?, _ encode: (inout ByteEncoder, Value) -> Void) {
        if let value {
            bytes.append(1)
            encode(&self, value)
        } else {
            bytes.append(0)
        }
    }

    mutating func optionalText(_ value: String?) { optional(value) { $0.text($1) } }
    mutating func optionalDouble(_ value: Double?) { optional(value) { $0.double($1) } }
}

/// SHA-256 (FIPS 180-4) and its hexadecimal form.
enum Hashing {
    static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    /// Of two byte strings, one after the other.
    static func sha256(_ first: [UInt8], _ second: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: first)
        hash.update(bufferPointer: second)
        return Array(hash.finalize())
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// nil unless `text` is an even number of hexadecimal digits.
    static func bytes(hexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Character(UnicodeScalar(digits[index])).hexDigitValue,
                let low = Character(UnicodeScalar(digits[index + 1])).hexDigitValue
            else { return nil }
            bytes.append(UInt8(high * 16 + low))
        }
        return bytes
    }
}
