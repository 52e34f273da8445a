import Geometry

/// The binary Lennard-Jones potential of Puosi, Olivier and Martens, 4ε[(σ/r)¹² − (σ/r)⁶], with one absolute cutoff for
/// all pairs and a correction that depends on the truncation.
///
/// The correction is p₀ + p₁r² + p₂r⁴ + p₃r⁶ + p·r: a constant for a shifted energy, a linear term in r for a shifted
/// force, an even polynomial for a smooth one (φ to φ''' vanish at the cutoff).
public struct LennardJones<Correction: CutoffCorrection>: PairPotential {
  /// Energies ε and lengths σ for AA, AB, BB.
  public let energies: (Double, Double, Double)
  public let lengths: (Double, Double, Double)
  public let cutoff: Double
  let repulsion: (Double, Double, Double)
  let attraction: (Double, Double, Double)
  let corrections: (Correction, Correction, Correction)

  public init(energies: (Double, Double, Double), lengths: (Double, Double, Double), cutoff: Double) {
    self.energies = energies
    self.lengths = lengths
    self.cutoff = cutoff
    func sixth(_ x: Double) -> Double { x * x * x * x * x * x }
    let s = (sixth(lengths.0), sixth(lengths.1), sixth(lengths.2))
    attraction = (4 * energies.0 * s.0, 4 * energies.1 * s.1, 4 * energies.2 * s.2)
    repulsion = (attraction.0 * s.0, attraction.1 * s.1, attraction.2 * s.2)
    func bare(_ a: Double, _ b: Double) -> PairDerivatives { lennardJones(cutoff, repulsion: a, attraction: b) }
    corrections = (
      Correction(cutoff: cutoff, bare: bare(repulsion.0, attraction.0)),
      Correction(cutoff: cutoff, bare: bare(repulsion.1, attraction.1)),
      Correction(cutoff: cutoff, bare: bare(repulsion.2, attraction.2))
    )
  }

  /// Creates the potential with ε = 1, 1.5, 0.5 and σ = 1, 0.8, 0.88 for AA, AB, BB (Puosi et al., Sec. 3).
  public init(cutoff: Double) { self.init(energies: (1, 1.5, 0.5), lengths: (1, 0.8, 0.88), cutoff: cutoff) }

  public var parameter: ParticleParameter { .species }

  public func cutoff(_ a: Double, _ b: Double) -> Double { cutoff }
  @inline(__always) public func cutoff(_ a: Lanes, _ b: Lanes) -> Lanes { Lanes(cutoff) }

  public static var hasScale: Bool { false }
  @inline(__always) public func scale(_ a: Lanes, _ b: Lanes) -> Lanes { Lanes(1) }

  public struct Row {
    let repulsion: SpeciesRow
    let attraction: SpeciesRow
    let correction: Correction.Row
  }

  @inline(__always) public func row(_ parameter: Lanes) -> Row {
    Row(
      repulsion: SpeciesRow(parameter, repulsion.0, repulsion.1, repulsion.2),
      attraction: SpeciesRow(parameter, attraction.0, attraction.1, attraction.2),
      correction: Correction.row(parameter, corrections.0, corrections.1, corrections.2))
  }

  @inline(__always) public func interaction(
    _ row: Row, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (energy: Lanes, first: Lanes) {
    let inside = isInside(squaredDistance, Lanes(cutoff * cutoff))
    let inverse = Lanes(1) / squaredDistance
    let inverseSixth = inverse * inverse * inverse
    let repulsive = row.repulsion.value(parameter) * inverseSixth
    let attractive = row.attraction.value(parameter)
    let bareEnergy = inverseSixth * (repulsive - attractive)
    let bareFirst = (inverse * inverseSixth) * repulsive.times(Lanes(-12), plus: 6 * attractive)
    let (energy, first) = Correction.apply(
      row.correction, parameter, squaredDistance, energy: bareEnergy, first: bareFirst)
    return (inside.select(energy, else: Lanes(0)), inside.select(first, else: Lanes(0)))
  }

  @inline(__always) public func stiffness(
    _ row: Row, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (first: Lanes, second: Lanes) {
    let inside = isInside(squaredDistance, Lanes(cutoff * cutoff))
    let inverse = Lanes(1) / squaredDistance
    let inverseSixth = inverse * inverse * inverse
    let repulsive = row.repulsion.value(parameter) * inverseSixth
    let attractive = row.attraction.value(parameter)
    let factor = inverse * inverseSixth
    let bareFirst = factor * repulsive.times(Lanes(-12), plus: 6 * attractive)
    let bareSecond = (factor * inverse) * repulsive.times(Lanes(168), plus: Lanes(-48) * attractive)
    let (first, second) = Correction.applyStiffness(
      row.correction, parameter, squaredDistance, first: bareFirst, second: bareSecond)
    return (inside.select(first, else: Lanes(0)), inside.select(second, else: Lanes(0)))
  }

  public func derivatives(_ distance: Double, _ a: Double, _ b: Double) -> PairDerivatives {
    guard distance < cutoff else { return .zero }
    let sum = a + b
    let bare = lennardJones(
      distance, repulsion: sum == 0 ? repulsion.0 : sum == 2 ? repulsion.2 : repulsion.1,
      attraction: sum == 0 ? attraction.0 : sum == 2 ? attraction.2 : attraction.1)
    let correction = sum == 0 ? corrections.0 : sum == 2 ? corrections.2 : corrections.1
    return correction.corrected(bare, distance: distance)
  }
}

/// Returns repulsion·r⁻¹² − attraction·r⁻⁶ and four derivatives.
func lennardJones(_ r: Double, repulsion: Double, attraction: Double) -> PairDerivatives {
  let s = 1 / r
  let s2 = s * s
  let s6 = s2 * s2 * s2
  let a = repulsion * s6 * s6
  let b = attraction * s6
  return PairDerivatives(
    energy: a - b, first: s * (-12 * a + 6 * b), second: s2 * (156 * a - 42 * b), third: s2 * s * (-2184 * a + 336 * b),
    fourth: s2 * s2 * (32760 * a - 3024 * b))
}
