/// The strains that a load has gone through, forward and backward, added up from one turning point to the next.
struct CoveredStrain {
  /// Where the load last turned, and what it had covered by then.
  private var turning = 0.0
  private var covered = 0.0

  /// The load turns at a strain.
  mutating func turn(at strain: Double) {
    covered = value(at: strain)
    turning = strain
  }

  func value(at strain: Double) -> Double { covered + abs(strain - turning) }
}
