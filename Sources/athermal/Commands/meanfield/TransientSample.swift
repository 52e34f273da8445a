import Storage

/// The state of the mean-field model at one time of a transient, in the units of the config.
struct TransientSample: Codable {
  var time: Double
  var strain: Double
  var rate: Double
  var stress: Double
  var activity: Double
  var diffusion: Double

  /// The columns of `/transient` in meanfield.h5 and of the lines of the log.
  static let schema = Schema<TransientSample>.series(
    "transient", dimension: 0,
    [
      .real("time", unit: "τ", "time") { $0.time },
      .real("strain", "strain since time 0") { $0.strain },
      .real("rate", unit: "1/τ", "strain rate") { $0.rate },
      .real("stress", unit: "σ", "mean stress ⟨σ⟩") { $0.stress },
      .real("activity", unit: "1/τ", "yielding rate Γ per block") { $0.activity },
      .real("diffusion", unit: "σ²/τ", "α σ_c² Γ, half the growth of ⟨Δσ²⟩ by the noise") { $0.diffusion },
    ])
}

/// Densities of block stresses at some times of a transient.
struct TransientSnapshots: Codable {
  var times: [Double] = []
  var stresses: [Double] = []
  var densities: [[Double]] = []

  static let schema = Schema<TransientSnapshots>.arrays(
    in: "snapshots",
    [
      .array("time", "[snapshots]", unit: "τ", "times") { ResultArray($0.times) },
      .array("stress", "[cells]", unit: "σ", "stresses of the grid, ascending") { ResultArray($0.stresses) },
      .array("density", "[snapshots, cells]", unit: "1/σ", "densities P(σ), each normalised to 1") {
        ResultArray($0.densities.flatMap { $0 }, shape: [$0.times.count, $0.stresses.count])
      },
    ])
}
