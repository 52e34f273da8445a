/// A quantity of the whole system that a frame of a trajectory carries along: a number, a vector or a matrix.
public struct Observable: Sendable {
  public let name: String
  /// Empty for a number, [dimension, dimension] for a matrix.
  public let shape: [Int]
  /// Row-major; the same on all ranks.
  public let values: [Double]

  public init(_ name: String, _ value: Double) {
    self.init(name, [value], shape: [])
  }

  public init(_ name: String, _ values: [Double], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "the values must fill the shape")
    self.name = name
    self.shape = shape
    self.values = values
  }
}
