import Geometry
import Interactions
import Particles

/// Results of the explicit shearing of the cavities of this rank: the yield stresses, the drops,
/// and the first plastic events.
public final class FrozenMatrixResult {
  public let result: MethodResult
  /// Values of the configured weight, node × direction; NaN if there is none. See Docs/Formats.md.
  public private(set) var drops: [Double] = []
  public private(set) var moduli: [Double] = []
  public private(set) var eventStrains: [Double] = []
  public private(set) var eventStresses: [Double] = []
  public private(set) var eventDrops: [Double] = []
  /// Reversibility of the first drop, node × direction: 1 if it is reversible, 0 if it is not, −1 if there is no drop.
  public private(set) var reversible: [Int32] = []
  /// Stress after each step (steps × weights), node × direction; empty if curves were not requested.
  public private(set) var curves: [[Double]] = []

  private let settings: YieldMapSettings
  private let explicit: ExplicitCavity
  private let method: FrozenMatrix
  private let matrixReach: Double
  private let keepsCurves: Bool

  /// Work of the cavities of this rank, including that before a resumption.
  public private(set) var work = ShearingWork()

  init(
    _ surroundings: Surroundings, _ settings: YieldMapSettings, _ system: ParticleSystem, largestStiffness: Double,
    matrixReach: Double
  ) {
    self.settings = settings
    self.matrixReach = matrixReach
    result = MethodResult(surroundings, directions: settings.directions, capacity: 0)
    let d = system.dimension
    // Positions of this size have rounding errors that cause forces of this size.
    let size = settings.shape.grown(by: settings.matrix?.shell ?? 0).reach(dimension: d) + system.largestCutoff
    let tolerances = ExplicitCavity.Tolerances(
      force: 4 * Double.ulpOfOne * size * largestStiffness, step: 0.02 * system.spacing)
    explicit = ExplicitCavity(
      system.interaction, largestCutoff: system.largestCutoff, spacing: system.spacing, tolerances: tolerances,
      matrixStiffness: settings.matrix?.stiffness ?? 0)
    let frozen = settings.frozenMatrix!
    keepsCurves = frozen.keepsCurves
    method = FrozenMatrix(
      explicit,
      FrozenMatrix.Settings(
        strainStep: frozen.strainStep, maximumStrain: frozen.maximumStrain, displacement: 0.05 * system.spacing),
      weight: settings.weight, keepsCurves: keepsCurves)
  }

  func record(_ node: CentrePlacement.Node, _ cavity: Cavity, discarded reason: Discarded) {
    result.record(node, cavity, discarded: reason)
    for _ in settings.directions {
      append(FrozenMatrix.Shearing(entries: []))
    }
  }

  /// Shears the cavity in all directions. The expansion predicts the first steps.
  func shear(
    _ node: CentrePlacement.Node, _ cavity: Cavity, _ expansion: CavityExpansion, into outcome: inout CavityOutcome
  ) {
    explicit.load(cavity, around: node.place, reach: matrixReach)
    let before = explicit.work
    outcome.shearings = settings.directions.map { direction in
      method.shear(along: direction.sign * settings.generator, dimension: cavity.dimension) {
        expansion.nonaffine(at: direction.sign * $0, into: $1)
      }
    }
    outcome.work = explicit.work - before
  }

  /// Records a cavity that was sheared.
  func record(_ node: CentrePlacement.Node, _ cavity: Cavity, _ outcome: CavityOutcome) {
    work = work + outcome.work
    for shearing in outcome.shearings { append(shearing) }
    let byWeight = StressWeight.allCases.indices.flatMap { w in outcome.shearings.map { $0.entries[w] } }
    result.record(node, cavity, series: outcome.series, byWeight)
  }

  private func append(_ shearing: FrozenMatrix.Shearing) {
    drops.append(shearing.drop)
    moduli.append(shearing.modulus)
    eventStrains.append(shearing.event.strain)
    eventStresses.append(shearing.event.stress)
    eventDrops.append(shearing.event.drop)
    reversible.append(shearing.isReversible.map { $0 ? 1 : 0 } ?? -1)
    if keepsCurves { curves.append(shearing.curve) }
  }
}
