import FlowMath

/// Reads a NumPy array file (numpy.lib.format versions 1.0 to 3.0): 1-D (n points of one coordinate) or 2-D, C or
/// Fortran order, floats of 4 or 8 bytes and integers of 1 to 8, either byte order.
struct NPYReader {
    let bytes: UnsafeRawBufferPointer
    let file: String

    private static let remedy =
        "Save a 1-D or 2-D array of float64, float32 or integers with numpy.save, one row per point."

    func table() throws(PointFileError) -> PointTable {
        let (header, start) = try header()
        guard let element = NPYElement(header.description) else {
            throw error("its elements are '\(header.description.prefix(40))', not plain numbers")
        }
        let shape = header.shape
        guard shape.count == 1 || shape.count == 2 else {
            throw error("is an array of \(shape.count) dimensions; points are a table of 1 or 2")
        }
        let (rows, columns) = (shape[0], shape.count == 2 ? shape[1] : 1)
        guard rows > 0, columns > 0 else { throw error("is empty: its shape is \(rows) × \(columns)") }
        let (count, countOverflows) = rows.multipliedReportingOverflow(by: columns)
        let (size, sizeOverflows) = count.multipliedReportingOverflow(by: element.size)
        guard !countOverflows, !sizeOverflows, size == bytes.count - start else {
            throw error(
                "its shape \(rows) × \(columns) does not fit the \(bytes.count - start) bytes of data after its header")
        }
        var values = [Double](repeating: 0, count: count)
        for r in 0..<rows {
            for c in 0..<columns {
                let index = header.isFortran ? c &* rows &+ r : r &* columns &+ c
                let value = element.value(bytes, at: start &+ index &* element.size)
                guard value.isFinite else {
                    throw PointFileError(
                        file, place: "row \(r + 1), column \(c + 1)", what: "\(value) is not a finite number",
                        remedy: "Points need finite coordinates; take the row out.")
                }
                values[r &* columns &+ c] = value
            }
        }
        return PointTable(points: Points(dimension: columns, values: values))
    }

    /// The header and where the data begin.
    private func header() throws(PointFileError) -> (NPYHeader, Int) {
        guard bytes.count >= 8 else { throw error("ends inside its header") }
        let (major, minor) = (bytes[6], bytes[7])
        guard (1...3).contains(major), minor == 0 else {
            throw error("is of format version \(major).\(minor); 1.0, 2.0 and 3.0 are known")
        }
        let field = major == 1 ? 2 : 4
        guard bytes.count >= 8 + field else { throw error("ends inside its header") }
        var length = 0
        for i in 0..<field { length |= Int(bytes[8 + i]) << (8 * i) }
        let start = 8 + field + length
        guard start <= bytes.count else { throw error("ends inside its header") }
        guard let header = NPYHeader(bytes[(8 + field)..<start]) else {
            throw error("its header is not that of a plain array of numbers")
        }
        return (header, start)
    }

    private func error(_ what: String) -> PointFileError { PointFileError(file, what: what, remedy: Self.remedy) }
}

/// How one number lies in the file, from NumPy's name for it (`<f8`).
struct NPYElement: Equatable {
    private enum Kind: UInt8 { case float = 102, signed = 105, unsigned = 117 }

    private let kind: Kind
    private let isBigEndian: Bool
    /// Bytes.
    let size: Int

    init?(_ description: String) {
        let characters = Array(description.utf8)
        guard characters.count == 3, let kind = Kind(rawValue: characters[1]) else { return nil }
        size = Int(characters[2]) - 48
        guard (kind == .float ? [4, 8] : [1, 2, 4, 8]).contains(size) else { return nil }
        self.kind = kind
        switch characters[0] {
        case UInt8(ascii: ">"): isBigEndian = true
        case UInt8(ascii: "<"): isBigEndian = false
        // No byte order: for one byte.
        case UInt8(ascii: "|") where size == 1: isBigEndian = false
        default: return nil
        }
    }

    /// The number at a place of the file; integers above 2^53 are rounded.
    func value(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Double {
        var bits: UInt64 = 0
        for i in 0..<size {
            let byte = bytes[offset &+ (isBigEndian ? size &- 1 &- i : i)]
            bits |= UInt64(byte) &<< UInt64(8 &* i)
        }
        switch kind {
        case .float: return size == 8 ? Double(bitPattern: bits) : Double(Float(bitPattern: UInt32(bits)))
        case .unsigned: return Double(bits)
        case .signed:
            let unused = UInt64(64 &- 8 &* size)
            return Double(Int64(bitPattern: bits &<< unused) &>> Int64(unused))
        }
    }
}
