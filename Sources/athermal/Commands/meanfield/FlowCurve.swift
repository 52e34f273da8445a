import Configuration
import Foundation
import MeanField
import MessagePassing
import Storage

/// Stationary states of the mean-field model at several couplings and rates, in the units of the config.
struct FlowCurve {
  /// One stationary state.
  struct Point: Codable {
    var alpha: Double
    var rate: Double
    var stress: Double
    var activity: Double
    var diffusion: Double
    /// Error of the stress by the grid; 0 for exact states.
    var error: Double
  }

  let points: [Point]

  static let schema = Schema<FlowCurve>.arrays(
    in: "flow_curve",
    [
      column("alpha", "coupling α") { $0.alpha },
      column("rate", unit: "1/τ", "strain rate, ascending for each coupling") { $0.rate },
      column("stress", unit: "σ", "mean stress ⟨σ⟩") { $0.stress },
      column("activity", unit: "1/τ", "yielding rate Γ per block") { $0.activity },
      column("diffusion", unit: "σ²/τ", "α σ_c² Γ, half the growth of ⟨Δσ²⟩ by the noise") { $0.diffusion },
      column("error", unit: "σ", "error of the stress by the grid; 0 where the state is exact") { $0.error },
    ])

  private static func column(
    _ name: String, unit: String = "1", _ about: String, _ value: @escaping @Sendable (Point) -> Double
  ) -> Column<FlowCurve> {
    .array(name, "[points]", unit: unit, about) { ResultArray($0.points.map(value)) }
  }

  /// Computes the states, dealt out to the ranks, and writes the results. Collective.
  static func compute(_ rates: [Double], _ run: Run<MeanfieldSections>) throws {
    let (section, communicator) = (run.configuration.meanfield, run.communicator)
    let models = try section.alphas.map { try MeanFieldModel(section, alpha: $0, over: communicator) }
    // A grid that is too coarse is known before any state is computed.
    for model in models where !model.isHebraudLequeux {
      try GridStationaryState.requireResolution(of: model, on: section.grid(model, rates))
    }
    let all = try states(of: models, rates, run)
    let curve = FlowCurve(points: all.map(\.point))
    let file = try TableFile(
      path: run.folder.file("meanfield.h5"), provenance: Build.provenance(config: run.configuration.resolved),
      over: communicator)
    try file.write(curve, of: schema)
    for (k, state) in all.enumerated() { try file.write(state, of: StationaryDensity.schema(of: "\(k)")) }
    try file.close()
    let summary = FlowCurveSummary(curve, section, models, seconds: run.folder.seconds)
    try run.folder.finish(summary)
    if communicator.isRoot { print(summary.text) }
  }

  /// Name in checkpoints.
  private static let key = "meanfield"

  /// Computes the states, one on each rank at a time, with a safe point after each round. Collective.
  private static func states(
    of models: [MeanFieldModel], _ rates: [Double], _ run: Run<MeanfieldSections>
  ) throws -> [StationaryDensity] {
    let (section, communicator) = (run.configuration.meanfield, run.communicator)
    let checkpoints = try run.checkpoints()
    var found = try checkpoints.saved.map { try $0.value([StationaryDensity].self, of: key) } ?? []
    try run.folder.begin(resuming: checkpoints.saved != nil)
    try run.folder.resumeLog(checkpoints.saved, over: communicator)
    let safePoint = checkpoints.safePoint.within {
      try $0.put(found, as: key)
      try run.folder.saveLog(to: $0)
    }
    let progress = Progress(isShown: communicator.isRoot)
    let count = models.count * rates.count
    while found.count < count {
      let first = found.count
      let round = try RankGroups(
        min(communicator.size, count - first), ranksPerGroup: 1, noun: "state", over: communicator)
      var own: [Int: StationaryDensity] = [:]
      try round.run { task, _ in
        let number = first + task
        own[task] = try StationaryDensity(
          models[number / rates.count], rate: rates[number % rates.count], section, rates)
      }
      found += try round.gather(own)
      progress.show("state \(found.count) of \(count)", fraction: Double(found.count) / Double(count))
      try safePoint.reached(isStep: true)
    }
    return found
  }
}

/// The density of block stresses in one stationary state.
struct StationaryDensity: Codable {
  var point: FlowCurve.Point
  var stresses: [Double]
  var densities: [Double]

  static func schema(of number: String) -> Schema<StationaryDensity> {
    .arrays(
      in: "stationary/\(number)",
      [
        .array("stress", "[cells]", unit: "σ", "stresses of the grid, ascending") { ResultArray($0.stresses) },
        .array("density", "[cells]", unit: "1/σ", "density P(σ) of block stresses, normalised to 1") {
          ResultArray($0.densities)
        },
      ])
  }

  /// Computes the state; exactly where that is possible.
  init(_ model: MeanFieldModel, rate: Double, _ section: MeanfieldSection, _ rates: [Double]) throws {
    let units = MeanfieldUnits(section)
    let grid = section.grid(model, rates)
    stresses = grid.centres.map { $0 * units.stress }
    if model.isHebraudLequeux {
      let state = ExactStationaryState(alpha: model.alpha, rate: rate / units.rate)
      point = .init(
        alpha: model.alpha, rate: rate, stress: state.stress * units.stress, activity: state.activity / units.time,
        diffusion: state.diffusion * units.diffusion, error: 0)
      densities = grid.centres.map { state.density(at: $0) / units.stress }
    } else {
      let state = try GridStationaryState(model, rate: rate / units.rate, grid: grid)
      let coarse = try GridStationaryState(
        model, rate: rate / units.rate, grid: section.grid(model, rates, bins: section.bins / 2), acceptsCoarse: true)
      point = .init(
        alpha: model.alpha, rate: rate, stress: state.stress * units.stress, activity: state.activity / units.time,
        diffusion: model.alpha * state.activity * units.diffusion,
        error: (state.stress - coarse.stress).magnitude * units.stress)
      densities = state.density.map { $0 / units.stress }
    }
  }
}
