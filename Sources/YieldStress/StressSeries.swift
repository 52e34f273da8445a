/// Stress of a cavity to third order in the strain: σ(γ) = σ₀ + σ₁γ + σ₂γ²/2 + σ₃γ³/6.
public struct StressSeries: Equatable, Sendable {
  /// Coefficients σ₀ … σ₃: prestress, modulus, and the next two derivatives.
  public var coefficients: (Double, Double, Double, Double)

  public init(_ s0: Double, _ s1: Double, _ s2: Double, _ s3: Double) { coefficients = (s0, s1, s2, s3) }

  public static func == (a: StressSeries, b: StressSeries) -> Bool { a.coefficients == b.coefficients }

  public func stress(at strain: Double) -> Double {
    let (s0, s1, s2, s3) = coefficients
    return s0 + strain * (s1 + strain * (s2 / 2 + strain * s3 / 6))
  }

  /// Series of the same cavity under the reversed loading: stress and strain change their signs.
  public var reversed: StressSeries {
    let (s0, s1, s2, s3) = coefficients
    return StressSeries(-s0, s1, -s2, s3)
  }

  /// Yield point: the first maximum of the stress on γ > 0, with its strain and its stress σ(γ), prestress included; or
  /// the reason why there is none.
  ///
  /// γ = 2σ₁ / (√(σ₂² − 2σ₁σ₃) − σ₂), which is numerically stable if σ₃ vanishes.
  public var yield: Result<YieldPoint, Discarded> {
    let (_, s1, s2, s3) = coefficients
    guard s1 > 0 else { return .failure(.nonpositiveModulus) }
    let discriminant = s2 * s2 - 2 * s1 * s3
    guard discriminant >= 0 else { return .failure(.neverYields) }
    let slope = discriminant.squareRoot() - s2
    guard slope > 0 else { return .failure(.neverYields) }
    let strain = 2 * s1 / slope
    let point = YieldPoint(strain: strain, stress: stress(at: strain))
    return point.stress.isFinite ? .success(point) : .failure(.neverYields)
  }
}

public struct YieldPoint: Equatable, Sendable {
  public var strain: Double
  public var stress: Double
}

/// Reasons why a trial gives no yield stress.
public enum Discarded: String, Error, CaseIterable, Sendable {
  /// The cubic has no maximum: the matrix holds the cavity together (Richard, Sec. IV).
  case neverYields = "no maximum of the stress"
  /// The stress decreases from the beginning: its slope is not positive.
  case nonpositiveModulus = "modulus not positive"
  /// The configuration is not a minimum for the particles of the cavity.
  case unstable = "zero or negative mode"
  /// No particle of the cavity touches another one.
  case noBonds = "no bonds"
  /// Another node of the grid has the same closest particle.
  case duplicate = "centre taken by another node"
  /// The stress has not dropped up to the largest strain.
  case noDrop = "no drop up to the largest strain"
  /// The particles of the cavity could not be brought to rest.
  case notConverged = "minimisation not converged"
}
