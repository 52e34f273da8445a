/// The total strain that a load has covered, forward and backward, added up from one turning point to the next.
struct CoveredStrain {
  /// Strain at the last turning point, and the strain covered by then.
  private var turning = 0.0
  private var covered = 0.0

  /// Records that the load turns at a strain.
  mutating func turn(at strain: Double) {
    covered = value(at: strain)
    turning = strain
  }

  func value(at strain: Double) -> Double { covered + abs(strain - turning) }
}
