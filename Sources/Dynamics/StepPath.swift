import Checkpoints
import Particles

/// The way of the particles within an accepted implicit step, relative to the shear: the cubic through the positions at
/// its beginning, its middle stage and its end, with the velocity at the end.
///
/// The velocity at the beginning is not used: of a fast motion that the step does not resolve, it says nothing about
/// the way. Vectors are those of the box at the end of the step: a vector v of a strain by δ less is v + δA·v there.
final class StepPath {
  /// Names in checkpoints.
  private enum Key {
    static let whole = "flow/path"
    static let middle = "flow/path-middle"
  }

  /// Displacement of each particle in the step, in units of length.
  let whole: ParticleField
  /// Displacement of each particle from the beginning to the middle stage.
  let middle: ParticleField
  private let sum: ParticleField
  private let plane: (flow: Int, gradient: Int)

  init(_ system: ParticleSystem, _ equations: EquationsOfMotion) {
    whole = system.makeField(width: system.dimension)
    middle = system.makeField(width: system.dimension)
    sum = system.makeField(width: system.dimension)
    plane = equations.plane
  }

  init(_ system: ParticleSystem, _ equations: EquationsOfMotion, resuming checkpoint: Checkpoint) throws {
    whole = try system.makeField(resuming: checkpoint, as: Key.whole)
    middle = try system.makeField(resuming: checkpoint, as: Key.middle)
    sum = system.makeField(width: system.dimension)
    plane = equations.plane
  }

  func save(_ system: ParticleSystem, to checkpoint: Checkpoint) throws {
    try system.save(whole, to: checkpoint, as: Key.whole)
    try system.save(middle, to: checkpoint, as: Key.middle)
  }

  /// Moves the particles from one fraction of the step to another, in the box of the latter, into which the affine map
  /// has brought them.
  /// - Parameters:
  ///   - strain: strain of that box less that of the end of the step.
  ///   - h: length of the step.
  ///   - end: velocities at the end of the step.
  func move(
    _ system: ParticleSystem, from old: Double, to new: Double, strain: Double, h: Double, end: ParticleField
  ) {
    let (from, to) = (Weights(position: old), Weights(position: new))
    sum.combine(to.whole - from.whole, whole.values, to.middle - from.middle, middle.values)
    sum.add(h * (to.end - from.end), end.values)
    if strain != 0 { system.shear(sum, by: strain, plane: plane) }
    system.move(along: sum.values, by: 1)
  }

  /// Computes the velocities at a fraction of the step. The other parameters are those of ``move``.
  func velocities(
    _ system: ParticleSystem, at fraction: Double, strain: Double, h: Double, end: ParticleField,
    into velocities: ParticleField
  ) {
    guard fraction < 1 else { return velocities.copy(end.values) }
    let weights = Weights(velocity: fraction)
    velocities.combine(weights.whole / h, whole.values, weights.middle / h, middle.values)
    velocities.add(weights.end, end.values)
    if strain != 0 { system.shear(velocities, by: strain, plane: plane) }
  }

  /// Weights of both displacements, and of h times the velocity at the end.
  private struct Weights {
    let whole: Double
    let middle: Double
    let end: Double

    /// Part of the step after the middle stage.
    private static let rest = 1 - TrapezoidalBackward.middle

    /// The way to a fraction of the step, from the end of the step.
    init(position fraction: Double) {
      let (q, c) = (1 - fraction, Self.rest)
      whole = -q * q * (1 + (1 + c) / (c * c) * (1 - q))
      middle = q * q * (1 - q) / (c * c * (1 - c))
      end = -q * (1 - q) * (1 - q / c)
    }

    /// The velocity at a fraction of the step, times h.
    init(velocity fraction: Double) {
      let (q, c) = (1 - fraction, Self.rest)
      whole = q * (2 + (1 + c) / (c * c) * (2 - 3 * q))
      middle = -q * (2 - 3 * q) / (c * c * (1 - c))
      end = 1 - 2 * q * (1 + 1 / c) + 3 * q * q / c
    }
  }
}
