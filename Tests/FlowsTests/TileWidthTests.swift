import CFlowKernels
import FlowMath
import Testing

/// Every kernel on 256 points in tiles of 32, 64 and 128: the same bits for each point and for each accumulated sum.
///
/// The chain is that of a coupling layer in training: a conditioner 3 → 70 → 5, an affine coupling of 2 rows, a spline,
/// a mixture base, and all the way back.
@Suite struct TileWidthTests {
    private static let pointCount = 256
    private static let (inputs, hidden, outputs, bins, components) = (3, 70, 5, 5, 3)
    private static let hiddenStride = 80

    /// A number for (tensor, row, point) that has nothing to do with tiles.
    private static func number(_ tensor: UInt32, _ row: Int, _ point: Int) -> Float {
        var stream = RandomStream(seed: UInt64(row), purpose: .reference, step: tensor, substream: UInt32(point))
        return Float(stream.nextNormal())
    }

    /// Values of one tensor in whichever layout a width gives it.
    private struct Tile {
        let buffer: AlignedBuffer
        let rows: Int
        let width: Int
        var pointer: UnsafeMutablePointer<Float> { buffer.pointer }

        init(rows: Int, width: Int) {
            (self.rows, self.width) = (rows, width)
            buffer = AlignedBuffer(count: rows * width)
        }

        func fill(_ tensor: UInt32, from start: Int, scale: Float = 1) {
            for r in 0..<rows {
                for t in 0..<width { pointer[r * width + t] = scale * TileWidthTests.number(tensor, r, start + t) }
            }
        }
    }

    /// What a run leaves: values by point, and sums over points.
    private struct Outcome: Equatable {
        var points: [[UInt32]]
        var sums: [UInt32] = []
    }

    private static func weights(_ tensor: UInt32, _ count: Int) -> AlignedBuffer {
        let buffer = AlignedBuffer(count: count)
        for i in 0..<count { buffer.pointer[i] = 0.3 * number(tensor, i, 0) }
        return buffer
    }

    private static func run(width: Int, kernels: Kernels) -> Outcome {
        let dense = kernels.dense
        let elementwise = kernels.elementwise
        let spline = kernels.table.pointee.spline
        let first = (weights(1, hidden * inputs), weights(2, hidden))
        let second = (weights(3, outputs * hidden), weights(4, outputs))
        let (means, scales, lower) = (weights(5, components * 2), weights(6, components * 2), weights(7, components))
        let constants = weights(8, components)
        // The first layer transposed, rows of hiddenStride.
        let transposed = AlignedBuffer(count: inputs * hiddenStride)
        let bias = AlignedBuffer(count: hiddenStride)
        for o in 0..<hidden {
            bias.pointer[o] = first.1.pointer[o]
            for i in 0..<inputs { transposed.pointer[i * hiddenStride + o] = first.0.pointer[o * inputs + i] }
        }
        let gradient = AlignedBuffer(count: outputs * hidden)
        let small = AlignedBuffer(count: 16 * (hidden * inputs + 2 * hidden + outputs + 6 * components + 4))
        var lanes = small.pointer
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { lanes += 16 * count }
            return lanes
        }
        let (firstLanes, firstBias, outputSums) = (take(hidden * inputs), take(hidden), take(outputs))
        let (constantLanes, meanLanes, scaleLanes) = (take(components), take(2 * components), take(2 * components))
        let (lowerLanes, reluLanes, shiftLanes) = (take(components), take(hidden), take(4))
        let laneCount = (lanes - small.pointer) / 16
        precondition(laneCount * 16 == small.count, "all of it is used")

        var outcome = Outcome(points: Array(repeating: [], count: pointCount))
        for start in stride(from: 0, to: pointCount, by: width) {
            func tile(_ rows: Int, _ tensor: UInt32 = 0, scale: Float = 1) -> Tile {
                let tile = Tile(rows: rows, width: width)
                if tensor > 0 { tile.fill(tensor, from: start, scale: scale) }
                return tile
            }
            func record(_ tile: Tile) {
                for r in 0..<tile.rows {
                    for t in 0..<width { outcome.points[start + t].append(tile.pointer[r * width + t].bitPattern) }
                }
            }
            let input = tile(inputs, 20)
            let (activation, output) = (tile(hidden), tile(outputs))
            dense.forward(
                first.0.pointer, first.1.pointer, input.pointer, activation.pointer, inputs, hidden, width, 1)
            dense.forward(
                second.0.pointer, second.1.pointer, activation.pointer, output.pointer, hidden, outputs, width, 0)
            record(output)

            // Two rows through the coupling (raw rows 0 and 1, shifts 2 and 3), ActNorm's affine map and the spline.
            let (values, logDet, logScale) = (tile(2, 21), tile(1), tile(2))
            elementwise.coupling_inverse(
                output.pointer, output.pointer + 2 * width, values.pointer, logScale.pointer, logDet.pointer, 3, 2,
                width)
            elementwise.affine_inverse(means.pointer, constants.pointer, values.pointer, 2, width)
            let raw = tile(2 * (3 * bins - 1), 22)
            let state = tile(2 * Int(FLOW_SPLINE_STATE_ROWS))
            spline.inverse(raw.pointer, state.pointer, values.pointer, logDet.pointer, 4, bins, 2, width)
            record(values)
            record(logDet)

            let (responsibilities, logDensity, upstream) = (tile(components), tile(1), tile(1, 23))
            elementwise.mixture_log_density(
                values.pointer, constants.pointer, means.pointer, scales.pointer, lower.pointer,
                responsibilities.pointer, logDensity.pointer, components, 2, width)
            record(logDensity)
            let valueGradient = tile(2)
            elementwise.mixture_backward(
                values.pointer, means.pointer, scales.pointer, lower.pointer, responsibilities.pointer,
                upstream.pointer, valueGradient.pointer, constantLanes, meanLanes, scaleLanes, lowerLanes, components,
                2, width)
            let rawGradient = tile(2 * (3 * bins - 1))
            spline.inverse_backward(
                raw.pointer, state.pointer, upstream.pointer, valueGradient.pointer, rawGradient.pointer, 4, bins, 2,
                width)
            record(rawGradient)
            elementwise.affine_inverse_backward(
                values.pointer, constants.pointer, valueGradient.pointer, shiftLanes, shiftLanes + 32, 2, width)
            let outputGradient = tile(outputs, 24)
            elementwise.coupling_inverse_backward(
                values.pointer, logScale.pointer, upstream.pointer, valueGradient.pointer, outputGradient.pointer,
                outputGradient.pointer + 2 * width, 3, 2, width)
            record(valueGradient)

            let (hiddenGradient, inputGradient) = (tile(hidden), tile(inputs))
            dense.backward_relu(
                second.0.pointer, outputGradient.pointer, activation.pointer, hiddenGradient.pointer, reluLanes,
                hidden, outputs, width)
            dense.sum_lanes(outputGradient.pointer, outputSums, outputs, width)
            // Transposed activations two ways, which agree.
            let rows = AlignedBuffer(count: width * hiddenStride)
            let again = AlignedBuffer(count: width * hiddenStride)
            dense.transpose(activation.pointer, rows.pointer, hidden, hiddenStride, width)
            dense.forward_rows_relu(
                transposed.pointer, bias.pointer, input.pointer, again.pointer, inputs, hiddenStride, width)
            let agree = rows.array(0..<rows.count) == again.array(0..<again.count)
            #expect(agree)
            dense.backward_weights(
                outputGradient.pointer, rows.pointer, hiddenStride, gradient.pointer, hidden, outputs, width)
            dense.backward_weights_lanes(
                hiddenGradient.pointer, input.pointer, firstLanes, firstBias, inputs, hidden, width)
            dense.backward_input(
                first.0.pointer, inputs, hiddenGradient.pointer, inputGradient.pointer, inputs, hidden, width, 0)
            record(inputGradient)
        }
        let sums = AlignedBuffer(count: laneCount)
        dense.reduce_lanes(small.pointer, sums.pointer, laneCount)
        outcome.sums = (gradient.array(0..<(outputs * hidden)) + sums.array(0..<laneCount)).map(\.bitPattern)
        return outcome
    }

    @Test func resultsDoNotDependOnTheWidthOfATile() throws {
        var byVariant: [String: Outcome] = [:]
        for isa in ["avx512", "avx2", "portable"] {
            guard let kernels = Kernels.named(isa) else {
                print("SKIPPED: this machine has no \(isa)")
                continue
            }
            let reference = Self.run(width: 64, kernels: kernels)
            #expect(reference.points.allSatisfy { $0.count == reference.points[0].count && $0.count > 40 })
            #expect(Set(reference.points).count == Self.pointCount, "the points must differ")
            for width in [32, 128] {
                let outcome = Self.run(width: width, kernels: kernels)
                let (points, sums) = (outcome.points == reference.points, outcome.sums == reference.sums)
                #expect(points, "\(isa), tiles of \(width): points differ")
                #expect(sums, "\(isa), tiles of \(width): sums differ")
            }
            if let other = byVariant[kernels.numericsVariant] {
                let agree = other == reference
                #expect(agree, "\(isa) differs from another table of \(kernels.numericsVariant)")
            }
            byVariant[kernels.numericsVariant] = reference
        }
        #expect(byVariant["muladd16"] != nil)
    }
}
