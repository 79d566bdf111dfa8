import CFlowKernels

/// The Swift face of the C kernels: the table of function pointers for this machine's instruction set.
public struct Kernels: @unchecked Sendable {
    /// A constant table in the binary's read-only data: safe to share.
    public let table: UnsafePointer<flow_kernels>

    /// The best table of this machine, or the one that the environment variable `FLOWEXP_ISA` names
    /// (`avx512`, `avx2`, `portable`) when the machine has it.
    public static let current = Kernels(table: flow_kernels_current())

    /// The table of one instruction set; nil when this machine cannot run it.
    public static func named(_ isa: String) -> Kernels? {
        flow_kernels_named(isa).map(Kernels.init(table:))
    }

    private init(table: UnsafePointer<flow_kernels>) {
        self.table = table
    }

    /// `avx512`, `avx2` or `portable`.
    public var instructionSet: String { String(cString: table.pointee.isa) }

    /// The name of the arithmetic: tables of one variant give the same bits.
    public var numericsVariant: String { String(cString: table.pointee.numerics_variant) }

    /// Random numbers, double-precision functions, and points to tiles and back.
    @inlinable public var random: flow_random_kernels {
        @inline(__always) get { table.pointee.random }
    }

    /// Kernels of dense layers.
    @inlinable public var dense: flow_dense_kernels {
        @inline(__always) get { table.pointee.dense }
    }

    /// Kernels of the bijections between a box and R^D.
    @inlinable public var box: flow_box_kernels {
        @inline(__always) get { table.pointee.box }
    }

    /// Kernels of couplings, densities and the optimiser.
    @inlinable public var elementwise: flow_elementwise_kernels {
        @inline(__always) get { table.pointee.elementwise }
    }

    /// Kernels of rational-quadratic splines.
    @inlinable public var spline: flow_spline_kernels {
        @inline(__always) get { table.pointee.spline }
    }

    /// Kernels of base distributions beyond the normal and its mixtures.
    @inlinable public var bases: flow_bases_kernels {
        @inline(__always) get { table.pointee.bases }
    }
}
