import CFlowKernels

/// The elementary functions over whole arrays, by the vector kernels: every result has the bits that the function of one
/// number gives.
extension Elementary {
    /// values[i] = e^values[i].
    public static func exp(_ values: inout [Double], kernels: Kernels = .current) {
        let count = values.count
        kernels.table.pointee.random.exponential(&values, count)
    }

    /// values[i] = log values[i].
    public static func log(_ values: inout [Double], kernels: Kernels = .current) {
        let count = values.count
        kernels.table.pointee.random.logarithm(&values, count)
    }

    /// values[i] = log(1 + values[i]).
    public static func logOnePlus(_ values: inout [Double], kernels: Kernels = .current) {
        let count = values.count
        kernels.table.pointee.random.logarithm_of_one_plus(&values, count)
    }
}
