import CFlowKernels
import FlowMath

/// A ReLU perceptron D → H → H → 1 that tells two samples apart, trained like scikit-learn's `MLPClassifier` with its
/// defaults (Adam, rate 10⁻³, batches of 200, L2 penalty 10⁻⁴): the classifier of sbibm's C2ST with H = 10 D.
///
/// Single precision with the engine's kernels; the loss that decides when to stop is double precision. A pure function
/// of the points and the stream. Used on one thread.
final class TwoSampleClassifier {
    static let batch = 200
    static let rate: Float = 1e-3
    static let penalty = 1e-4
    /// Training ends when the loss has not fallen by `tolerance` below its least value in more than `patience` epochs.
    static let tolerance = 1e-4
    static let patience = 10
    static let epochLimit = 10_000

    private struct Layer {
        var inputs: Int
        var outputs: Int
        var weight: Int
        var bias: Int
        /// Few weights: gradients go through lane accumulators instead of a transposed input.
        var isSmall: Bool
    }

    /// Batches are padded to whole vectors with points of no gradient.
    private static let width = (batch + 31) & ~31

    private let features: [Float]
    private let labels: [Bool]
    private let dimension: Int
    private let layers: [Layer]
    private let parameters: AlignedBuffer
    private let gradient: AlignedBuffer
    private let firstMoment: AlignedBuffer
    private let secondMoment: AlignedBuffer
    private let weightLanes: AlignedBuffer
    private let biasLanes: AlignedBuffer
    private let rows: AlignedBuffer
    /// The input tile and the two hidden layers' outputs.
    private let activations: [AlignedBuffer]
    private let logits: AlignedBuffer
    private let gradients: (AlignedBuffer, AlignedBuffer)
    private let kernels = Kernels.current
    private var updates = 0
    private var exponentials = [Double](repeating: 0, count: TwoSampleClassifier.width)
    private var logarithms = [Double](repeating: 0, count: TwoSampleClassifier.width)

    /// `features`: row-major, `labels.count` rows of `dimension` numbers; `labels`: whether a row is of the second
    /// sample. Both are copied by reference only.
    init(features: [Float], labels: [Bool], dimension: Int, hidden: Int) {
        self.features = features
        self.labels = labels
        self.dimension = dimension
        var layers: [Layer] = []
        var offset = 0
        for (inputs, outputs) in [(dimension, hidden), (hidden, hidden), (hidden, 1)] {
            let weight = offset
            offset += inputs * outputs
            layers.append(
                Layer(
                    inputs: inputs, outputs: outputs, weight: weight, bias: offset,
                    isSmall: inputs * outputs <= 1024))
            offset += outputs
        }
        self.layers = layers
        let largest = max(dimension, hidden)
        parameters = AlignedBuffer(count: offset)
        gradient = AlignedBuffer(count: offset)
        firstMoment = AlignedBuffer(count: offset)
        secondMoment = AlignedBuffer(count: offset)
        weightLanes = AlignedBuffer(count: 16 * 1024)
        biasLanes = AlignedBuffer(count: 16 * largest)
        rows = AlignedBuffer(count: Self.width * AlignedBuffer.padded(largest))
        activations = [dimension, hidden, hidden].map { AlignedBuffer(count: $0 * Self.width) }
        logits = AlignedBuffer(count: Self.width)
        gradients = (AlignedBuffer(count: hidden * Self.width), AlignedBuffer(count: hidden * Self.width))
    }

    /// Trains afresh on the rows `chosen`; the stream gives the initial weights, uniform within ±√(6/(inputs + outputs))
    /// (Glorot & Bengio 2010), and each epoch's order. Returns the number of epochs.
    @discardableResult
    func train(on chosen: [Int32], stream: RandomStream) -> Int {
        var stream = stream
        updates = 0
        firstMoment.clear()
        secondMoment.clear()
        parameters.clear()
        for layer in layers {
            let bound = (6 / Double(layer.inputs + layer.outputs)).squareRoot()
            for i in layer.weight..<(layer.bias + layer.outputs) {
                parameters.pointer[i] = Float(stream.nextUniform(-bound, bound))
            }
        }
        var order = chosen
        var least = Double.infinity
        var idle = 0
        for epoch in 1...Self.epochLimit {
            shuffle(&order, &stream)
            var loss = 0.0
            var start = 0
            while start < order.count {
                let count = min(Self.batch, order.count - start)
                loss += step(order, start, count) * Double(count)
                start += count
            }
            loss /= Double(order.count)
            // Written so that a loss that is not a number ends the training.
            idle = loss <= least - Self.tolerance ? 0 : idle + 1
            if loss < least { least = loss }
            if idle > Self.patience { return epoch }
        }
        return Self.epochLimit
    }

    /// How many of the rows `tested` are attributed to their own sample.
    func correct(on tested: [Int32]) -> Int {
        var correct = 0
        var start = 0
        while start < tested.count {
            let count = min(Self.batch, tested.count - start)
            forward(tested, start, count)
            for t in 0..<count where (logits.pointer[t] > 0) == labels[Int(tested[start &+ t])] { correct += 1 }
            start += count
        }
        return correct
    }

    /// Whether training has kept every number finite.
    var isFinite: Bool { kernels.elementwise.squared_norm(parameters.pointer, parameters.count).isFinite }

    private func forward(_ order: [Int32], _ start: Int, _ count: Int) {
        let width = Self.width
        let input = activations[0].pointer
        features.withUnsafeBufferPointer { features in
            for t in 0..<count {
                let row = Int(order[start &+ t]) &* dimension
                for d in 0..<dimension { input[d &* width &+ t] = features[row &+ d] }
            }
        }
        for l in 0..<3 {
            let layer = layers[l]
            kernels.dense.forward(
                parameters.pointer + layer.weight, parameters.pointer + layer.bias, activations[l].pointer,
                l == 2 ? logits.pointer : activations[l + 1].pointer, layer.inputs, layer.outputs, width, l == 2 ? 0 : 1
            )
        }
    }

    /// One update; returns the batch's mean loss before it, penalty included.
    private func step(_ order: [Int32], _ start: Int, _ count: Int) -> Double {
        forward(order, start, count)
        var loss = outputGradient(order, start, count)
        gradient.clear()
        var above = gradients.0
        var below = gradients.1
        let dense = kernels.dense
        for l in stride(from: 2, through: 0, by: -1) {
            accumulate(layers[l], input: activations[l].pointer, outputGradient: above.pointer)
            if l == 0 { break }
            dense.backward_relu(
                parameters.pointer + layers[l].weight, above.pointer, activations[l].pointer, below.pointer, nil,
                layers[l].inputs, layers[l].outputs, Self.width)
            swap(&above, &below)
        }
        let pull = Self.penalty / Double(count)
        for layer in layers {
            let weights = layer.inputs &* layer.outputs
            loss += 0.5 * pull * kernels.elementwise.squared_norm(parameters.pointer + layer.weight, weights)
            for i in layer.weight..<(layer.weight &+ weights) {
                gradient.pointer[i] += Float(pull) * parameters.pointer[i]
            }
        }
        update()
        return loss
    }

    /// Mean log loss of the batch; writes its gradient with respect to the logits, 0 for padding.
    private func outputGradient(_ order: [Int32], _ start: Int, _ count: Int) -> Double {
        let logits = logits.pointer
        for t in 0..<Self.width { exponentials[t] = -abs(Double(logits[t])) }
        Elementary.exp(&exponentials)
        for t in 0..<Self.width { logarithms[t] = exponentials[t] }
        Elementary.logOnePlus(&logarithms)
        let output = gradients.0.pointer
        var loss = 0.0
        for t in 0..<count {
            let logit = Double(logits[t])
            let isSecond = labels[Int(order[start &+ t])]
            let towards = isSecond ? logit : -logit
            // −log σ(towards), stable on both sides.
            loss += (towards > 0 ? 0 : -towards) + logarithms[t]
            let probability = (logit > 0 ? 1 : exponentials[t]) / (1 + exponentials[t])
            output[t] = Float((probability - (isSecond ? 1 : 0)) / Double(count))
        }
        for t in count..<Self.width { output[t] = 0 }
        return loss / Double(count)
    }

    /// Adds the layer's weight and bias gradients.
    private func accumulate(
        _ layer: Layer, input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>
    ) {
        let dense = kernels.dense
        biasLanes.clear()
        if layer.isSmall {
            (weightLanes.pointer).update(repeating: 0, count: 16 &* layer.inputs &* layer.outputs)
            dense.backward_weights_lanes(
                outputGradient, input, weightLanes.pointer, biasLanes.pointer, layer.inputs, layer.outputs, Self.width)
            dense.reduce_lanes(weightLanes.pointer, gradient.pointer + layer.weight, layer.inputs &* layer.outputs)
        } else {
            dense.sum_lanes(outputGradient, biasLanes.pointer, layer.outputs, Self.width)
            let stride = AlignedBuffer.padded(layer.inputs)
            dense.transpose(input, rows.pointer, layer.inputs, stride, Self.width)
            dense.backward_weights(
                outputGradient, rows.pointer, stride, gradient.pointer + layer.weight, layer.inputs, layer.outputs,
                Self.width)
        }
        dense.reduce_lanes(biasLanes.pointer, gradient.pointer + layer.bias, layer.outputs)
    }

    /// Adam (Kingma & Ba 2015) with β = .9, .999 and ε = 10⁻⁸.
    private func update() {
        updates += 1
        let first = 1 / (1 - Elementary.exp(Double(updates) * Elementary.log(0.9)))
        let second = 1 / (1 - Elementary.exp(Double(updates) * Elementary.log(0.999)))
        kernels.elementwise.adam(
            parameters.pointer, gradient.pointer, firstMoment.pointer, secondMoment.pointer, parameters.count, 1,
            Self.rate, 0.9, 0.999, Float(first), Float(second), 1e-8, 0)
    }
}

/// Fisher and Yates.
func shuffle(_ values: inout [Int32], _ stream: inout RandomStream) {
    values.withUnsafeMutableBufferPointer { values in
        var last = values.count - 1
        while last > 0 {
            values.swapAt(last, stream.nextIndex(below: last &+ 1))
            last &-= 1
        }
    }
}
