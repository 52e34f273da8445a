import Geometry

/// How the interaction length λ_ij of a pair follows from its two particles.
public protocol SizeRule: Sendable {
  associatedtype Row
  var parameter: ParticleParameter { get }
  func length(_ a: Double, _ b: Double) -> Double
  func row(_ parameter: Lanes) -> Row
  func length(_ row: Row, _ parameter: Lanes) -> Lanes
}

/// λ_ij = ½ (λ_i + λ_j)(1 − n_a |λ_i − λ_j|) of a polydisperse mixture (Richard, eq. A4); additive for n_a = 0.
public struct MixedSizes: SizeRule {
  public let nonadditivity: Double

  public init(nonadditivity: Double) { self.nonadditivity = nonadditivity }

  public var parameter: ParticleParameter { .size }

  public func length(_ a: Double, _ b: Double) -> Double { 0.5 * (a + b) * (1 - nonadditivity * abs(a - b)) }

  @inline(__always) public func row(_ parameter: Lanes) -> Lanes { parameter }

  @inline(__always) public func length(_ row: Lanes, _ parameter: Lanes) -> Lanes {
    let mean = 0.5 * (row + parameter)
    return mean * (row - parameter).magnitude.times(Lanes(-nonadditivity), plus: Lanes(1))
  }
}

/// A length for each pair of two species: the bilinear function of the species numbers 0 and 1 that takes these values.
public struct TwoSpeciesSizes: SizeRule {
  public let aa: Double
  public let ab: Double
  public let bb: Double

  public init(aa: Double, ab: Double, bb: Double) {
    self.aa = aa
    self.ab = ab
    self.bb = bb
  }

  public var parameter: ParticleParameter { .species }

  public func length(_ a: Double, _ b: Double) -> Double { a + b == 0 ? aa : a + b == 2 ? bb : ab }

  @inline(__always) public func row(_ parameter: Lanes) -> SpeciesRow { SpeciesRow(parameter, aa, ab, bb) }
  @inline(__always) public func length(_ row: SpeciesRow, _ parameter: Lanes) -> Lanes { row.value(parameter) }
}

/// A pair quantity of two species, ready for the second species: the value for A, and the change from A to B.
public struct SpeciesRow {
  let atA: Lanes
  let change: Lanes

  @inline(__always) init(_ species: Lanes, _ aa: Double, _ ab: Double, _ bb: Double) {
    atA = species.times(Lanes(ab - aa), plus: Lanes(aa))
    change = species.times(Lanes(bb - 2 * ab + aa), plus: Lanes(ab - aa))
  }

  @inline(__always) func value(_ species: Lanes) -> Lanes { species.times(change, plus: atA) }
}
