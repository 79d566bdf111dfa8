import FlowMath

/// The layers that need more than a line: splines and the box.
extension DoublePrecisionDensity {
    /// Least width and height as a share of the interval, and the least slope.
    private static let least = 1e-3
    /// softplus(shift) + least = 1.
    private static let shift = 0.5397424172369522

    func inverse(_ coupling: RationalQuadraticCoupling) {
        let (bins, bound) = (coupling.bins, Double(coupling.bound))
        let output = output(of: coupling.conditioner, split: coupling.split)
        for row in 0..<coupling.split.transformedCount {
            for t in 0..<Self.width {
                let at = (coupling.split.transformedStart + row) * Self.width + t
                let value = values[at]
                guard value >= -bound, value <= bound else { continue }
                let raw = output + row * (3 * bins - 1) * Self.width + t
                let (image, logSlope) = Self.spline(value, raw: raw, stride: Self.width, bins: bins, bound: bound)
                values[at] = image
                logDet[t] += logSlope
            }
        }
    }

    /// g(x) and log g′(x), |x| ≤ bound, from a network's widths, heights and slopes, `stride` apart (Durkan et al. 2019,
    /// equations 4 and 5).
    private static func spline(
        _ x: Double, raw: UnsafePointer<Double>, stride: Int, bins: Int, bound: Double
    ) -> (Double, Double) {
        let heights = raw + bins * stride
        let slopes = raw + 2 * bins * stride
        let widthScale = softmaxScale(raw, stride, bins)
        let heightScale = softmaxScale(heights, stride, bins)
        func extent(_ terms: UnsafePointer<Double>, _ k: Int, _ scale: (maximum: Double, inverse: Double)) -> Double {
            let share = Elementary.exp(terms[k * stride] - scale.maximum) * scale.inverse
            return 2 * bound * (least + (1 - least * Double(bins)) * share)
        }
        func slope(_ knot: Int) -> Double {
            if knot == 0 || knot == bins { return 1 }
            return least + softplus(slopes[(knot - 1) * stride] + shift)
        }
        var (left, bottom) = (-bound, -bound)
        var k = 0
        var width = extent(raw, 0, widthScale)
        var height = extent(heights, 0, heightScale)
        while k + 1 < bins, x >= left + width {
            left += width
            bottom += height
            k += 1
            width = extent(raw, k, widthScale)
            height = extent(heights, k, heightScale)
        }
        let position = min((x - left) / width, 1)
        let product = position * (1 - position)
        let (s, lower, upper) = (height / width, slope(k), slope(k + 1))
        let denominator = s + (lower + upper - 2 * s) * product
        let image = bottom + height * (s * position * position + lower * product) / denominator
        let rest = 1 - position
        let quotient = upper * position * position + 2 * s * product + lower * rest * rest
        return (image, 2 * Elementary.log(s / denominator) + Elementary.log(quotient))
    }

    private static func softmaxScale(
        _ terms: UnsafePointer<Double>, _ stride: Int, _ bins: Int
    ) -> (maximum: Double, inverse: Double) {
        var maximum = terms[0]
        for k in 1..<bins { maximum = max(maximum, terms[k * stride]) }
        var sum = 0.0
        for k in 0..<bins { sum += Elementary.exp(terms[k * stride] - maximum) }
        return (maximum, 1 / sum)
    }

    static func softplus(_ x: Double) -> Double { max(x, 0) + Elementary.logOnePlus(Elementary.exp(-abs(x))) }

    func inverse(_ box: BoxTransform) {
        for d in 0..<box.dimension {
            let (lower, upper) = (parameters[box.lowerOffset + d], parameters[box.upperOffset + d])
            let side = upper - lower
            for t in 0..<Self.width {
                let value = values[d * Self.width + t]
                if value < lower || value > upper {
                    values[d * Self.width + t] = 0
                    logDet[t] = -.infinity
                    continue
                }
                let (low, high) = (max(value - lower, 1e-7 * side), max(upper - value, 1e-7 * side))
                if box.isProbit {
                    let tail = Elementary.normalQuantile(min(low, high) / side)
                    values[d * Self.width + t] = low <= high ? tail : -tail
                    logDet[t] += 0.5 * tail * tail + Elementary.halfLogTwoPi - Elementary.log(side)
                } else {
                    values[d * Self.width + t] = Elementary.log(low / high)
                    logDet[t] += Elementary.log(side / (low * high))
                }
            }
        }
    }
}
