import CFlowKernels

/// log Σ exp(values) in double precision, stable for any magnitude; −infinity for none or all −infinity, NaN when one is.
public func logSumExp(_ values: [Double]) -> Double {
    // A concrete array: a generic sequence would go through its iterator's witness table for every element.
    values.withUnsafeBufferPointer { values in
        var maximum = -Double.infinity
        for value in values where value > maximum || value.isNaN { maximum = value }
        if !maximum.isFinite { return maximum }
        let random = Kernels.current.random
        let stretch = 512
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: stretch) { terms in
            var sum = 0.0
            var start = 0
            while start < values.count {
                let count = min(stretch, values.count &- start)
                for i in 0..<count { terms[i] = values[start &+ i] - maximum }
                random.exponential(terms.baseAddress!, count)
                // Terms below e^−60 of the largest are beyond the last bit of the sum, however many there are.
                for i in 0..<count where values[start &+ i] - maximum > -60 { sum += terms[i] }
                start &+= count
            }
            return maximum + Elementary.log(sum)
        }
    }
}
