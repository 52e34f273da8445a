import Foundation

/// The rate at which a block above its threshold yields, in 1/τ.
public enum YieldingRate: Sendable, Equatable {
  /// The rate 1 anywhere above the threshold.
  case constant
  /// The rate ((|σ| − σ_th)/σ_c)^exponent; Ferrero and Jagla (2019) take ½.
  case progressive(exponent: Double)

  /// Returns the mean rate between two stresses of the same sign, given by their magnitudes.
  func mean(from low: Double, to high: Double, threshold: Double) -> Double {
    let (a, b) = (max(low - threshold, 0), max(high - threshold, 0))
    switch self {
    case .constant: return (b - a) / (high - low)
    case .progressive(let exponent):
      return (pow(b, 1 + exponent) - pow(a, 1 + exponent)) / ((1 + exponent) * (high - low))
    }
  }
}
