import Measurement
import Storage

/// Datasets of a measurement of plasticity.
extension PlasticResults {
  /// Returns the datasets in a group.
  static func schemas(in group: String, _ clock: RowClock) -> [Schema<PlasticResults>] {
    [stressDifference(group, clock), autocorrelation(group, clock), clusterSizes(group, clock)]
  }

  /// Returns the datasets of the rate number `k` of a flow.
  static func schemas(rate k: Int) -> [Schema<PlasticResults>] { schemas(in: "rates/\(k)", .time) }

  private static func stressDifference(_ group: String, _ clock: RowClock) -> Schema<PlasticResults> {
    func column(
      _ name: String, unit: String = "1", _ about: String, _ value: @escaping @Sendable (PlasticResults, Int) -> Double
    ) -> Column<PlasticResults> {
      .array(name, "[lags]", unit: unit, about) { results in
        ResultArray(results.differences.lags.indices.map { value(results, $0) })
      }
    }
    return .arrays(
      in: group + "/stress_difference",
      [
        column(clock.name, unit: clock.unit, "lag \(clock.symbol)") { $0.differences.times[$1] },
        column("mean_square", unit: "(ε/λ^d)²", "⟨(Δσ − \(clock.drift))²⟩; without the drift if G₀ is not known") {
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
        .array("kick_\(clock.name)s", "[2]", unit: clock.unit, "lags of the two histograms of kicks") { results in
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

  private static func autocorrelation(_ group: String, _ clock: RowClock) -> Schema<PlasticResults> {
    func column(
      _ name: String, unit: String = "1", _ about: String, _ value: @escaping @Sendable (ActivityCurve, Int) -> Double
    ) -> Column<PlasticResults> {
      .array(name, "[lags]", unit: unit, about) { results in
        ResultArray((0..<results.correlation.depth).map { value(results.correlation, $0) })
      }
    }
    return .arrays(
      in: group + "/autocorrelation",
      [
        column(clock.name, unit: clock.unit, "\(clock.name) \(clock.symbol) between two values") { $0.times[$1] },
        column("correlation", clock.correlation) {
          $0.correlation($1).value
        },
        column("error", "standard error, from segments of the run") { $0.correlation($1).error },
        column("pairs", "number of active particles and origins") { Double($0.pairs($1)) },
      ])
  }

  private static func clusterSizes(_ group: String, _ clock: RowClock) -> Schema<PlasticResults> {
    .arrays(
      in: group + "/clusters",
      [
        .array("size", "[sizes]", "number of small blocks in a cluster") { results in
          ResultArray(results.clusters.sizes.map { Double($0.size) })
        },
        .array("count", "[sizes]", "clusters of that size over all \(clock.rows)") { results in
          ResultArray(results.clusters.sizes.map { Double($0.count) })
        },
        .array("small_blocks", "[d]", "small blocks along each edge") { ResultArray($0.smallBlocks.map(Double.init)) },
      ])
  }
}
