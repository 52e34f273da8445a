/// Derivatives of a pair energy with respect to s = r²/2, that is ((1/r) d/dr)ⁿ φ, first to fourth (Richard, eqs.
/// B1–B4, with the misprints of B1 and B4 corrected).
///
/// In this variable a bond x(γ) needs no square root: ds/dγ = x·x', and all expansions are
/// polynomials of scalar products.
public struct BondStiffness: Equatable, Sendable {
  /// First derivative, φ'/r.
  public var first: Double
  /// Second derivative, φ''/r² − φ'/r³.
  public var second: Double
  /// Third derivative, φ'''/r³ − 3φ''/r⁴ + 3φ'/r⁵.
  public var third: Double
  /// Fourth derivative, φ''''/r⁴ − 6φ'''/r⁵ + 15φ''/r⁶ − 15φ'/r⁷.
  public var fourth: Double

  @inline(__always) public init(first: Double, second: Double, third: Double, fourth: Double) {
    self.first = first
    self.second = second
    self.third = third
    self.fourth = fourth
  }

  public init(_ d: PairDerivatives, distance r: Double) {
    let s = 1 / (r * r)
    first = d.first / r
    second = (d.second - first) * s
    third = (d.third / r - 3 * second) * s
    fourth = (d.fourth - 6 * d.third / r + 15 * second) * s * s
  }
}
