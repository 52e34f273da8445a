/// A measured number with its standard error, which is NaN where it cannot be known.
public struct Estimate: Codable, Equatable, Sendable {
  public var value: Double
  public var error: Double

  public init(_ value: Double, error: Double) {
    self.value = value
    self.error = error
  }
}
