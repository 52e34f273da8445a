import Geometry

/// Trial moves of a Monte Carlo sweep, and the temperature at which they are accepted.
public struct MoveRule: Codable, Sendable {
  /// Temperature k_B T in units of ε.
  public var temperature: Double
  /// Half-width of the square or cube in which displacements are uniform.
  public var step: Double
  /// Fraction of trials that exchange the sizes (or species) of two particles.
  public var swapFraction: Double
  /// Largest difference of two sizes that are exchanged; infinite for species.
  public var sizeWindow: Double

  public init(temperature: Double, step: Double, swapFraction: Double, sizeWindow: Double) {
    self.temperature = temperature
    self.step = step
    self.swapFraction = swapFraction
    self.sizeWindow = sizeWindow
  }
}

/// Random numbers of a block's trial moves, as a function of seed, sweep and block alone.
public struct MoveStream {
  public var random: RandomStream
  public var block: UInt32
  /// Two words that identify the sweep uniquely.
  public var sweep: (UInt32, UInt32)

  public init(random: RandomStream, block: UInt32, sweep: (UInt32, UInt32)) {
    self.random = random
    self.block = block
    self.sweep = sweep
  }
}

/// Counts of trial and accepted moves.
public struct MoveTally: Codable, Equatable, Sendable {
  public var displacements = 0
  public var acceptedDisplacements = 0
  public var swaps = 0
  /// Number of swaps of two different particles whose sizes differ by no more than the window.
  public var eligibleSwaps = 0
  public var acceptedSwaps = 0
  /// Energy change of all accepted moves.
  public var energyChange = 0.0

  public init() {}
}
