/// A level of the hierarchy, as its smoother sees it: an operator A, and the inverse of its diagonal blocks D.
protocol SmoothedLevel: AnyObject {
  /// The largest eigenvalue of D⁻¹A, or a little more.
  var largestEigenvalue: Float { get }
  /// x ← x + d after d ← α d + β D⁻¹r.
  func correct(_ alpha: Float, _ beta: Float)
  /// r ← r − A d. Collective.
  func updateResidual() throws
}

/// Two steps of Chebyshev's iteration for the upper part of the spectrum of D⁻¹A, which coarser grids cannot see.
struct Chebyshev {
  private let theta: Float
  private let delta: Float
  private static let lowest: Float = 0.15
  private static let margin: Float = 1.05

  init(largestEigenvalue: Float) {
    let upper = Self.margin * largestEigenvalue
    let lower = Self.lowest * upper
    theta = (upper + lower) / 2
    delta = (upper - lower) / 2
  }

  /// Leaves the residual one update behind: what follows the second correction is up to the caller. Collective.
  func smooth(_ level: some SmoothedLevel) throws {
    level.correct(0, 1 / theta)
    try level.updateResidual()
    let before = delta / theta
    let now = 1 / (2 * theta / delta - before)
    level.correct(now * before, 2 * now / delta)
  }
}
