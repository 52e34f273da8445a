import Checkpoints
import Dispatch
import Geometry
import MessagePassing
import Particles

/// Local yield stresses of a whole sample: around many centres, a cavity in a matrix that deforms affinely (Richard,
/// Sec. IV; Puosi, Sec. 3.4).
public struct YieldMap {
  /// What is computed.
  public struct Settings: Sendable {
    public var shape: CavityShape
    public var centres: Centres
    /// The loading, D(γ) = exp(γA).
    public var generator: Tensor
    public var directions: [MethodResult.Direction]
    public var usesExpansion = true
    /// Whether cavities are sheared explicitly too, in steps of this strain, up to a largest one.
    public var frozenMatrix: (strainStep: Double, maximumStrain: Double, keepsCurves: Bool)?
    /// The share of the bonds across the border of a cavity: which stress decides about the explicit method's events.
    public var weight = StressWeight.half
    public var lowestEigenvalue = false
    /// Turned loadings for which the expansion is made too; none, or at least two.
    public var fan: [OrientationFan.Orientation] = []
    /// Of the tethers of the particles around the cavity; nil where these follow the affine motion.
    public var matrix: (stiffness: Double, shell: Double)?

    public init(shape: CavityShape, centres: Centres, generator: Tensor, directions: [MethodResult.Direction]) {
      self.shape = shape
      self.centres = centres
      self.generator = generator
      self.directions = directions
    }
  }

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

  /// Of a system whose forces are up to date and small. Collective.
  /// - Parameters:
  ///   - isAbsent: which owned particles take no part, as rattlers, which nothing holds and which hold nothing.
  ///   - safePoint: where the map can be put aside: some twenty times a second, which are the steps that the user
  ///     counts.
  ///   - saved: a checkpoint that was made there; nil for a fresh start.
  ///   - progress: is told how many of how many nodes are done on this rank.
  public init(
    _ system: ParticleSystem, _ settings: Settings, isAbsent: (Int) -> Bool = { _ in false },
    safePoint: SafePoint = .none, resuming saved: Checkpoint? = nil,
    progress: (_ done: Int, _ of: Int) -> Void
  ) throws {
    try Self.check(settings, in: system.cell)
    var watch = Stopwatch()
    var times = Phases()
    var eigenvalues: [Double] = []
    let communicator = system.communicator
    let matrixReach = settings.matrixReach(
      largestCutoff: system.largestCutoff, spacing: system.spacing, dimension: system.dimension)
    let placement = try CentrePlacement(
      system, settings.centres, reach: settings.outerShape.grown(by: matrixReach).reach(dimension: system.dimension),
      isAbsent: isAbsent)
    let bonds = CopyBonds(
      placement.surroundings, system.interaction, largestCutoff: system.largestCutoff,
      complete: placement.completeCopies(in: settings.outerShape))
    let cavity = Cavity(placement.surroundings, bonds, shape: settings.shape, shell: settings.matrix?.shell ?? 0)
    let response = CavityExpansion(cavity, matrixStiffness: settings.matrix?.stiffness ?? 0)

    let expansion = MethodResult(
      placement.surroundings, directions: settings.directions, capacity: placement.nodes.count)
    let stiffness = try communicator.reduce(bonds.largestStiffness, .maximum)
    let frozen = settings.frozenMatrix.map { _ in
      FrozenMatrixResult(
        placement.surroundings, settings, system, largestStiffness: stiffness, matrixReach: matrixReach)
    }
    let fan =
      settings.fan.isEmpty
      ? nil
      : OrientationFan(
        placement.surroundings, settings.fan, directions: settings.directions, weight: settings.weight)
    watch.lap(&times.surroundings)

    /// What is found for a cavity that has been filled and factored.
    func examine(_ node: CentrePlacement.Node) -> CavityOutcome {
      var outcome = CavityOutcome()
      outcome.discarded = node.isDuplicate ? .duplicate : response.factor()
      guard outcome.discarded == nil else { return outcome }
      outcome.series = response.series(along: settings.generator)
      if settings.lowestEigenvalue { outcome.lowestEigenvalue = response.lowestEigenvalue() }
      if let frozen {
        watch = Stopwatch()
        frozen.shear(node, cavity, response, into: &outcome)
        watch.lap(&times.shearing)
      }
      outcome.turned = fan?.yields(response) ?? []
      return outcome
    }
    func record(_ node: CentrePlacement.Node, _ outcome: CavityOutcome) {
      if let reason = outcome.discarded {
        expansion.record(node, cavity, discarded: reason)
        frozen?.record(node, cavity, discarded: reason)
      } else {
        expansion.record(node, cavity, series: outcome.series)
        frozen?.record(node, cavity, outcome)
      }
      fan?.record(cavity, outcome.turned)
      if settings.lowestEigenvalue { eigenvalues.append(outcome.lowestEigenvalue) }
    }

    // Cavities know nothing of each other: those that are known already are only entered again.
    var known =
      try saved.map { try RaggedRows(resuming: $0, as: "cavities", wanted: placement.nodes.map(\.number)).rows } ?? [:]
    var done = 0
    // All ranks meet now and then, so that none that waits is taken for dead. When that is decides no number.
    while try communicator.reduce(placement.nodes.count - done, .maximum) > 0 {
      let start = DispatchTime.now().uptimeNanoseconds
      while done < placement.nodes.count, DispatchTime.now().uptimeNanoseconds - start < Self.round {
        let node = placement.nodes[done]
        watch = Stopwatch()
        cavity.fill(around: node.copy)
        watch.lap(&times.cavities)
        let outcome = known[node.number].map { CavityOutcome(numbers: $0) } ?? examine(node)
        record(node, outcome)
        if safePoint.isSaving { known[node.number] = outcome.numbers }
        done += 1
        progress(done, placement.nodes.count)
        Heartbeat.beat()
      }
      try safePoint.reached(isStep: true) {
        try RaggedRows(known).save(to: $0, as: "cavities", totalRows: placement.total)
      }
    }
    times += response.phases
    phases = times
    lowestEigenvalues = eigenvalues
    total = placement.total
    self.expansion = settings.usesExpansion ? expansion : nil
    frozenMatrix = frozen
    self.fan = fan
    self.settings = settings
  }

  /// Nanoseconds between two meetings.
  private static let round: UInt64 = 50_000_000

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

extension YieldMap.Settings {
  /// Of all particles that are not held to the affine motion: the cavity and its shell.
  fileprivate var outerShape: CavityShape { shape.grown(by: matrix?.shell ?? 0) }

  /// How far around them particles have to be known.
  fileprivate func matrixReach(largestCutoff: Double, spacing: Double, dimension: Int) -> Double {
    guard let frozenMatrix else { return largestCutoff }
    return ExplicitCavity.reach(
      generator, largestStrain: frozenMatrix.maximumStrain, largestCutoff: largestCutoff, spacing: spacing,
      dimension: dimension)
  }
}
