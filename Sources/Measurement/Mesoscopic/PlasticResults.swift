import Statistics

/// What a measurement of plasticity has found. Times are those of rows: of a flow, or the strain of frames at rest.
public struct PlasticResults: Sendable {
  /// Number of blocks whose stresses are followed.
  public let blocks: Int
  /// Time between rows.
  public let every: Double
  /// Slope of the stress against strain in intervals without activity; NaN if there are none.
  public let modulus: Double
  /// Rate at which the stress of a block grows elastically, G₀γ̇; 0 if G₀ is not known.
  public let drift: Double
  public let fitWindow: ClosedRange<Double>?
  public let differences: StressDifferenceCurve
  public let kicks: [KickHistogram]
  /// Lags of the kicks, in rows.
  public let kickLags: [Int]
  /// Windows of each lag that flips of the box have ended, of one block.
  public let dropped: [Int]
  public let correlation: ActivityCurve
  public let clusters: ClusterSummary
  /// Number of small blocks along each edge.
  public let smallBlocks: [Int]

  /// D_σ = ⟨Δσ²⟩/t in the window of the fit; nil without one.
  public var diffusion: StressDiffusion? { fitWindow.flatMap { differences.diffusion(in: $0, drift: drift) } }
  /// τ_p of exp(−t/τ_p), fitted to C_p.
  public var duration: Estimate? { correlation.decayTime() }
  /// Γ as births of clusters per time and block.
  public var births: Double { clusters.birthsPerSample.value / every / Double(blocks) }
  /// Γ as clusters at a time over their duration, per block.
  public var plasticRate: Double? { duration.map { clusters.clustersPerSample.value / $0.value / Double(blocks) } }
}
