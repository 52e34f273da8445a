/// Element matrices ∫ ∂_γ w_a ∂_δ w_b over the unit cell, for the multilinear shape functions w of its corners a, b.
struct ElementStiffness {
  let dimension: Int
  /// Returns the pairs γ ≤ δ in the order xx, xy, yy or xx, yy, zz, xy, xz, yz.
  static func pairs(_ dimension: Int) -> [(Int, Int)] {
    dimension == 2 ? [(0, 0), (0, 1), (1, 1)] : [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]
  }

  /// Integrals for all corners and pairs: entry [(a · corners + b) · pairs + pair]. For γ ≠ δ
  /// it is the sum of both orders.
  let entries: [Float]
  let cornerCount: Int

  init(dimension: Int) {
    self.dimension = dimension
    cornerCount = 1 << dimension
    var entries: [Float] = []
    for a in 0..<cornerCount {
      for b in 0..<cornerCount {
        for (gamma, delta) in Self.pairs(dimension) {
          let one = Self.integral(a, b, gamma, delta, dimension)
          entries.append(Float(gamma == delta ? one : one + Self.integral(a, b, delta, gamma, dimension)))
        }
      }
    }
    self.entries = entries
  }

  private static func integral(_ a: Int, _ b: Int, _ gamma: Int, _ delta: Int, _ dimension: Int) -> Double {
    var product = 1.0
    for axis in 0..<dimension {
      let p = (a >> axis) & 1
      let q = (b >> axis) & 1
      let slope = { (end: Int) in end == 1 ? 1.0 : -1.0 }
      switch (axis == gamma, axis == delta) {
      case (true, true): product *= slope(p) * slope(q)
      case (true, false): product *= slope(p) / 2
      case (false, true): product *= slope(q) / 2
      case (false, false): product *= p == q ? 1.0 / 3 : 1.0 / 6
      }
    }
    return product
  }
}
