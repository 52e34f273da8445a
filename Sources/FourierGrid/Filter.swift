import Foundation
import Geometry

/// A filter that smooths a field, given by its factor for each plane wave.
public enum Filter: Sendable {
  /// Gaussian of the given standard deviation s: the factor is exp(−q²s²/2).
  case gaussian(Double)
  /// Sharp cut-off: keeps all wave numbers up to the given one and removes all beyond it.
  case sharp(Double)

  public func factor(_ q: Vector) -> Double {
    switch self {
    case .gaussian(let s): exp(-0.5 * s * s * q.squaredLength)
    case .sharp(let largest): q.squaredLength <= largest * largest ? 1 : 0
    }
  }
}
