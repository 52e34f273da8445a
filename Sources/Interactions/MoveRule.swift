import Geometry

/// What trial moves a Monte Carlo sweep makes, and at which temperature they are accepted.
public struct MoveRule: Codable, Sendable {
  /// k_B T in units of ε.
  public var temperature: Double
  /// Displacements are uniform in a square or cube of this half-width.
  public var step: Double
  /// The share of trials that exchange the sizes (or species) of two particles.
  public var swapFraction: Double
  /// Sizes that differ by more are not exchanged; infinite for species.
  public var sizeWindow: Double

  public init(temperature: Double, step: Double, swapFraction: Double, sizeWindow: Double) {
    self.temperature = temperature
    self.step = step
    self.swapFraction = swapFraction
    self.sizeWindow = sizeWindow
  }
}

/// Where the random numbers of a block's trial moves come from: a function of seed, sweep and block alone.
public struct MoveStream {
  public var random: RandomStream
  public var block: UInt32
  /// Two words that no other sweep has.
  public var sweep: (UInt32, UInt32)

  public init(random: RandomStream, block: UInt32, sweep: (UInt32, UInt32)) {
    self.random = random
    self.block = block
    self.sweep = sweep
  }
}

/// What became of trial moves.
public struct MoveTally: Codable, Equatable, Sendable {
  public var displacements = 0
  public var acceptedDisplacements = 0
  public var swaps = 0
  /// Swaps of two different particles whose sizes are within the window of each other.
  public var eligibleSwaps = 0
  public var acceptedSwaps = 0
  /// Of the accepted moves.
  public var energyChange = 0.0

  public init() {}
}
