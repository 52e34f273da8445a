import Checkpoints
import Geometry
import MessagePassing
import Particles

/// Map of the local yield stresses of a whole sample: around many centres, a cavity in a matrix that deforms affinely
/// (Richard, Sec. IV; Puosi, Sec. 3.4).
public struct YieldMap {
  public typealias Settings = YieldMapSettings

  /// Numbers of this rank's nodes, in the order of all results.
  public var nodes: [Int] { (expansion ?? frozenMatrix?.result)!.nodes }
  public let expansion: MethodResult?
  public let frozenMatrix: FrozenMatrixResult?
  public let fan: OrientationFan?
  /// Settings of the measurements of all nodes.
  public let settings: Settings
  /// Lowest eigenvalue of each node, if requested; NaN if the cavity is not stable.
  public let lowestEigenvalues: [Double]
  /// Number of nodes of all ranks.
  public let total: Int
  public let phases: Phases

  /// Computes the map of a system whose forces are up to date and small. Collective.
  /// - Parameters:
  ///   - isAbsent: whether an owned particle is excluded, as rattlers should be.
  ///   - safePoint: where the map can be suspended: some twenty times a second. For the user, these are its steps.
  ///   - saved: a checkpoint that was made there; nil for a fresh start.
  ///   - progress: called with the numbers of finished and of all nodes of this rank.
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

  /// Verifies that cavities fit into the cell.
  /// - Throws: an input failure if a cavity would meet itself through the periodic boundary.
  public static func check(_ settings: Settings, in cell: Cell) throws {
    // Blocks of a grid do not overlap.
    if case .cellBlock = settings.shape, settings.matrix == nil { return }
    let reach = settings.outerShape.reach(dimension: cell.dimension)
    for k in 0..<cell.dimension where reach > cell.widths[k] / 2 {
      throw Failure.everywhere(
        .input,
        "the cavities are too wide: they reach \(reach.shown) from their centres, and the box is "
          + "\(cell.widths[k].shown) wide across edge \(k + 1), which must be at least twice as much; take a smaller "
          + "yieldmap.radius or a larger sample")
    }
  }

  /// Verifies that the strain is not too large for the explicit method.
  /// - Throws: an input failure if the matrix around a cavity would come from very far away.
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
