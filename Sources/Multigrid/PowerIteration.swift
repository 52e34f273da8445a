/// Estimate of the largest eigenvalue of D⁻¹A, from below, by power iteration. Vectors are measured by their largest
/// component, which has the same bits however the values are distributed.
enum PowerIteration {
  private static let iterations = 10

  /// Returns the estimate. `correction` holds the start vector; it and `residual` are overwritten. Collective.
  static func largestEigenvalue(
    of level: some SmoothedLevel, residual: UnsafeMutablePointer<Float>, correction: UnsafeMutablePointer<Float>,
    count: Int,
    largest: (Double) throws -> Double
  ) throws -> Float {
    var eigenvalue = 0.0
    for _ in 0..<iterations {
      for i in 0..<count { residual[i] = 0 }
      try level.updateResidual()
      level.correct(0, -1)
      var own: Float = 0
      for i in 0..<count { own = max(own, abs(correction[i])) }
      eigenvalue = try largest(Double(own))
      guard eigenvalue > 0 else { return 1 }
      let scale = Float(1 / eigenvalue)
      for i in 0..<count { correction[i] *= scale }
    }
    return Float(eigenvalue)
  }
}

/// Pseudo-random numbers between −1 and 1, the same for the same node on any rank: start values of the power iteration.
enum NodeHash {
  static func value(_ number: UInt64, _ component: Int) -> Float {
    var h = (number &* 3 &+ UInt64(component)) &* 0x9e37_79b9_7f4a_7c15
    h = (h ^ (h >> 32)) &* 0xd6e8_feb8_6659_fd93
    return Float(h >> 40) * 0x1p-23 - 1
  }
}
