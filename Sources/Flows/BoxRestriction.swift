import FlowMath
import Synchronization

/// Q(box|x), the mass that a flow has inside the prior's box, as the share of so many of its draws.
public struct BoxAcceptance: Sendable, Equatable {
    /// Draws inside the box.
    public var inside: Int
    /// Draws made, 1 or more.
    public var candidates: Int

    /// The estimate of Q(box|x), 0…1.
    public var value: Double { Double(inside) / Double(candidates) }

    /// Of ``value``, that of a binomial share.
    public var standardError: Double { (value * (1 - value) / Double(candidates)).squareRoot() }

    /// Of log Q(box|x), to first order √((1 − Q)/(n Q)), nats; infinite where no draw was inside.
    public var logStandardError: Double { ((1 - value) / Double(inside)).squareRoot() }

    /// log Q(box|x), nats; NaN below ``least``, where neither draws nor a density can be had by rejection.
    public var logValue: Double { value >= Self.least ? Elementary.log(value) : .nan }

    /// The least share with which a flow is restricted to the box.
    public static let least = 1e-3
}

/// What makes a ``TrainedFlow`` the density restricted to the box: the acceptances that were measured so far. They are
/// pure functions of (parameters, x), so it makes no difference who asks first.
final class BoxRestriction: Sendable {
    /// Draws that measure Q(box), without context.
    static let unconditionalCandidates = 1 << 18
    /// Draws that measure Q(box|x) for each x: calibration asks at hundreds.
    static let conditionalCandidates = 1 << 13
    /// More x than this are measured anew when they come again.
    private static let limit = 1 << 16

    private let entries = Mutex<[[UInt32]: BoxAcceptance]>([:])

    /// The acceptance kept for the x with these bits, or else what `measure` gives.
    func acceptance(_ key: [UInt32], measure: () -> BoxAcceptance) -> BoxAcceptance {
        if let known = entries.withLock({ $0[key] }) { return known }
        let result = measure()
        entries.withLock { if $0.count < Self.limit { $0[key] = result } }
        return result
    }
}

/// q restricted to the prior's box (``BoxKind/reject``): q(θ|x) 1[θ ∈ box] / Q(box|x), what neural posterior estimation
/// does with flows that leak (Greenberg, Nonnenmacher and Macke 2019; Deistler, Gonçalves and Macke 2022).
extension TrainedFlow {
    /// With `box: "reject"` the density that the flow is used as: draws by rejection, −infinity outside the box and
    /// log q − log Q(box|x) inside; the flow itself for every other `box`.
    public func restrictedToBox() -> TrainedFlow {
        guard flow.configuration.box == .reject, restriction == nil else { return self }
        return TrainedFlow(
            flow: flow, sharing: parameters, observation: observation, restriction: BoxRestriction())
    }

    /// Q(box|x) at the own observation; nil where q is not restricted.
    public var acceptance: BoxAcceptance? { acceptance(at: observation) }

    /// Q(box|x); nil where q is not restricted. A pure function of (parameters, x in single precision): measured with
    /// 2^18 draws without context, 2^13 for each x, and kept.
    public func acceptance(at observation: [Double]) -> BoxAcceptance? {
        guard let restriction else { return nil }
        let key = observation.map { Float($0).bitPattern }
        return restriction.acceptance(key) {
            let count =
                key.isEmpty ? BoxRestriction.unconditionalCandidates : BoxRestriction.conditionalCandidates
            // FNV-1a: the draws at different x are independent. The other substream measures a base's normaliser.
            var seed: UInt64 = 0xcbf2_9ce4_8422_2325
            for bits in key { seed = (seed ^ UInt64(bits)) &* 0x100_0000_01b3 }
            let draws = TrainedFlow(flow: flow, sharing: parameters, observation: observation)
                .sample(
                    count: count, stream: RandomStream(seed: seed, purpose: .normalizer, step: .max, substream: 1))
            return BoxAcceptance(inside: (0..<count).count { isInside(draws, $0) }, candidates: count)
        }
    }

    /// Log densities of the flow as those of the restricted density; unchanged where it is not restricted.
    func restricted(_ logDensity: [Double], of points: Points, contexts: Points? = nil) -> [Double] {
        guard restriction != nil, points.count > 0 else { return logDensity }
        let shared = contexts == nil ? logAcceptance(at: observation) : 0
        var result = logDensity
        for i in 0..<points.count {
            // A coordinate that is not a number is neither inside nor outside.
            if (0..<dimension).contains(where: { points[i, $0].isNaN }) {
                result[i] = .nan
            } else if isInside(points, i) {
                result[i] -= contexts.map { logAcceptance(at: Self.row($0, i)) } ?? shared
            } else {
                result[i] = -.infinity
            }
        }
        return result
    }

    private func logAcceptance(at observation: [Double]) -> Double { acceptance(at: observation)?.logValue ?? 0 }

    private static func row(_ points: Points, _ i: Int) -> [Double] { (0..<points.dimension).map { points[i, $0] } }

    private func isInside(_ points: Points, _ i: Int) -> Bool {
        for d in 0..<dimension where !flow.bounds[d].contains(points[i, d]) { return false }
        return true
    }

    // MARK: Draws

    /// Passes over all rows before the rows still outside are drawn one by one.
    private static let passes = 3
    /// Tiles of candidates after which a row is given up. The flow has at least ``BoxAcceptance/least`` of its mass inside,
    /// so that all of them miss with a probability of e^−65.
    private static let tileLimit = 1024
    /// Rows whose tiles are made at once.
    private static let rowsAtOnce = 512

    /// One draw inside the box per row. Row i depends only on the stream, i and its x: it is candidate i of the stream or
    /// of two passes that begin 2^52 and 2·2^52 blocks on, the first that is inside; else the first inside of the
    /// candidates from block 3·2^52 + i·2^30 on. NaN where too little of q is inside the box.
    func restrictedSample(count: Int, contexts: Points?, stream: RandomStream, workspace: FlowWorkspace) -> Points {
        var streams = [stream]
        var result = candidates(count: count, contexts: contexts, streams: &streams, workspace: workspace)
        var missing = (0..<count).filter { !isInside(result, $0) }
        for pass in 1..<Self.passes where !missing.isEmpty {
            streams = [stream.positioned(atBlock: stream.nextBlock &+ UInt64(pass) &<< 52)]
            let next = candidates(count: count, contexts: contexts, streams: &streams, workspace: workspace)
            missing.removeAll { i in
                guard isInside(next, i) else { return false }
                for d in 0..<dimension { result[i, d] = next[i, d] }
                return true
            }
        }
        for start in stride(from: 0, to: missing.count, by: Self.rowsAtOnce) {
            let rows = Array(missing[start..<min(start + Self.rowsAtOnce, missing.count)])
            drawOneByOne(rows, contexts: contexts, stream: stream, workspace: workspace, into: &result)
        }
        return result
    }

    private func drawOneByOne(
        _ rows: [Int], contexts: Points?, stream: RandomStream, workspace: FlowWorkspace, into result: inout Points
    ) {
        for i in rows {
            for d in 0..<dimension { result[i, d] = .nan }
        }
        var left = rows.filter { i in
            !logAcceptance(at: contexts.map { Self.row($0, i) } ?? observation).isNaN
        }
        var streams = left.map {
            stream.positioned(atBlock: stream.nextBlock &+ 3 &<< 52 &+ UInt64($0) &<< 30)
        }
        for _ in 0..<Self.tileLimit where !left.isEmpty {
            let repeated = contexts.map { contexts in
                Points(
                    dimension: contexts.dimension,
                    values: left.flatMap { i in (0..<tileWidth).flatMap { _ in Self.row(contexts, i) } })
            }
            let tiles = candidates(
                count: left.count * tileWidth, contexts: repeated, streams: &streams, workspace: workspace)
            var kept: [Int] = []
            for (k, i) in left.enumerated() {
                let tile = (k * tileWidth)..<((k + 1) * tileWidth)
                guard let first = tile.first(where: { isInside(tiles, $0) }) else {
                    kept.append(k)
                    continue
                }
                for d in 0..<dimension { result[i, d] = tiles[first, d] }
            }
            left = kept.map { left[$0] }
            streams = kept.map { streams[$0] }
        }
    }
}
