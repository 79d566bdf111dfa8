import CFlowKernels
import FlowMath

/// A flow with its parameters: a density to sample and evaluate. A conditional flow is one density q(θ|x) for the
/// observation x that the value holds; see ``conditioned(on:)``.
///
/// log q and samples come from the single-precision engine and are widened. Safe from several threads at once (each
/// call works in memory of its own).
public struct TrainedFlow: SampleableDensity, ConditionalDensity {
    /// The architecture.
    public let flow: Flow
    /// Never written after the value was made.
    public let parameters: AlignedBuffer
    /// The x that q(θ|x) is conditioned on where a call names no other: contextDimension numbers.
    public let observation: [Double]
    /// What restricts q to the prior's box; nil for the flow as it was trained.
    let restriction: BoxRestriction?

    /// Wraps a flow and a copy of its parameters; `observation` holds the flow's contextDimension numbers.
    /// Not restricted to the prior's box: see ``restrictedToBox()``.
    public init(flow: Flow, parameters: AlignedBuffer, observation: [Double] = []) {
        let copy = AlignedBuffer(count: parameters.count)
        copy.copy(from: parameters)
        self.init(flow: flow, sharing: copy, observation: observation)
    }

    init(
        flow: Flow, sharing parameters: AlignedBuffer, observation: [Double], restriction: BoxRestriction? = nil
    ) {
        precondition(
            observation.count == flow.contextDimension, "an observation must have the flow's context dimension")
        self.flow = flow
        self.parameters = parameters
        self.observation = observation
        self.restriction = restriction
    }

    /// The same flow at another observation.
    public func conditioned(on observation: [Double]) -> TrainedFlow {
        TrainedFlow(flow: flow, sharing: parameters, observation: observation, restriction: restriction)
    }

    /// D.
    public var dimension: Int { flow.dimension }

    /// C; 0 for an unconditional flow.
    public var contextDimension: Int { flow.contextDimension }

    /// log q(θ) of each point, nats.
    public func logProbability(of points: Points) -> [Double] {
        restricted(inverse(points).logProbability, of: points)
    }

    /// log q(θ_i|x_i) of each point at its own observation, nats; as many `contexts` as `points`.
    public func logProbability(of points: Points, contexts: Points) -> [Double] {
        restricted(inverse(points, contexts: contexts).logProbability, of: points, contexts: contexts)
    }

    /// log q(θ) of each point, nats, in the memory of `workspace`, which is that of the same flow.
    public func logProbability(of points: Points, workspace: FlowWorkspace) -> [Double] {
        restricted(inverse(points, contexts: nil, workspace: workspace).logProbability, of: points)
    }

    /// `count` draws: base samples pushed forward. Point i depends only on the stream and i.
    public func sample(count: Int, stream: RandomStream) -> Points {
        sample(count: count, contexts: nil, stream: stream, workspace: nil)
    }

    /// The same in the memory of `workspace`, which is that of the same flow.
    public func sample(count: Int, stream: RandomStream, workspace: FlowWorkspace) -> Points {
        sample(count: count, contexts: nil, stream: stream, workspace: workspace)
    }

    /// One draw from q(θ|x_i) for each observation.
    public func sample(contexts: Points, stream: RandomStream) -> Points {
        sample(count: contexts.count, contexts: contexts, stream: stream, workspace: nil)
    }

    private func sample(
        count: Int, contexts: Points?, stream: RandomStream, workspace: FlowWorkspace?
    ) -> Points {
        guard restriction == nil else {
            return restrictedSample(
                count: count, contexts: contexts, stream: stream, workspace: workspace ?? FlowWorkspace(flow: flow))
        }
        var streams = [stream]
        return candidates(count: count, contexts: contexts, streams: &streams, workspace: workspace)
    }

    /// Draws of the flow as it was trained, wherever they lie: tile after tile of one stream or, with several, each tile
    /// from the next one. The streams move on.
    func candidates(
        count: Int, contexts: Points?, streams: inout [RandomStream], workspace: FlowWorkspace?
    ) -> Points {
        let tables = flow.base.samplingTables(UnsafePointer(parameters.pointer))
        let step = streams.count > 1 ? 1 : 0
        return mapTiles(count: count, contexts: contexts, logDetSign: 1, workspace: workspace) {
            context, tile, filled, start in
            flow.base.sampleTile(
                context, tables: tables, stream: &streams[start / tileWidth &* step], count: filled, into: tile)
        }.points
    }

    /// Base-space images f⁻¹(θ) and log q(θ) of the flow as it was trained, also where the value is restricted to the box;
    /// each point at its own observation when `contexts` are given.
    public func inverse(_ points: Points, contexts: Points? = nil) -> (latent: Points, logProbability: [Double]) {
        inverse(points, contexts: contexts, workspace: nil)
    }

    private func inverse(
        _ points: Points, contexts: Points?, workspace: FlowWorkspace?
    ) -> (latent: Points, logProbability: [Double]) {
        precondition(points.dimension == dimension, "points must have the flow's dimension")
        let result = mapTiles(count: points.count, contexts: contexts, logDetSign: -1, workspace: workspace) {
            _, tile, filled, start in
            load(points, from: start, count: filled, into: tile)
        }
        return (result.points, result.logDensity)
    }

    /// f(z): base → data, each point at its own observation when `contexts` are given.
    public func forward(_ latent: Points, contexts: Points? = nil) -> Points {
        precondition(latent.dimension == dimension, "points must have the flow's dimension")
        return mapTiles(count: latent.count, contexts: contexts, logDetSign: 1) { _, tile, filled, start in
            load(latent, from: start, count: filled, into: tile)
        }.points
    }

    /// max_i ‖f(f⁻¹(θ_i)) − θ_i‖_∞, in units of θ: how far single precision is from exact invertibility; NaN when one
    /// round trip is not a number.
    public func inverseError(of points: Points) -> Double {
        let back = forward(inverse(points).latent)
        var worst = 0.0
        for i in points.values.indices {
            let difference = abs(back.values[i] - points.values[i])
            if difference.isNaN { return .nan }
            worst = max(worst, difference)
        }
        return worst
    }

    private func load(_ points: Points, from start: Int, count: Int, into tile: UnsafeMutablePointer<Float>) {
        points.values.withUnsafeBufferPointer { values in
            Kernels.current.random.tile_from_points(
                values.baseAddress! + start &* points.dimension, points.dimension, count, tile, tileWidth)
        }
    }

    /// The flow's own observation for every point of a tile.
    private func loadObservation(into tile: UnsafeMutablePointer<Float>) {
        for (c, value) in observation.enumerated() {
            for t in 0..<tileWidth { tile[c &* tileWidth &+ t] = Float(value) }
        }
    }

    /// Fills tiles with `fill`, passes them through the flow (+1 forward, −1 inverse) and collects coordinates and, for
    /// the inverse, log densities.
    private func mapTiles(
        count: Int, contexts: Points?, logDetSign: Int, workspace: FlowWorkspace? = nil,
        fill: (TileContext, UnsafeMutablePointer<Float>, _ filled: Int, _ start: Int) -> Void
    ) -> (points: Points, logDensity: [Double]) {
        precondition(
            contexts == nil || contexts!.count == count && contexts!.dimension == flow.contextDimension,
            "one observation for each point, of the flow's context dimension")
        let workspace = workspace ?? FlowWorkspace(flow: flow)
        let context = workspace.context(parameters: parameters, kernels: .current)
        var values = [Double](repeating: 0, count: count * dimension)
        var logDensity = [Double](repeating: 0, count: logDetSign < 0 ? count : 0)
        flow.layers.withUnsafeBufferPointer { layers in
            let constant = flow.prepare(layers, context)
            if let standardization = flow.contextStandardization, contexts == nil {
                loadObservation(into: context.conditioning)
                standardization.inverse(context, values: context.conditioning)
            }
            let tile = workspace.values.pointer
            let logDet = workspace.logDet.pointer
            var start = 0
            while start < count {
                let filled = min(tileWidth, count &- start)
                if let contexts, let standardization = flow.contextStandardization {
                    load(contexts, from: start, count: filled, into: context.conditioning)
                    standardization.inverse(context, values: context.conditioning)
                }
                fill(context, tile, filled, start)
                if logDetSign < 0 {
                    flow.inverseTile(layers, context, values: tile, logDet: logDet)
                    flow.base.logDensity(context, values: tile, result: workspace.logDensity.pointer)
                    for t in 0..<filled {
                        logDensity[start &+ t] =
                            Double(workspace.logDensity.pointer[t]) + Double(logDet[t]) + constant
                    }
                } else {
                    for index in 0..<layers.count { layers[index].forward(context, values: tile, logDet: logDet) }
                }
                values.withUnsafeMutableBufferPointer { values in
                    context.random.points_from_tile(
                        tile, tileWidth, values.baseAddress! + start &* dimension, dimension, filled)
                }
                start &+= tileWidth
            }
        }
        return (Points(dimension: dimension, values: values), logDensity)
    }
}

extension Flow {
    /// Keeps the parameters in their range; called after every optimiser step.
    public func project(_ parameters: AlignedBuffer) {
        base.project(parameters.pointer)
    }
}
