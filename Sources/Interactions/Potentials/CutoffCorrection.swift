import Geometry

/// Correction of a pair potential that makes it end at its cutoff as the user chose.
public protocol CutoffCorrection: Sendable {
  associatedtype Row
  /// Creates the correction. `bare` contains the bare potential and its derivatives at the cutoff.
  init(cutoff: Double, bare: PairDerivatives)
  func corrected(_ bare: PairDerivatives, distance: Double) -> PairDerivatives
  static func row(_ species: Lanes, _ aa: Self, _ ab: Self, _ bb: Self) -> Row
  static func apply(
    _ row: Row, _ species: Lanes, _ squaredDistance: Lanes, energy: Lanes, first: Lanes
  ) -> (Lanes, Lanes)
  static func applyStiffness(
    _ row: Row, _ species: Lanes, _ squaredDistance: Lanes, first: Lanes, second: Lanes
  ) -> (Lanes, Lanes)
}

/// No correction: energy and force jump at the cutoff.
public struct PlainCutoff: CutoffCorrection {
  public struct Row {}
  public init(cutoff: Double, bare: PairDerivatives) {}
  public func corrected(_ bare: PairDerivatives, distance: Double) -> PairDerivatives { bare }
  @inline(__always) public static func row(_ species: Lanes, _ aa: Self, _ ab: Self, _ bb: Self) -> Row { Row() }
  @inline(__always) public static func apply(
    _ row: Row, _ species: Lanes, _ squaredDistance: Lanes, energy: Lanes, first: Lanes
  ) -> (Lanes, Lanes) { (energy, first) }
  @inline(__always) public static func applyStiffness(
    _ row: Row, _ species: Lanes, _ squaredDistance: Lanes, first: Lanes, second: Lanes
  ) -> (Lanes, Lanes) { (first, second) }
}

/// Correction by a constant, which makes the energy vanish at the cutoff; the force still jumps.
public struct EnergyShift: CutoffCorrection {
  let shift: Double
  public init(cutoff: Double, bare: PairDerivatives) { shift = -bare.energy }
  public func corrected(_ bare: PairDerivatives, distance: Double) -> PairDerivatives {
    var result = bare
    result.energy += shift
    return result
  }
  @inline(__always) public static func row(_ species: Lanes, _ aa: Self, _ ab: Self, _ bb: Self) -> SpeciesRow {
    SpeciesRow(species, aa.shift, ab.shift, bb.shift)
  }
  @inline(__always) public static func apply(
    _ row: SpeciesRow, _ species: Lanes, _ squaredDistance: Lanes, energy: Lanes, first: Lanes
  ) -> (Lanes, Lanes) { (energy + row.value(species), first) }
  @inline(__always) public static func applyStiffness(
    _ row: SpeciesRow, _ species: Lanes, _ squaredDistance: Lanes, first: Lanes, second: Lanes
  ) -> (Lanes, Lanes) { (first, second) }
}

/// Correction by a linear function of r, which makes energy and force vanish at the cutoff.
public struct ForceShift: CutoffCorrection {
  let constant: Double
  let slope: Double
  public init(cutoff: Double, bare: PairDerivatives) {
    slope = -bare.first
    constant = -bare.energy + bare.first * cutoff
  }
  public func corrected(_ bare: PairDerivatives, distance: Double) -> PairDerivatives {
    var result = bare
    result.energy += constant + slope * distance
    result.first += slope
    return result
  }
  public struct Row {
    let constant: SpeciesRow
    let slope: SpeciesRow
  }
  @inline(__always) public static func row(_ species: Lanes, _ aa: Self, _ ab: Self, _ bb: Self) -> Row {
    Row(
      constant: SpeciesRow(species, aa.constant, ab.constant, bb.constant),
      slope: SpeciesRow(species, aa.slope, ab.slope, bb.slope))
  }
  @inline(__always) public static func apply(
    _ row: Row, _ species: Lanes, _ squaredDistance: Lanes, energy: Lanes, first: Lanes
  ) -> (Lanes, Lanes) {
    let distance = squaredDistance.squareRoot
    let slope = row.slope.value(species)
    return (energy + slope.times(distance, plus: row.constant.value(species)), first + slope / distance)
  }
  @inline(__always) public static func applyStiffness(
    _ row: Row, _ species: Lanes, _ squaredDistance: Lanes, first: Lanes, second: Lanes
  ) -> (Lanes, Lanes) {
    let tension = row.slope.value(species) / squaredDistance.squareRoot
    return (first + tension, second - tension / squaredDistance)
  }
}

/// Correction by an even polynomial of sixth order, which makes φ, φ', φ'' and φ''' vanish at the cutoff,
/// as in the inverse power law.
public struct SmoothCutoff: CutoffCorrection {
  let c: (Double, Double, Double, Double)
  public init(cutoff: Double, bare: PairDerivatives) {
    // Derivatives of the bare potential with respect to t = r² at the cutoff, then Taylor's polynomial around it.
    let r = cutoff
    let t = r * r
    let d1 = bare.first / (2 * r)
    let d2 = (bare.second - bare.first / r) / (4 * t)
    let d3 = (bare.third - 3 * bare.second / r + 3 * bare.first / t) / (8 * t * r)
    c = (
      -(bare.energy - d1 * t + d2 * t * t / 2 - d3 * t * t * t / 6), -(d1 - d2 * t + d3 * t * t / 2),
      -(d2 / 2 - d3 * t / 2), -d3 / 6
    )
  }
  public func corrected(_ bare: PairDerivatives, distance r: Double) -> PairDerivatives {
    let t = r * r
    let polynomial = PairDerivatives(
      ofSquare: (
        c.0 + t * (c.1 + t * (c.2 + t * c.3)), c.1 + t * (2 * c.2 + t * 3 * c.3), 2 * c.2 + 6 * c.3 * t, 6 * c.3, 0
      ), distance: r, length: 1)
    return PairDerivatives(
      energy: bare.energy + polynomial.energy, first: bare.first + polynomial.first,
      second: bare.second + polynomial.second, third: bare.third + polynomial.third,
      fourth: bare.fourth + polynomial.fourth)
  }
  public struct Row {
    let c0: SpeciesRow
    let c1: SpeciesRow
    let c2: SpeciesRow
    let c3: SpeciesRow
  }
  @inline(__always) public static func row(_ species: Lanes, _ aa: Self, _ ab: Self, _ bb: Self) -> Row {
    Row(
      c0: SpeciesRow(species, aa.c.0, ab.c.0, bb.c.0), c1: SpeciesRow(species, aa.c.1, ab.c.1, bb.c.1),
      c2: SpeciesRow(species, aa.c.2, ab.c.2, bb.c.2), c3: SpeciesRow(species, aa.c.3, ab.c.3, bb.c.3))
  }
  @inline(__always) public static func apply(
    _ row: Row, _ species: Lanes, _ t: Lanes, energy: Lanes, first: Lanes
  ) -> (Lanes, Lanes) {
    let c1 = row.c1.value(species)
    let c2 = row.c2.value(species)
    let c3 = row.c3.value(species)
    let value = c3.times(t, plus: c2).times(t, plus: c1).times(t, plus: row.c0.value(species))
    let slope = (3 * c3).times(t, plus: 2 * c2).times(t, plus: c1)
    return (energy + value, slope.times(Lanes(2), plus: first))
  }
  @inline(__always) public static func applyStiffness(
    _ row: Row, _ species: Lanes, _ t: Lanes, first: Lanes, second: Lanes
  ) -> (Lanes, Lanes) {
    let c2 = row.c2.value(species)
    let c3 = row.c3.value(species)
    let slope = (3 * c3).times(t, plus: 2 * c2).times(t, plus: row.c1.value(species))
    let curvature = (6 * c3).times(t, plus: 2 * c2)
    return (slope.times(Lanes(2), plus: first), curvature.times(Lanes(4), plus: second))
  }
}
