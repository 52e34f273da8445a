extension FlowPoint {
  /// Numbers of the local yield stresses of states of the flow at rest. Without such states all are null or zero.
  struct Yield: Codable {
    /// ⟨σ_c⟩, its standard error from the scatter of the states, and the standard deviation over blocks, in ε/λ^d.
    @Nullable var yieldStress: Double?
    @Nullable var yieldStressError: Double?
    @Nullable var yieldStressDeviation: Double?
    /// ⟨Δσ⟩ and its standard error, in ε/λ^d, and ⟨Δσ⟩/⟨σ_c⟩.
    @Nullable var stressDrop: Double?
    @Nullable var stressDropError: Double?
    @Nullable var stressDropRatio: Double?
    /// Mean shear modulus of a block in its matrix, in ε/λ^d.
    @Nullable var blockModulus: Double?
    /// Number of states, and of those that are left out since they could not be brought to rest.
    var yieldStates = 0
    var yieldStatesUnconverged = 0
    /// Number of blocks in all states that soften to a yield stress, without a plastic event up to the largest strain.
    var yieldWithoutEvent = 0
    /// Number of blocks without a yield stress in all states, by reason.
    var yieldDiscarded: [String: Int] = [:]

    init() {}

    init(_ results: LocalYieldResults) {
      func known(_ value: Double) -> Double? { value.isFinite ? value : nil }
      let (yield, drop) = (results.moments(.yieldStress), results.moments(.drop))
      yieldStress = known(yield.mean)
      yieldStressError = known(yield.error)
      yieldStressDeviation = known(yield.deviation)
      stressDrop = known(drop.mean)
      stressDropError = known(drop.error)
      stressDropRatio = known(drop.mean / yield.mean)
      blockModulus = known(results.moments(.modulus).mean)
      yieldStates = results.rows.count
      yieldStatesUnconverged = results.unconverged
      yieldWithoutEvent = yield.count - drop.count
      yieldDiscarded = results.discarded
    }

    /// The mean of what is known in independent replicas; errors of one add in squares.
    init(meanOf all: [Yield]) {
      func mean(_ value: (Yield) -> Double?) -> Double? {
        let known = all.compactMap(value)
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
      }
      func error(_ value: (Yield) -> Double?) -> Double? {
        let known = all.compactMap(value)
        return known.isEmpty ? nil : known.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(known.count)
      }
      yieldStress = mean(\.yieldStress)
      yieldStressError = error(\.yieldStressError)
      yieldStressDeviation = mean(\.yieldStressDeviation)
      stressDrop = mean(\.stressDrop)
      stressDropError = error(\.stressDropError)
      stressDropRatio = mean(\.stressDropRatio)
      blockModulus = mean(\.blockModulus)
      yieldStates = all.reduce(0) { $0 + $1.yieldStates }
      yieldStatesUnconverged = all.reduce(0) { $0 + $1.yieldStatesUnconverged }
      yieldWithoutEvent = all.reduce(0) { $0 + $1.yieldWithoutEvent }
      for one in all { yieldDiscarded.merge(one.yieldDiscarded, uniquingKeysWith: +) }
    }
  }

  /// Coupling of diffusion and plastic activity, with each convention of D and each reading of Γ. Null where one of its
  /// factors is not known.
  struct Coupling: Encodable {
    /// D/(⟨Δσ⟩² Γ), equation (8), with D_σ and Γ as clusters over their duration; with D = D_σ/2; with births as Γ.
    @Nullable var alphaMicro: Double?
    @Nullable var alphaMicroHalf: Double?
    @Nullable var alphaMicroBirths: Double?
    @Nullable var alphaMicroBirthsHalf: Double?
    /// D/(⟨σ_c⟩² Γ), equation (3), likewise.
    @Nullable var alphaYield: Double?
    @Nullable var alphaYieldHalf: Double?
    @Nullable var alphaYieldBirths: Double?
    @Nullable var alphaYieldBirthsHalf: Double?

    init(_ plastic: PlasticNumbers, _ yield: Yield) {
      func coupling(_ diffusion: Double?, _ stress: Double?, _ rate: Double?) -> Double? {
        guard let diffusion, let stress, let rate else { return nil }
        let coupling = diffusion / (stress * stress * rate)
        return coupling.isFinite ? coupling : nil
      }
      let (whole, half) = (plastic.diffusion, plastic.diffusionHalf)
      let (occupation, births) = (plastic.plasticRate, plastic.plasticRateBirths)
      alphaMicro = coupling(whole, yield.stressDrop, occupation)
      alphaMicroHalf = coupling(half, yield.stressDrop, occupation)
      alphaMicroBirths = coupling(whole, yield.stressDrop, births)
      alphaMicroBirthsHalf = coupling(half, yield.stressDrop, births)
      alphaYield = coupling(whole, yield.yieldStress, occupation)
      alphaYieldHalf = coupling(half, yield.yieldStress, occupation)
      alphaYieldBirths = coupling(whole, yield.yieldStress, births)
      alphaYieldBirthsHalf = coupling(half, yield.yieldStress, births)
    }
  }
}
