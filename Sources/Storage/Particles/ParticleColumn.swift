/// A quantity per particle that belongs to a frame of a trajectory, in the order of the particles of its snapshot.
public struct ParticleColumn: Sendable {
  public enum Values: Sendable {
    case reals([Double])
    case integers([Int32])
  }

  /// Name of the element in the file: "d2min", "stress".
  public let name: String
  /// Number of values per particle.
  public let width: Int
  public let values: Values

  public init(_ name: String, _ values: [Double], width: Int = 1) {
    self.name = name
    self.width = width
    self.values = .reals(values)
  }

  public init(_ name: String, _ values: [Int32], width: Int = 1) {
    self.name = name
    self.width = width
    self.values = .integers(values)
  }
}
