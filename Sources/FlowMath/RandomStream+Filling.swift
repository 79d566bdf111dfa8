import CFlowKernels

/// Many numbers at once, by the vector kernels: the same numbers, and the same position afterwards, as that many single
/// calls would give.
extension RandomStream {
    /// `count` numbers uniform on [0, 1) into `output`, as ``nextUniform()`` gives them.
    public mutating func fillUniforms(
        _ output: UnsafeMutablePointer<Double>, count: Int, kernels: Kernels = .current
    ) {
        var filled = 0
        if hasSecond && count > 0 {
            output[0] = nextUniform()
            filled = 1
        }
        let blocks = (count &- filled) / 2
        if blocks > 0 {
            kernels.table.pointee.random.uniforms(kernelStream, block, output + filled, blocks)
            block &+= UInt64(blocks)
            filled &+= 2 &* blocks
        }
        if filled < count { output[filled] = nextUniform() }
    }

    /// `count` standard normal numbers into `output`, as ``nextNormal()`` gives them.
    public mutating func fillNormals(
        _ output: UnsafeMutablePointer<Double>, count: Int, kernels: Kernels = .current
    ) {
        var filled = 0
        if hasSpareNormal && count > 0 {
            output[0] = nextNormal()
            filled = 1
        }
        while count &- filled >= 2 {
            // Short stretches, so that the uniforms are still in the first-level cache.
            let pairs = min((count &- filled) / 2, 512)
            fillUniforms(output + filled, count: 2 &* pairs, kernels: kernels)
            kernels.table.pointee.random.normals_from_uniforms(output + filled, pairs)
            filled &+= 2 &* pairs
        }
        if filled < count { output[filled] = nextNormal() }
    }

    /// `count` standard normal numbers.
    public mutating func normals(_ count: Int) -> [Double] {
        [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let start = buffer.baseAddress { fillNormals(start, count: count) }
            initialized = count
        }
    }

    /// `count` numbers uniform on [0, 1).
    public mutating func uniforms(_ count: Int) -> [Double] {
        [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let start = buffer.baseAddress { fillUniforms(start, count: count) }
            initialized = count
        }
    }
}
