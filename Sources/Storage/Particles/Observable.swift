/// A quantity of the whole system that belongs to a frame of a trajectory: a number, a vector or a matrix.
public struct Observable: Sendable {
  public let name: String
  /// Shape of the value: empty for a number, [dimension, dimension] for a matrix.
  public let shape: [Int]
  /// The numbers in row-major order, the same on all ranks.
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
