import Checkpoints
import Geometry
import MessagePassing
import Particles

/// Local yield stresses of a whole sample: around many centres, a cavity in a matrix that deforms affinely (Richard,
/// Sec. IV; Puosi, Sec. 3.4).
public struct YieldMap {
  public typealias Settings = YieldMapSettings

  /// The numbers of this rank's nodes, in the order of all results.
  public var nodes: [Int] { (expansion ?? frozenMatrix?.result)!.nodes }
  public let expansion: MethodResult?
  public let frozenMatrix: FrozenMatrixResult?
  public let fan: OrientationFan?
  /// What the measurements of all nodes belong to.
  public let settings: Settings
  /// Of each node, where it was asked for; NaN where the cavity is not stable.
  public let lowestEigenvalues: [Double]
  /// Nodes of all ranks.
  public let total: Int
  public let phases: Phases

  /// Computes the map of a system whose forces are up to date and small. Collective.
  /// - Parameters:
  ///   - isAbsent: which owned particles take no part, as rattlers, which nothing holds and which hold nothing.
  ///   - safePoint: where the map can be put aside: some twenty times a second, which are the steps that the user
  ///     counts.
  ///   - saved: a checkpoint that was made there; nil for a fresh start.
  ///   - progress: is told how many of how many nodes are done on this rank.
  public static func compute(
    _ system: ParticleSystem, _ settings: Settings, isAbsent: (Int) -> Bool = { _ in false },
    safePoint: SafePoint = .none, resuming saved: Checkpoint? = nil,
    progress: (_ done: Int, _ of: Int) -> Void
  ) throws -> YieldMap {
    try check(settings, in: system.cell)
    let survey = try CavitySurvey(system, settings, isAbsent: isAbsent)
    try survey.run(over: system.communicator, safePoint: safePoint, resuming: saved, progress: progress)
    return YieldMap(
      expansion: settings.usesExpansion ? survey.expansion : nil, frozenMatrix: survey.frozen, fan: survey.fan,
      settings: settings, lowestEigenvalues: survey.lowestEigenvalues, total: survey.placement.total,
      phases: survey.phases)
  }

  /// - Throws: an input failure where a cavity would meet itself through the periodic boundary.
  public static func check(_ settings: Settings, in cell: Cell) throws {
    let reach = settings.outerShape.reach(dimension: cell.dimension)
    for k in 0..<cell.dimension where reach > cell.widths[k] / 2 {
      throw Failure.everywhere(
        .input,
        "the cavities are too wide: they reach \(reach.shown) from their centres, and the box is "
          + "\(cell.widths[k].shown) wide across edge \(k + 1), which must be at least twice as much; take a smaller "
          + "yieldmap.radius or a larger sample")
    }
  }

  /// - Throws: an input failure where the matrix around a cavity would come from very far away.
  public static func checkStrain(_ settings: Settings, in cell: Cell, spacing: Double, largestCutoff: Double) throws {
    let reach = settings.matrixReach(largestCutoff: largestCutoff, spacing: spacing, dimension: cell.dimension)
    let widest = (0..<cell.dimension).map { cell.widths[$0] }.max()!
    guard reach <= 10 * widest else {
      throw Failure.everywhere(
        .input,
        "the explicit method up to this strain needs particles as far as \(reach.shown) from a cavity, and the box is "
          + "\(widest.shown) wide; take a smaller yieldmap.maximum_strain")
    }
  }
}
