import Checkpoints
import Geometry
import Interactions
import MessagePassing
import Particles

/// D²min over a window of strain (Falk and Langer): the deviation of the motion of a particle's
/// neighbourhood from the best affine map.
///
/// Neighbours are the particles within the radius at the start of the window. Only identifiers and positions of the
/// start are kept. When D²min is requested, they become a temporary configuration that is distributed by its own cells;
/// the displacements are sent there by identifier, and the results are sent back.
public final class StrainWindow {
  /// Names in checkpoints.
  private enum Key {
    static let start = "/start"
    static let radius = "/radius"
    static let tracker = "/tracker"
  }

  /// Normalisation of D²min.
  public enum Normalisation: Sendable {
    /// Mean: the sum divided by the number of neighbours.
    case mean
    /// Sum over the neighbours.
    case sum
  }

  private let start: Snapshot
  private let radius: Double
  private let interaction: PairInteraction
  private let tracker: ParticleField
  /// Strain at the start of the window.
  public var strain: Double { start.strain }

  /// Starts a window at the present configuration. Collective.
  /// - Parameter radius: radius of the neighbourhood, in units of length.
  /// - Throws: an input failure if the box is thinner than two radii, or has fewer cells of
  ///   that width than there are ranks.
  public init(_ system: ParticleSystem, radius: Double) throws {
    let positions = system.positionSnapshot()
    try Self.check(positions, radius: radius, ranks: system.communicator.size, over: system.communicator)
    self.radius = radius
    tracker = system.makeDisplacementTracker()
    interaction = Neighbourhood(radius: radius).compiled(dimension: system.dimension)
    start = positions
  }

  /// Verifies that a window can be started. Collective.
  /// - Throws: the failure that the start of a window would throw.
  public static func check(_ positions: Snapshot, radius: Double, ranks: Int, over communicator: Communicator) throws {
    do {
      _ = try SystemLayout(
        positions, interaction: Neighbourhood(radius: radius).compiled(dimension: positions.dimension), skin: 0,
        ranks: ranks,
        over: communicator)
    } catch let failure as Failure {
      throw failure.prefixed(by: "D²min within a radius of \(radius), for which a smaller d2min.radius would help")
    }
  }

  /// Saves the window. Collective.
  public func save(_ system: ParticleSystem, to checkpoint: Checkpoint, as name: String) throws {
    try start.save(to: checkpoint, as: name + Key.start)
    try checkpoint.put(radius, as: name + Key.radius)
    try system.save(tracker, to: checkpoint, as: name + Key.tracker)
  }

  /// Restores a saved window of a system that is resumed. Collective.
  /// - Parameter present: radius of a window that would start now, for checkpoints that do not contain
  ///   the radius of the saved one.
  public init(_ system: ParticleSystem, radius present: Double, resuming checkpoint: Checkpoint, as name: String) throws
  {
    radius = checkpoint.holds(name + Key.radius) ? try checkpoint.value(Double.self, of: name + Key.radius) : present
    tracker = try system.makeDisplacementTracker(resuming: checkpoint, as: name + Key.tracker)
    interaction = Neighbourhood(radius: radius).compiled(dimension: system.dimension)
    start = try Snapshot(resuming: checkpoint, as: name + Key.start)
  }

  /// Returns the nonaffine displacement of owned particle `i` since the start of the window.
  public func displacement(_ system: ParticleSystem, of i: Int) -> Vector { system.displacement(tracker, of: i) }

  /// Returns D²min of each owned particle of `system`, in storage order; NaN for a particle whose neighbours do not
  /// span space. Collective.
  public func d2min(_ system: ParticleSystem, normalisation: Normalisation) throws -> [Double] {
    let d = system.dimension
    let reference = try ParticleSystem(
      start, interaction: interaction, skin: 0, communicator: system.communicator)
    let referenceBlocks = try IdentifierBlocks(
      ids: (0..<reference.ownedCount).map(reference.id), totalCount: reference.totalCount, over: system.communicator)
    let blocks = try IdentifierBlocks(
      ids: (0..<system.ownedCount).map(system.id), totalCount: system.totalCount, over: system.communicator)
    var motion: [Double] = []
    motion.reserveCapacity(system.ownedCount * d)
    for i in 0..<system.ownedCount {
      let u = system.displacement(tracker, of: i)
      for k in 0..<d { motion.append(u[k]) }
    }
    let there = try referenceBlocks.values(ofColumn: try blocks.column(motion, width: d), width: d)
    let field = reference.makeField(width: d)
    field.copy(there)
    try reference.gather(field)
    let measured = reference.residualOfAffineFit(field, normalisation: normalisation)
    return try blocks.values(ofColumn: try referenceBlocks.column(measured))
  }
}

extension ParticleSystem {
  /// Returns Σ |u_j − u_i − J x_ij|² over the neighbours of each owned particle, with the J that minimises it.
  fileprivate func residualOfAffineFit(_ field: ParticleField, normalisation: StrainWindow.Normalisation) -> [Double] {
    let d = dimension
    var result = [Double](repeating: .nan, count: ownedCount)
    forEachNeighbourhood { i, neighbours in
      guard neighbours.count >= d else { return }
      var spread = d == 2 ? Tensor(.zero, .zero, Vector(0, 0, 1)) : Tensor()
      var mixed = Tensor()
      func relativeMotion(_ j: Int) -> Vector {
        var u = Vector.zero
        for k in 0..<d { u[k] = field.values[j * d + k] - field.values[i * d + k] }
        return u
      }
      for (j, x) in neighbours {
        spread = spread + Tensor(outer: x, x)
        mixed = mixed + Tensor(outer: relativeMotion(j), x)
      }
      // Neighbours on one line (one plane in 3D) leave the fit undetermined.
      let scale = (0..<d).reduce(0) { $0 + spread[$1, $1] } / Double(d)
      guard spread.determinant > 1e-9 * (d == 2 ? scale * scale : scale * scale * scale) else { return }
      let map = mixed * spread.inverse
      var sum = 0.0
      for (j, x) in neighbours { sum += (relativeMotion(j) - map * x).squaredLength }
      result[i] = normalisation == .mean ? sum / Double(neighbours.count) : sum
    }
    return result
  }
}
