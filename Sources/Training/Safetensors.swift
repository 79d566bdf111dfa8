import Catalog

/// A safetensors file in memory: named little-endian tensors and string metadata
/// (format: github.com/huggingface/safetensors, "Format"; files open in Python with the package of that name).
public struct Safetensors: Sendable, Equatable {
    /// One tensor.
    public struct Tensor: Sendable, Equatable {
        /// Unique in the file; not `__metadata__`.
        public var name: String
        /// `F32`, `F64`, `I64`, …
        public var dtype: String
        /// Row-major.
        public var shape: [Int]
        /// Little-endian elements.
        public var bytes: [UInt8]

        /// Single-precision values.
        public init(name: String, shape: [Int], floats: [Float]) {
            self.name = name
            dtype = "F32"
            self.shape = shape
            // A closure: a key path of two parts is looked up for every value.
            bytes = floats.map { $0.bitPattern.littleEndian }.withUnsafeBytes(Array.init)
        }

        /// Double-precision values.
        public init(name: String, shape: [Int], doubles: [Double]) {
            self.name = name
            dtype = "F64"
            self.shape = shape
            bytes = doubles.map { $0.bitPattern.littleEndian }.withUnsafeBytes(Array.init)
        }

        init(name: String, dtype: String, shape: [Int], bytes: [UInt8]) {
            self.name = name
            self.dtype = dtype
            self.shape = shape
            self.bytes = bytes
        }

        /// The values of an `F32` tensor; nil for other types.
        public var floats: [Float]? {
            guard dtype == "F32" else { return nil }
            return bytes.withUnsafeBytes { bytes in
                (0..<(bytes.count / 4)).map {
                    Float(
                        bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
                }
            }
        }

        /// The values of an `F64` tensor; nil for other types.
        public var doubles: [Double]? {
            guard dtype == "F64" else { return nil }
            return bytes.withUnsafeBytes { bytes in
                (0..<(bytes.count / 8)).map {
                    Double(
                        bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)))
                }
            }
        }
    }

    /// Tensors in file order.
    public var tensors: [Tensor]
    /// Text by key.
    public var metadata: [String: String]

    /// Wraps tensors and metadata.
    public init(tensors: [Tensor], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// The tensor named `name`, if any.
    public func tensor(named name: String) -> Tensor? {
        tensors.first { $0.name == name }
    }

    /// The file's bytes: equal contents give equal bytes.
    public var encoded: [UInt8] {
        var header: [String: JSONValue] = ["__metadata__": .object(metadata.mapValues(JSONValue.string))]
        var offset = 0
        for tensor in tensors {
            let end = offset + tensor.bytes.count
            header[tensor.name] = .object([
                "dtype": .string(tensor.dtype), "shape": .array(tensor.shape.map(JSONValue.integer)),
                "data_offsets": .array([.integer(offset), .integer(end)]),
            ])
            offset = end
        }
        var text = Array(JSONValue.object(header).text.utf8)
        // The format wants data aligned to 8 bytes; the header may end in spaces.
        while text.count % 8 != 0 { text.append(0x20) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + text.count + offset)
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        bytes += text
        for tensor in tensors { bytes += tensor.bytes }
        return bytes
    }

    /// Reads a file; throws ``SafetensorsError`` for anything that is not one, never traps.
    public init(decoding bytes: [UInt8]) throws(SafetensorsError) {
        guard bytes.count >= 8 else { throw SafetensorsError("shorter than its 8-byte length field") }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
        guard length <= UInt64(bytes.count - 8) else { throw SafetensorsError("header longer than the file") }
        let start = 8 + Int(length)
        let header: JSONValue
        do {
            header = try JSONValue(parsing: Array(bytes[8..<start]))
        } catch {
            throw SafetensorsError("header is not JSON: \(error)")
        }
        guard let members = header.objectValue else { throw SafetensorsError("header is not an object") }
        tensors = []
        metadata = [:]
        var entries: [(begin: Int, end: Int, name: String, dtype: String, shape: [Int])] = []
        for name in members.keys.sorted() {
            guard let entry = members[name] else { continue }
            if name == "__metadata__" {
                for (key, value) in entry.objectValue ?? [:] { metadata[key] = value.stringValue ?? "" }
                continue
            }
            guard let dtype = entry["dtype"]?.stringValue, let width = Self.widths[dtype],
                let shape = entry["shape"]?.arrayValue?.map(\.integerValue),
                let offsets = entry["data_offsets"]?.arrayValue?.map(\.integerValue), offsets.count == 2,
                let begin = offsets[0], let end = offsets[1]
            else { throw SafetensorsError("tensor '\(name)' has no dtype, shape or offsets") }
            var size = width
            var dimensions: [Int] = []
            for dimension in shape {
                guard let dimension, dimension >= 0 else { throw SafetensorsError("tensor '\(name)' has a bad shape") }
                let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
                guard !overflow else { throw SafetensorsError("tensor '\(name)' has a bad shape") }
                size = product
                dimensions.append(dimension)
            }
            guard begin >= 0, end >= begin, end <= bytes.count - start, end - begin == size else {
                throw SafetensorsError("tensor '\(name)' does not fit the file")
            }
            entries.append((begin, end, name, dtype, dimensions))
        }
        entries.sort { ($0.begin, $0.end, $0.name) < ($1.begin, $1.end, $1.name) }
        var next = 0
        for entry in entries {
            guard entry.begin == next else { throw SafetensorsError("tensor '\(entry.name)' overlaps or leaves a gap") }
            next = entry.end
            tensors.append(
                Tensor(
                    name: entry.name, dtype: entry.dtype, shape: entry.shape,
                    bytes: Array(bytes[(start + entry.begin)..<(start + entry.end)])))
        }
        guard next == bytes.count - start else { throw SafetensorsError("bytes after the last tensor") }
    }

    private static let widths = [
        "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2,
        "U8": 1, "BOOL": 1,
    ]
}

/// Why bytes are not a safetensors file.
public struct SafetensorsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    /// `not a safetensors file: …`.
    public var description: String { "not a safetensors file: \(reason)" }
}
