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

    /// The two uniform numbers of each of `count` blocks, whose numbers are given in any order. The stream stays where
    /// it is.
    package func fillUniforms(
        _ output: UnsafeMutablePointer<Double>, ofBlocks blocks: UnsafePointer<UInt64>, count: Int,
        kernels: Kernels = .current
    ) {
        kernels.table.pointee.random.uniforms_of_blocks(kernelStream, blocks, output, count)
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

    /// For each of `count` points one uniform number and then `normalsPerPoint` standard normal ones, as ``nextUniform()``
    /// and ``nextNormal()`` give them in turns: uniforms[t] and normals[t · normalsPerPoint + d].
    ///
    /// `normals` has room for count · (normalsPerPoint + 1) + 1 numbers; what lies past the normals is overwritten.
    public mutating func fillUniformsAndNormals(
        _ uniforms: UnsafeMutablePointer<Double>, _ normals: UnsafeMutablePointer<Double>, count: Int,
        normalsPerPoint: Int, kernels: Kernels = .current
    ) {
        if hasSpareNormal || normalsPerPoint == 0 {
            for t in 0..<count {
                uniforms[t] = nextUniform()
                for d in 0..<normalsPerPoint { normals[t &* normalsPerPoint &+ d] = nextNormal() }
            }
            return
        }
        // All numbers first; then the pairs that become normals are moved together. A point needs a new pair when those
        // before it left no spare.
        let total = (count &* normalsPerPoint &+ 1) & ~1
        fillUniforms(normals, count: count &+ total, kernels: kernels)
        var (read, written) = (0, 0)
        for t in 0..<count {
            uniforms[t] = normals[read]
            read &+= 1
            while written < (t &+ 1) &* normalsPerPoint {
                normals[written] = normals[read]
                normals[written &+ 1] = normals[read &+ 1]
                read &+= 2
                written &+= 2
            }
        }
        kernels.table.pointee.random.normals_from_uniforms(normals, total / 2)
        if total > count &* normalsPerPoint { keepSpare(normals[total &- 1]) }
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
