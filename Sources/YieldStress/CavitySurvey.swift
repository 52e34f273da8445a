import Checkpoints
import Dispatch
import Geometry
import MessagePassing
import Particles

/// The loop over nodes: around each centre of this rank it fills the cavity, computes its
/// response, and records the results.
final class CavitySurvey {
  /// Name in checkpoints.
  private static let key = "cavities"

  let placement: CentrePlacement
  let expansion: MethodResult
  let frozen: FrozenMatrixResult?
  let fan: OrientationFan?
  private(set) var lowestEigenvalues: [Double] = []

  private let settings: YieldMapSettings
  private let cavity: Cavity
  private let response: CavityExpansion
  private var times = Phases()

  /// Time spent so far.
  var phases: Phases {
    var sum = times
    sum += response.phases
    return sum
  }

  /// Time between two synchronisations of the ranks, in nanoseconds.
  private static let round: UInt64 = 50_000_000

  /// Finds the centres of this rank and the bonds around them. Collective.
  init(_ system: ParticleSystem, _ settings: YieldMapSettings, isAbsent: (Int) -> Bool) throws {
    var watch = Stopwatch()
    self.settings = settings
    let matrixReach = settings.matrixReach(
      largestCutoff: system.largestCutoff, spacing: system.spacing, dimension: system.dimension)
    placement = try CentrePlacement(
      system, settings.centres, reach: settings.outerShape.grown(by: matrixReach).reach(dimension: system.dimension),
      isAbsent: isAbsent)
    let surroundings = placement.surroundings
    let bonds = CopyBonds(
      surroundings, system.interaction, largestCutoff: system.largestCutoff,
      complete: placement.completeCopies(in: settings.outerShape))
    cavity = Cavity(surroundings, bonds, shape: settings.shape, shell: settings.matrix?.shell ?? 0)
    response = CavityExpansion(cavity, matrixStiffness: settings.matrix?.stiffness ?? 0)
    expansion = MethodResult(surroundings, directions: settings.directions, capacity: placement.nodes.count)
    let stiffness = try system.communicator.reduce(bonds.largestStiffness, .maximum)
    frozen = settings.frozenMatrix.map { _ in
      FrozenMatrixResult(surroundings, settings, system, largestStiffness: stiffness, matrixReach: matrixReach)
    }
    fan =
      settings.fan.isEmpty
      ? nil : OrientationFan(surroundings, settings.fan, directions: settings.directions, weight: settings.weight)
    watch.lap(&times.surroundings)
  }

  /// Visits all nodes. Collective.
  ///
  /// Cavities are independent of each other. Those that a checkpoint contains are only recorded again.
  func run(
    over communicator: Communicator, safePoint: SafePoint, resuming saved: Checkpoint?,
    progress: (_ done: Int, _ of: Int) -> Void
  ) throws {
    let nodes = placement.nodes
    var known =
      try saved.map { try RaggedRows(resuming: $0, as: Self.key, wanted: nodes.map(\.number)).rows } ?? [:]
    var done = 0
    // All ranks synchronise now and then, so that none that waits is taken for dead. The
    // time of that affects no number.
    while try communicator.reduce(nodes.count - done, .maximum) > 0 {
      let start = DispatchTime.now().uptimeNanoseconds
      while done < nodes.count, DispatchTime.now().uptimeNanoseconds - start < Self.round {
        let node = nodes[done]
        var watch = Stopwatch()
        cavity.fill(around: node.place)
        watch.lap(&times.cavities)
        let outcome = known[node.number].map { CavityOutcome(numbers: $0) } ?? examine(node)
        record(node, outcome)
        if safePoint.isSaving { known[node.number] = outcome.numbers }
        done += 1
        progress(done, nodes.count)
        Heartbeat.beat()
      }
      try safePoint.reached(isStep: true) {
        try RaggedRows(known).save(to: $0, as: Self.key, totalRows: placement.total)
      }
    }
  }

  /// Computes the requested results of a cavity that has been filled.
  private func examine(_ node: CentrePlacement.Node) -> CavityOutcome {
    var outcome = CavityOutcome()
    outcome.discarded = node.isDuplicate ? .duplicate : response.factor()
    guard outcome.discarded == nil else { return outcome }
    outcome.series = response.series(along: settings.generator)
    if settings.lowestEigenvalue { outcome.lowestEigenvalue = response.lowestEigenvalue() }
    if let frozen {
      var watch = Stopwatch()
      frozen.shear(node, cavity, response, into: &outcome)
      watch.lap(&times.shearing)
    }
    outcome.turned = fan?.yields(response) ?? []
    return outcome
  }

  /// Records the results of a cavity.
  private func record(_ node: CentrePlacement.Node, _ outcome: CavityOutcome) {
    if let reason = outcome.discarded {
      expansion.record(node, cavity, discarded: reason)
      frozen?.record(node, cavity, discarded: reason)
    } else {
      expansion.record(node, cavity, series: outcome.series)
      frozen?.record(node, cavity, outcome)
    }
    fan?.record(cavity, outcome.turned)
    if settings.lowestEigenvalue { lowestEigenvalues.append(outcome.lowestEigenvalue) }
  }
}
