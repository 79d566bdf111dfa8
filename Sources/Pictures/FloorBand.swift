/// A noise floor on an axis: its mean and the band about it.
enum FloorBand {
    /// The band's ends on the axis; nil where it lies outside: drawn at the edge it would read as a value.
    static func ends(_ floor: (mean: Double, band: ClosedRange<Double>), on scale: PictureScale) -> (
        low: Double, high: Double
    )? {
        guard floor.band.overlaps(scale.domain) else { return nil }
        return (floor.band.lowerBound, floor.band.upperBound)
    }

    /// What the key says of the floors: nil without any.
    static func legend(_ floors: [(mean: Double, band: ClosedRange<Double>)?], on scale: PictureScale) -> String? {
        let known = floors.compactMap { $0 }
        guard !known.isEmpty else { return nil }
        if known.contains(where: { ends($0, on: scale) != nil }) { return "noise floor" }
        let means = Set(known.map(\.mean))
        return means.count == 1
            ? "noise floor \(PictureText.number(known[0].mean)), outside the axis" : "noise floors outside the axis"
    }
}
