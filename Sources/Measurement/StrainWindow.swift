import Checkpoints
import Geometry
import Interactions
import MessagePassing
import Particles

/// D²min over a window of strain (Falk and Langer): how far the motion of a particle's neighbourhood is from any affine
/// map.
///
/// Neighbours are those within the radius at the start of the window. Of the start only identifiers and positions are
/// kept; when D²min is asked for it becomes a configuration of its own for a while, distributed by its own cells, to
/// which the displacements travel by identifier, and the results back.
public final class StrainWindow {
  /// How D²min is normalised.
  public enum Normalisation: Sendable {
    /// Divided by the number of neighbours.
    case mean
    /// The bare sum over the neighbours.
    case sum
  }

  private let start: Snapshot
  private let radius: Double
  private let interaction: PairInteraction
  private let tracker: ParticleField
  /// The strain at the start.
  public var strain: Double { start.strain }

  /// Starts a window at the present configuration. Collective.
  /// - Parameter radius: of the neighbourhood, in units of length.
  /// - Throws: an input failure where the box is thinner than two radii, or has fewer cells of that width than there
  ///   are ranks.
  public init(_ system: ParticleSystem, radius: Double) throws {
    let positions = system.positionsOnly()
    try Self.check(positions, radius: radius, ranks: system.communicator.size, over: system.communicator)
    self.radius = radius
    tracker = system.makeDisplacementTracker()
    interaction = Neighbourhood(radius: radius).compiled(dimension: system.dimension)
    start = positions
  }

  /// Collective.
  /// - Throws: as a window would.
  public static func check(_ positions: Snapshot, radius: Double, ranks: Int, over communicator: Communicator) throws {
    do {
      _ = try SystemLayout(
        positions, interaction: Neighbourhood(radius: radius).compiled(dimension: positions.dimension), skin: 0,
        ranks: ranks,
        over: communicator)
    } catch let failure as Failure {
      throw failure.at("D²min within a radius of \(radius), for which a smaller d2min.radius would help")
    }
  }

  /// Collective.
  public func save(_ system: ParticleSystem, to checkpoint: Checkpoint, as name: String) throws {
    try start.save(to: checkpoint, as: name + "/start")
    try checkpoint.put(radius, as: name + "/radius")
    try system.save(tracker, to: checkpoint, as: name + "/tracker")
  }

  /// A window that was saved, of a system that goes on. Collective.
  /// - Parameter present: the radius of a window that would start now, for checkpoints that do not have that of the
  ///   saved one.
  public init(_ system: ParticleSystem, radius present: Double, resuming checkpoint: Checkpoint, as name: String) throws
  {
    radius = checkpoint.holds(name + "/radius") ? try checkpoint.value(Double.self, of: name + "/radius") : present
    tracker = try system.makeDisplacementTracker(resuming: checkpoint, as: name + "/tracker")
    interaction = Neighbourhood(radius: radius).compiled(dimension: system.dimension)
    start = try Snapshot(resuming: checkpoint, as: name + "/start")
  }

  /// The nonaffine displacement of owned particle `i` since the start.
  public func displacement(_ system: ParticleSystem, of i: Int) -> Vector { system.displacement(tracker, of: i) }

  /// D²min of each owned particle of `system`, in storage order; NaN where the neighbours do not span space.
  /// Collective.
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
    for k in there.indices { field.values[k] = there[k] }
    try reference.gather(field)
    let measured = reference.residualOfAffineFit(field, normalisation: normalisation)
    return try blocks.values(ofColumn: try referenceBlocks.column(measured))
  }
}

extension ParticleSystem {
  /// For each owned particle, Σ |u_j − u_i − J x_ij|² over its neighbours with the J that makes it smallest.
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
