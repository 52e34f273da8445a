import Configuration
import Statistics

/// Scalars of summary.json of a flow.
struct FlowSummary: Encodable {
  var status = "done"
  var exitCode = 0
  var units = "reduced: energies in ε, lengths in λ or σ_AA, times in τ = λ √(m/ε)"
  var particles: Int
  var dimension: Int
  var replicas: Int
  /// Number of force evaluations and Hessian products of all replicas.
  var evaluations: Int
  var strain: Double
  var wallSeconds: Double
  var ranks: Int
  var commit = Build.commit
  var build = Build.text
  var stateSha256: String
  /// One point for each rate, the mean of the replicas.
  var flowCurve: [FlowPoint]
  /// Fits σ_Y + A γ̇ⁿ with the best exponent, and with ½; null for too few rates.
  var herschelBulkley: Fits

  struct Fits: Encodable {
    var free: HerschelBulkley?
    var half: HerschelBulkley?

    private enum CodingKeys: CodingKey { case free, half }

    /// Encodes a fit that is not known as null.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(free, forKey: .free)
      try container.encode(half, forKey: .half)
    }
  }

  init(_ results: [FlowResult], _ configuration: FlowConfiguration, _ folder: RunFolder, ranks: Int) {
    particles = results[0].particles
    dimension = results[0].dimension
    replicas = results.count
    evaluations = results.reduce(0) { $0 + $1.evaluations }
    strain = results.last!.strain
    stateSha256 = results.last!.stateSha256
    wallSeconds = folder.seconds
    self.ranks = ranks
    flowCurve = results[0].points.indices.map { k in FlowPoint(meanOf: results.map { $0.points[k] }) }
    let points = flowCurve.map(\.flow).map {
      HerschelBulkley.Point(rate: $0.rate, stress: $0.stress, error: $0.stressError)
    }
    herschelBulkley = Fits(free: HerschelBulkley(points), half: HerschelBulkley(points, exponent: 0.5))
  }
}
