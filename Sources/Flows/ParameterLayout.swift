import FlowMath

/// What a tensor is to the optimiser.
public enum ParameterRole: String, Sendable, Equatable {
    /// Trained with the flow's learning rate.
    case flow
    /// Trained with the base distribution's learning rate.
    case base
    /// Fixed after initialisation (rotations, the standardisation of θ).
    case constant
    /// Estimated along the way by the training steps themselves, not by the optimiser (a running normaliser).
    case state

    /// Whether the optimiser moves it.
    public var isTrained: Bool { self == .flow || self == .base }
}

/// One named tensor inside the flat parameter buffer.
public struct ParameterTensor: Sendable, Equatable {
    /// Dotted path, for example `layers.3.coupling.conditioner.1.weight`.
    public var name: String
    /// Row-major shape.
    public let shape: [Int]
    /// Number of elements.
    public let count: Int
    /// Index of its first float in the buffer; a multiple of 16.
    public var offset: Int
    /// What it is to the optimiser.
    public var role: ParameterRole
    /// Whether weight decay applies (conditioner weights, not biases).
    public var decays: Bool

    init(name: String, shape: [Int], offset: Int, role: ParameterRole, decays: Bool) {
        self.name = name
        self.shape = shape
        self.offset = offset
        self.role = role
        self.decays = decays
        count = shape.reduce(1, *)
    }

    /// The tensor's place in the buffer.
    public var range: Range<Int> { offset..<(offset + count) }
}

/// Where every parameter of a flow lies in one flat buffer.
public struct ParameterLayout: Sendable, Equatable {
    /// In order of offset.
    public private(set) var tensors: [ParameterTensor] = []
    /// Floats in the buffer, padding included.
    public private(set) var count = 0

    /// Appends a tensor and returns its offset.
    mutating func add(_ name: String, _ shape: [Int], role: ParameterRole, decays: Bool = false) -> Int {
        let tensor = ParameterTensor(name: name, shape: shape, offset: count, role: role, decays: decays)
        tensors.append(tensor)
        count += AlignedBuffer.padded(tensor.count)
        return tensor.offset
    }

    /// The tensor named `name`, if any.
    public func tensor(named name: String) -> ParameterTensor? {
        tensors.first { $0.name == name }
    }

    /// Number of trained parameters, padding excluded.
    public var trainableCount: Int {
        tensors.reduce(0) { $0 + ($1.role.isTrained ? $1.count : 0) }
    }
}
