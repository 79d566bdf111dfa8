/// Which rows of a tile a coupling leaves alone and which it transforms: contiguous halves, so that tiles are used in
/// place.
struct CouplingSplit: Sendable {
    let identityStart: Int
    let identityCount: Int
    let transformedStart: Int
    let transformedCount: Int

    /// `transformsLast`: whether the last rows are transformed (else the first).
    init(dimension: Int, transformsLast: Bool) {
        let half = dimension / 2
        identityStart = transformsLast ? 0 : half
        identityCount = transformsLast ? half : dimension - half
        transformedStart = transformsLast ? half : 0
        transformedCount = dimension - identityCount
    }
}
