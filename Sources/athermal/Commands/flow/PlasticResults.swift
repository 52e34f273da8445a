import Measurement
import Statistics
import Storage

/// Results of the measurement of plasticity at one rate.
struct PlasticResults {
  /// Number of blocks whose stresses are followed.
  let blocks: Int
  /// Time between rows.
  let every: Double
  /// Slope of the stress in intervals without activity; NaN if there are none.
  let modulus: Double
  /// Rate G₀γ̇ at which the stress of a block grows elastically; 0 if G₀ is not known.
  let drift: Double
  let fitWindow: ClosedRange<Double>?
  let differences: StressDifferenceCurve
  let kicks: [KickHistogram]
  /// Lags of the kicks, in rows.
  let kickLags: [Int]
  /// Windows of each lag that flips of the box have ended, of one block.
  let dropped: [Int]
  let correlation: ActivityCurve
  let clusters: ClusterSummary
  /// Number of small blocks along each edge.
  let smallBlocks: [Int]

  /// D_σ = ⟨Δσ²⟩/t in the window of the fit; nil without one.
  var diffusion: StressDiffusion? { fitWindow.flatMap { differences.diffusion(in: $0, drift: drift) } }
  /// τ_p of exp(−t/τ_p), fitted to C_p.
  var duration: Estimate? { correlation.decayTime() }
  /// Γ as births of clusters per time and block.
  var births: Double { clusters.birthsPerSample.value / every / Double(blocks) }
  /// Γ as clusters at a time over their duration, per block.
  var plasticRate: Double? { duration.map { clusters.clustersPerSample.value / $0.value / Double(blocks) } }

  /// Returns the datasets of the rate number `k`.
  static func schemas(rate k: Int) -> [Schema<PlasticResults>] {
    [stressDifference(k), autocorrelation(k), clusterSizes(k)]
  }

  private static func stressDifference(_ k: Int) -> Schema<PlasticResults> {
    func column(
      _ name: String, unit: String = "1", _ about: String, _ value: @escaping @Sendable (PlasticResults, Int) -> Double
    ) -> Column<PlasticResults> {
      .array(name, "[lags]", unit: unit, about) { results in
        ResultArray(results.differences.lags.indices.map { value(results, $0) })
      }
    }
    return .arrays(
      in: "rates/\(k)/stress_difference",
      [
        column("time", unit: "τ", "lag t") { $0.differences.times[$1] },
        column("mean_square", unit: "(ε/λ^d)²", "⟨(Δσ − G₀γ̇t)²⟩; without the drift if G₀ is not known") {
          $0.differences.meanSquare($1, drift: $0.drift).value
        },
        column("mean_square_error", unit: "(ε/λ^d)²", "standard error, from segments of the run") {
          $0.differences.meanSquare($1, drift: $0.drift).error
        },
        column("mean_square_total", unit: "(ε/λ^d)²", "⟨Δσ²⟩") { $0.differences.meanSquare($1).value },
        column("mean", unit: "ε/λ^d", "⟨Δσ⟩") { $0.differences.mean($1).value },
        column("mean_magnitude", unit: "ε/λ^d", "mean magnitude of Δσ") { $0.differences.meanMagnitude($1).value },
        column("kurtosis", "⟨Δσ⁴⟩/⟨Δσ²⟩²: 3 for a Gaussian") { $0.differences.kurtosis($1).value },
        column("windows", "number of origins and blocks") { Double($0.differences.windows($1)) },
        column("dropped", "windows of one block that flips of the box have ended") { Double($0.dropped[$1]) },
        .array("kick_edges", "[bins+1]", unit: "ε/λ^d", "edges of the bins of the magnitude of Δσ") { _ in
          ResultArray(KickHistogram.edges)
        },
        .array("kick_times", "[2]", unit: "τ", "lags of the two histograms of kicks") { results in
          ResultArray(results.kickLags.map { Double($0) * results.every })
        },
        .array("kicks_up", "[2, bins]", "number of kicks Δσ > 0, below the first and above the last edge too") {
          kicks($0.kicks.map(\.positive))
        },
        .array("kicks_down", "[2, bins]", "number of kicks Δσ < 0") {
          kicks($0.kicks.map(\.negative))
        },
      ])
  }

  private static func kicks(_ counts: [[Int64]]) -> ResultArray<Int64> {
    ResultArray(counts.flatMap { $0 }, shape: [counts.count, counts[0].count])
  }

  private static func autocorrelation(_ k: Int) -> Schema<PlasticResults> {
    func column(
      _ name: String, unit: String = "1", _ about: String, _ value: @escaping @Sendable (ActivityCurve, Int) -> Double
    ) -> Column<PlasticResults> {
      .array(name, "[lags]", unit: unit, about) { results in
        ResultArray((0..<results.correlation.depth).map { value(results.correlation, $0) })
      }
    }
    return .arrays(
      in: "rates/\(k)/autocorrelation",
      [
        column("time", unit: "τ", "time t between two values") { $0.times[$1] },
        column("correlation", "C_p = ⟨D²min(t₀) D²min(t₀ + t)⟩/⟨D²min(t₀)²⟩ of particles active at t₀") {
          $0.correlation($1).value
        },
        column("error", "standard error, from segments of the run") { $0.correlation($1).error },
        column("pairs", "number of active particles and origins") { Double($0.pairs($1)) },
      ])
  }

  private static func clusterSizes(_ k: Int) -> Schema<PlasticResults> {
    .arrays(
      in: "rates/\(k)/clusters",
      [
        .array("size", "[sizes]", "number of small blocks in a cluster") { results in
          ResultArray(results.clusters.sizes.map { Double($0.size) })
        },
        .array("count", "[sizes]", "clusters of that size over all rows") { results in
          ResultArray(results.clusters.sizes.map { Double($0.count) })
        },
        .array("small_blocks", "[d]", "small blocks along each edge") { ResultArray($0.smallBlocks.map(Double.init)) },
      ])
  }
}
