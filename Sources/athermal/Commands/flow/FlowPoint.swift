/// A point of the flow curve, as summary.json has it. A number that could not be measured is null.
struct FlowPoint: Codable {
  var flow: Flow
  var plastic: PlasticNumbers
  var yield: Yield

  init(flow: Flow, plastic: PlasticNumbers, yield: Yield) {
    self.flow = flow
    self.plastic = plastic
    self.yield = yield
  }

  init(from decoder: any Decoder) throws {
    self.init(
      flow: try Flow(from: decoder), plastic: try PlasticNumbers(from: decoder), yield: try Yield(from: decoder))
  }

  /// Encodes the numbers of all parts side by side, and the coupling that follows from them.
  func encode(to encoder: any Encoder) throws {
    try flow.encode(to: encoder)
    try plastic.encode(to: encoder)
    try yield.encode(to: encoder)
    try Coupling(plastic, yield).encode(to: encoder)
  }

  /// Numbers of the flow as a whole.
  struct Flow: Codable {
    /// Shear rate γ̇, per τ.
    var rate: Double
    /// Mean virial stress in the plane of the flow, and its standard error, in ε/λ^d.
    var stress: Double
    var stressError: Double
    /// Mean kinetic stress in the plane of the flow, in ε/λ^d.
    var kineticStress: Double
    /// Kinetic temperature of the peculiar velocities, in ε/k_B.
    var temperature: Double
    /// Mean number of active particles.
    var active: Double
    /// Work that neither heat nor energy accounts for, as a share of the largest of the three.
    var energyImbalance: Double
  }
}

extension FlowPoint {
  /// The mean of independent replicas, with the error from their scatter.
  init(meanOf points: [FlowPoint]) {
    self.init(
      flow: Flow(meanOf: points.map(\.flow)),
      plastic: points.count == 1 ? points[0].plastic : PlasticNumbers(meanOf: points.map(\.plastic)),
      yield: Yield(meanOf: points.map(\.yield)))
  }
}

extension FlowPoint.Flow {
  fileprivate init(meanOf all: [Self]) {
    self = all[0]
    guard all.count > 1 else { return }
    let n = Double(all.count)
    func mean(_ value: (Self) -> Double) -> Double { all.reduce(0) { $0 + value($1) } / n }
    stress = mean(\.stress)
    let scatter = all.reduce(0) { $0 + ($1.stress - stress) * ($1.stress - stress) }
    stressError = (scatter / (n * (n - 1))).squareRoot()
    kineticStress = mean(\.kineticStress)
    temperature = mean(\.temperature)
    active = mean(\.active)
    energyImbalance = mean(\.energyImbalance)
  }
}
