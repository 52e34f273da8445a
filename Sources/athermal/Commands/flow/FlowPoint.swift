import Measurement
import Statistics

/// A point of the flow curve, as summary.json has it. A number that could not be measured is null.
struct FlowPoint: Codable {
  var flow: Flow
  var plastic: Plastic
  var yield: Yield

  init(flow: Flow, plastic: Plastic, yield: Yield) {
    self.flow = flow
    self.plastic = plastic
    self.yield = yield
  }

  init(from decoder: any Decoder) throws {
    self.init(
      flow: try Flow(from: decoder), plastic: try Plastic(from: decoder), yield: try Yield(from: decoder))
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

  /// Numbers of plasticity.
  struct Plastic: Codable {
    /// Slope of the stress in intervals without activity, in ε/λ^d.
    @Nullable var modulus: Double?
    /// D_σ = ⟨Δσ²⟩/t in the window of the fit, in (ε/λ^d)²/τ, and the convention with ½, ⟨Δσ²⟩/2t.
    @Nullable var diffusion: Double?
    @Nullable var diffusionError: Double?
    @Nullable var diffusionHalf: Double?
    /// Γ as clusters over their duration, and as births of clusters, per block and τ.
    @Nullable var plasticRate: Double?
    @Nullable var plasticRateBirths: Double?
    /// ⟨l_pl⟩, in λ.
    @Nullable var clusterLength: Double?
    @Nullable var clusterLengthError: Double?
    /// τ_p, in τ.
    @Nullable var eventDuration: Double?
    @Nullable var eventDurationError: Double?
    /// Hurst exponent of the stresses of blocks in the window of the fit.
    @Nullable var hurst: Double?

    init() {}

    init(_ results: PlasticResults, smallBlockVolume: Double, dimension: Int) {
      func known(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
      let length = results.clusters.length(blockVolume: smallBlockVolume, dimension: dimension)
      modulus = known(results.modulus)
      diffusion = known(results.diffusion?.perTime.value)
      diffusionError = known(results.diffusion?.perTime.error)
      diffusionHalf = known(results.diffusion?.perTwoTimes.value)
      plasticRate = known(results.plasticRate)
      plasticRateBirths = known(results.births)
      clusterLength = known(length.value)
      clusterLengthError = known(length.error)
      eventDuration = known(results.duration?.value)
      eventDurationError = known(results.duration?.error)
      hurst = known(results.fitWindow.flatMap { results.differences.hurstExponent(in: $0)?.value })
    }

    /// The mean of what is known in independent replicas; errors of one add in squares.
    init(meanOf all: [Plastic]) {
      func mean(_ value: (Plastic) -> Double?) -> Double? {
        let known = all.compactMap(value)
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
      }
      func error(_ value: (Plastic) -> Double?) -> Double? {
        let known = all.compactMap(value)
        return known.isEmpty ? nil : known.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(known.count)
      }
      modulus = mean(\.modulus)
      diffusion = mean(\.diffusion)
      diffusionError = error(\.diffusionError)
      diffusionHalf = mean(\.diffusionHalf)
      plasticRate = mean(\.plasticRate)
      plasticRateBirths = mean(\.plasticRateBirths)
      clusterLength = mean(\.clusterLength)
      clusterLengthError = error(\.clusterLengthError)
      eventDuration = mean(\.eventDuration)
      eventDurationError = error(\.eventDurationError)
      hurst = mean(\.hurst)
    }
  }
}

extension FlowPoint {
  /// The mean of independent replicas, with the error from their scatter.
  init(meanOf points: [FlowPoint]) {
    self.init(
      flow: Flow(meanOf: points.map(\.flow)),
      plastic: points.count == 1 ? points[0].plastic : Plastic(meanOf: points.map(\.plastic)),
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
