import Checkpoints
import Particles

/// A method that follows the motion of a flow in time.
///
/// Work and heat are accumulated particle by particle, so that no step needs a sum over particles.
public protocol TimeIntegrator: AnyObject {
  var system: ParticleSystem { get }
  var equations: EquationsOfMotion { get }
  /// The deformation of the box, in the plane of the equations.
  var loading: Loading { get }
  /// Peculiar velocities of the particles, `dimension` numbers per particle, at the present time.
  var velocities: ParticleField { get }
  /// Time since the flow began at the present rate.
  var time: Double { get }

  /// Begins to flow at a rate: time, work and heat count from here. Collective.
  /// - Parameter temperature: temperature of the noise; without effect on an integrator without a seed.
  func begin(rate: Double, temperature: TemperatureRamp) throws
  /// Follows the motion up to `time`. Forces, energy and stress are then those of the present positions. Collective.
  /// - Parameter safePoint: where the motion can be suspended, between any two steps.
  func advance(to time: Double, safePoint: SafePoint) throws
  /// Returns the exchange of energy since the flow began at this rate. Collective.
  func transfer() throws -> EnergyTransfer
  /// Saves everything on which the motion depends besides the particles. Collective.
  func save(to checkpoint: Checkpoint) throws
}

/// The energy that a flow has exchanged with its surroundings: d(K + U) = dW − dQ.
public struct EnergyTransfer: Codable, Equatable, Sendable {
  /// Work of the deformation, γ̇V ∫σ_flow,gradient dt, in ε: of the virial stress, with SLLOD also of the kinetic
  /// stress.
  public var work: Double
  /// Heat that friction and noise have taken out, in ε.
  public var heat: Double
}
