/// A level of the hierarchy as seen by its smoother: an operator A, and the inverse of its diagonal blocks D.
protocol SmoothedLevel: AnyObject {
  /// Largest eigenvalue of D⁻¹A, or a little more.
  var largestEigenvalue: Float { get }
  /// Updates the correction, d ← α d + β D⁻¹r, and then the solution, x ← x + d.
  func correct(_ alpha: Float, _ beta: Float)
  /// Updates the residual, r ← r − A d. Collective.
  func updateResidual() throws
}

/// Two steps of Chebyshev iteration for the upper part of the spectrum of D⁻¹A, which coarser grids cannot represent.
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

  /// Smooths the solution. The residual is left one update behind: the caller decides whether to update it after the
  /// second correction. Collective.
  func smooth(_ level: some SmoothedLevel) throws {
    level.correct(0, 1 / theta)
    try level.updateResidual()
    let before = delta / theta
    let now = 1 / (2 * theta / delta - before)
    level.correct(now * before, 2 * now / delta)
  }
}
