import Measurement
import Statistics

/// Numbers of plasticity, as summary.json has them; null where they could not be measured. Times are those of the rows:
/// strains where τ stands here, if the rows are frames at rest.
struct PlasticNumbers: Codable {
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
  init(meanOf all: [PlasticNumbers]) {
    func mean(_ value: (PlasticNumbers) -> Double?) -> Double? {
      let known = all.compactMap(value)
      return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
    func error(_ value: (PlasticNumbers) -> Double?) -> Double? {
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
