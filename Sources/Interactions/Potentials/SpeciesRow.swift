import Geometry

/// A pair quantity of two species, for a given first species: the value if the second species is A, and the
/// change from A to B. It is the bilinear function of the species numbers 0 and 1 that takes the three values, so
/// that the loop reads no table.
public struct SpeciesRow {
  let atA: Lanes
  let change: Lanes

  @inline(__always) init(_ species: Lanes, _ aa: Double, _ ab: Double, _ bb: Double) {
    atA = species.times(Lanes(ab - aa), plus: Lanes(aa))
    change = species.times(Lanes(bb - 2 * ab + aa), plus: Lanes(ab - aa))
  }

  @inline(__always) func value(_ species: Lanes) -> Lanes { species.times(change, plus: atA) }
}
