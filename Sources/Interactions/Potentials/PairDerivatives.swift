/// Pair energy φ(r) and its derivatives with respect to r, to fourth order.
public struct PairDerivatives: Equatable, Sendable {
  public var energy: Double
  public var first: Double
  public var second: Double
  public var third: Double
  public var fourth: Double

  public static let zero = PairDerivatives(energy: 0, first: 0, second: 0, third: 0, fourth: 0)

  public init(energy: Double, first: Double, second: Double, third: Double, fourth: Double) {
    self.energy = energy
    self.first = first
    self.second = second
    self.third = third
    self.fourth = fourth
  }

  /// Converts a function f(u) of u = (r/λ)² and its derivatives with respect to u.
  init(ofSquare f: (Double, Double, Double, Double, Double), distance r: Double, length: Double) {
    let x = r / length
    let x2 = x * x
    energy = f.0
    first = 2 * x * f.1 / length
    second = (2 * f.1 + 4 * x2 * f.2) / (length * length)
    third = (12 * x * f.2 + 8 * x2 * x * f.3) / (length * length * length)
    fourth = (12 * f.2 + 48 * x2 * f.3 + 16 * x2 * x2 * f.4) / (length * length * length * length)
  }
}
