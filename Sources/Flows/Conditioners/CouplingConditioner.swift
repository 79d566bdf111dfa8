import FlowMath

/// The network that decides what a coupling does: a perceptron that sees the coupling's identity rows and, in a
/// conditional flow, the standardised context of each point.
struct CouplingConditioner: Sendable {
    let identityCount: Int
    let contextCount: Int
    let network: MultilayerPerceptron
    /// Tape: identity rows followed by context rows; −1 without context, when the identity rows are used in place.
    let inputTape: Int

    /// Lays out a network with `outputs` rows of output under `name`.
    init(
        identityCount: Int, hiddenSizes: [Int], outputs: Int, name: String, plan: inout FlowPlan, tables: LayerTables
    ) {
        self.identityCount = identityCount
        contextCount = plan.contextDimension
        network = MultilayerPerceptron(
            sizes: [identityCount + contextCount] + hiddenSizes + [outputs], name: "\(name).conditioner", plan: &plan,
            tables: tables)
        inputTape = contextCount > 0 ? plan.workspace.reserveTape(rows: identityCount + contextCount) : -1
    }

    /// Once per batch.
    func prepare(_ context: TileContext) {
        network.prepare(context)
    }

    /// output (outputs × width) = network(identity (identityCount × width), context).
    func forward(_ context: TileContext, identity: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
        if contextCount > 0 {
            let input = context.tape + inputTape
            input.update(from: identity, count: identityCount &* context.width)
            (input + identityCount &* context.width).update(
                from: context.conditioning, count: contextCount &* context.width)
        }
        network.forward(context, input: input(context, identity: identity), output: output)
    }

    /// Backward of `forward` on the same tile: accumulates parameter gradients and adds d loss / d identity to
    /// `identityGradient`. `outputGradient` is consumed.
    func backward(
        _ context: TileContext, identity: UnsafePointer<Float>, outputGradient: UnsafeMutablePointer<Float>,
        identityGradient: UnsafeMutablePointer<Float>, spare: UnsafeMutablePointer<Float>
    ) {
        network.backward(
            context, input: input(context, identity: identity), outputGradient: outputGradient,
            inputGradient: identityGradient, inputGradientRows: identityCount, spare: spare)
    }

    private func input(_ context: TileContext, identity: UnsafePointer<Float>) -> UnsafePointer<Float> {
        contextCount > 0 ? UnsafePointer(context.tape + inputTape) : identity
    }
}
