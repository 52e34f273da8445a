import Configuration

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
  }
}

extension FlowPoint {
  /// The mean of independent replicas. Errors of one add in squares; those of several are from their scatter.
  init(meanOf points: [FlowPoint]) {
    self = points[0]
    guard points.count > 1 else { return }
    let n = Double(points.count)
    func mean(_ value: (FlowPoint) -> Double) -> Double { points.reduce(0) { $0 + value($1) } / n }
    stress = mean(\.stress)
    let scatter = points.reduce(0) { $0 + ($1.stress - stress) * ($1.stress - stress) }
    stressError = (scatter / (n * (n - 1))).squareRoot()
    kineticStress = mean(\.kineticStress)
    temperature = mean(\.temperature)
    energyImbalance = mean(\.energyImbalance)
  }
}
