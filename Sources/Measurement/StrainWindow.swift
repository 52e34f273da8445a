import Checkpoints
import Geometry
import Interactions
import MessagePassing
import Particles

/// D²min and nonaffine displacements over a window of strain (Falk and Langer): the deviation of the motion of a
/// particle's neighbourhood from the best affine map.
///
/// Neighbours are the particles within the radius at the start of the window.
public final class StrainWindow {
  public typealias Normalisation = LocalDeformation.Normalisation

  /// Name in checkpoints.
  private static let trackerKey = "/tracker"

  private let start: WindowStart
  private let tracker: ParticleField
  /// Strain at the start of the window.
  public var strain: Double { start.strain }

  /// Starts a window at the present configuration. Collective.
  /// - Parameters:
  ///   - radius: radius of the neighbourhood, in units of length.
  ///   - key: the key of the config that the radius comes from, for the message.
  /// - Throws: an input failure if the box is thinner than two radii, or has fewer cells of
  ///   that width than there are ranks.
  public init(_ system: ParticleSystem, radius: Double, key: String = "d2min.radius") throws {
    start = try WindowStart(system, radius: radius, key: key)
    tracker = system.makeDisplacementTracker()
  }

  /// Verifies that a window can be started. Collective.
  /// - Parameter key: the key of the config that the radius comes from, for the message.
  /// - Throws: the failure that the start of a window would throw.
  public static func check(
    _ positions: Snapshot, radius: Double, key: String = "d2min.radius", ranks: Int, over communicator: Communicator
  ) throws {
    do {
      _ = try SystemLayout(
        positions, interaction: Neighbourhood(radius: radius).compiled(dimension: positions.dimension), skin: 0,
        ranks: ranks,
        over: communicator)
    } catch let failure as Failure {
      throw failure.prefixed(by: "D²min within a radius of \(radius), for which a smaller \(key) would help")
    }
  }

  /// Saves the window. Collective.
  public func save(_ system: ParticleSystem, to checkpoint: Checkpoint, as name: String) throws {
    try start.save(system, to: checkpoint, as: name)
    try system.save(tracker, to: checkpoint, as: name + Self.trackerKey)
  }

  /// Restores a saved window of a system that is resumed. Collective.
  /// - Parameter present: radius of a window that would start now, for checkpoints that do not contain
  ///   the radius of the saved one.
  public init(_ system: ParticleSystem, radius present: Double, resuming checkpoint: Checkpoint, as name: String) throws
  {
    start = try WindowStart(system, radius: present, resuming: checkpoint, as: name)
    tracker = try system.makeDisplacementTracker(resuming: checkpoint, as: name + Self.trackerKey)
  }

  /// Returns the nonaffine displacement of owned particle `i` since the start of the window.
  public func displacement(_ system: ParticleSystem, of i: Int) -> Vector { system.displacement(tracker, of: i) }

  /// Measures the motion of all neighbourhoods since the start of the window, from nonaffine displacements. Collective.
  /// - Parameter withGradients: whether displacement gradients are wanted besides D²min.
  public func measure(_ system: ParticleSystem, withGradients: Bool = false) throws -> LocalDeformation {
    try start.fit(system, withGradients: withGradients) { displacement(system, of: $0) }
  }

  /// Returns D²min of each owned particle of `system`, in storage order; NaN for a particle whose neighbours do not
  /// span space. Collective.
  public func d2min(_ system: ParticleSystem, normalisation: Normalisation) throws -> [Double] {
    try measure(system).d2min(normalisation)
  }
}
