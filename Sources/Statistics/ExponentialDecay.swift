import Foundation

/// The decay y = exp(−t/τ) of a correlation function that is 1 at t = 0, fitted by least squares with equal weights.
public struct ExponentialDecay: Codable, Equatable, Sendable {
  /// Decay time τ.
  public let time: Double
  /// Standard error of τ from the scatter about the curve, as if the points were independent; NaN for one point. Points
  /// of one correlation function are not independent: the scatter between runs, or between parts of one, tells more.
  public let timeError: Double
  /// Number of points used.
  public let count: Int

  /// Fits the points with t > 0.
  /// - Returns: nil if there are none, if a number is not finite, or if the curve that fits best does not decay within
  ///   a thousand times the longest t, or decays within a thousandth of the shortest.
  public init?(_ points: [(t: Double, y: Double)]) {
    let used = points.filter { $0.t > 0 }
    guard let shortest = used.map(\.t).min(), let longest = used.map(\.t).max(),
      used.allSatisfy({ $0.t.isFinite && $0.y.isFinite })
    else { return nil }
    func misfit(_ logarithm: Double) -> Double {
      let rate = exp(-logarithm)
      return used.reduce(0) { sum, point in
        let off = point.y - exp(-point.t * rate)
        return sum + off * off
      }
    }
    // The misfit may have several minima in ln τ: a grid finds the lowest, golden sections refine it.
    let (first, last) = (log(shortest * 1e-3), log(longest * 1e3))
    let step = 0.05
    let cells = Int(((last - first) / step).rounded(.up))
    let best = (0...cells).min { misfit(first + step * Double($0)) < misfit(first + step * Double($1)) }!
    guard best > 0, best < cells else { return nil }
    var (a, b) = (first + step * Double(best - 1), first + step * Double(best + 1))
    let ratio = (5.0.squareRoot() - 1) / 2
    while b - a > 1e-9 {
      let (c, d) = (b - ratio * (b - a), a + ratio * (b - a))
      if misfit(c) < misfit(d) { b = d } else { a = c }
    }
    let tau = exp((a + b) / 2)
    let sensitivity = used.reduce(0) { sum, point in
      let slope = point.t / (tau * tau) * exp(-point.t / tau)
      return sum + slope * slope
    }
    let variance = used.count > 1 ? misfit((a + b) / 2) / Double(used.count - 1) : .nan
    time = tau
    timeError = (variance / sensitivity).squareRoot()
    count = used.count
  }
}

/// Returns the first t at which a curve has fallen to 1/e, interpolated between its points on a logarithmic scale; NaN
/// if it does not fall that far.
/// - Parameter points: by ascending t, from (0, 1) on.
public func timeToOneOverE(_ points: [(t: Double, y: Double)]) -> Double {
  let level = exp(-1.0)
  for (before, after) in zip(points, points.dropFirst()) where before.y >= level && after.y < level {
    let fraction =
      after.y > 0
      ? log(before.y / level) / log(before.y / after.y) : (before.y - level) / (before.y - after.y)
    return before.t + fraction * (after.t - before.t)
  }
  return .nan
}
