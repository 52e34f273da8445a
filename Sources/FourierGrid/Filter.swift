import Foundation
import Geometry

/// What is left of a plane wave when a field is smoothed.
public enum Filter: Sendable {
  /// A Gaussian of that standard deviation: exp(−q²s²/2).
  case gaussian(Double)
  /// All up to that wave number, and nothing beyond it.
  case sharp(Double)

  public func factor(_ q: Vector) -> Double {
    switch self {
    case .gaussian(let s): exp(-0.5 * s * s * q.squaredLength)
    case .sharp(let largest): q.squaredLength <= largest * largest ? 1 : 0
    }
  }
}
