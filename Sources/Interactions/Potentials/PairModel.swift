/// Model glasses of the papers, as values.
public enum PairModel: Equatable, Sendable {
  /// Polydisperse inverse power law (Richard, App. A).
  case polydisperseIPL(exponent: Int, smoothing: Int, cutoff: Double, nonadditivity: Double)
  /// Inverse power law of two species, λ = 1, 1.18, 1.4 for AA, AB, BB (Richard, Fig. 1a).
  case bidisperseIPL(exponent: Int, smoothing: Int, cutoff: Double)
  /// Binary Lennard-Jones mixture (Puosi, Olivier and Martens).
  case binaryLJ(cutoff: Double, truncation: Truncation)
  /// Harmonic and Hertzian soft spheres of any diameters.
  case harmonic
  case hertz

  /// Truncation of a potential at its cutoff.
  public enum Truncation: Sendable {
    case plain, energyShift, forceShift, smooth
  }

  /// Parameter of a particle: its size, or its species.
  public var parameter: ParticleParameter {
    switch self {
    case .polydisperseIPL, .harmonic, .hertz: .size
    case .bidisperseIPL, .binaryLJ: .species
    }
  }

  /// Diameters of the species; empty if each particle has its own.
  public var speciesDiameters: [Double] {
    switch self {
    case .polydisperseIPL, .harmonic, .hertz: []
    case .bidisperseIPL: [1, 1.4]
    case .binaryLJ: [1, 0.88]
    }
  }

  /// Compiles the loops of this model for a dimension. Each case names a concrete type, so
  /// that the loops are specialised.
  public func compiled(dimension: Int) -> PairInteraction {
    switch self {
    case .polydisperseIPL(10, 3, let cutoff, let nonadditivity):
      PairInteraction(
        InversePowerLaw(sizes: MixedSizes(nonadditivity: nonadditivity), shape: TenthPower(cutoff: cutoff)),
        dimension: dimension)
    case .polydisperseIPL(let exponent, let smoothing, let cutoff, let nonadditivity):
      PairInteraction(
        InversePowerLaw(
          sizes: MixedSizes(nonadditivity: nonadditivity),
          shape: EvenPower(exponent: exponent, smoothing: smoothing, cutoff: cutoff)), dimension: dimension)
    case .bidisperseIPL(10, 3, let cutoff):
      PairInteraction(
        InversePowerLaw(sizes: TwoSpeciesSizes(aa: 1, ab: 1.18, bb: 1.4), shape: TenthPower(cutoff: cutoff)),
        dimension: dimension)
    case .bidisperseIPL(let exponent, let smoothing, let cutoff):
      PairInteraction(
        InversePowerLaw(
          sizes: TwoSpeciesSizes(aa: 1, ab: 1.18, bb: 1.4),
          shape: EvenPower(exponent: exponent, smoothing: smoothing, cutoff: cutoff)), dimension: dimension)
    case .binaryLJ(let cutoff, .plain):
      PairInteraction(LennardJones<PlainCutoff>(cutoff: cutoff), dimension: dimension)
    case .binaryLJ(let cutoff, .energyShift):
      PairInteraction(LennardJones<EnergyShift>(cutoff: cutoff), dimension: dimension)
    case .binaryLJ(let cutoff, .forceShift):
      PairInteraction(LennardJones<ForceShift>(cutoff: cutoff), dimension: dimension)
    case .binaryLJ(let cutoff, .smooth):
      PairInteraction(LennardJones<SmoothCutoff>(cutoff: cutoff), dimension: dimension)
    case .harmonic: PairInteraction(SoftSphere(law: HarmonicContact()), dimension: dimension)
    case .hertz: PairInteraction(SoftSphere(law: HertzContact()), dimension: dimension)
    }
  }
}
