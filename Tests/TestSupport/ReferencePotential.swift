#if arch(x86_64)
  import Interactions

  /// A pair potential in extended precision, from the formulas of the papers and independent of the engine: a sum of
  /// powers of r, whose smoothing terms are found by solving the conditions at the cutoff, not from the closed form.
  public struct ReferencePotential {
    /// The value of the derivative of an order, and the sum of the magnitudes of its terms: the size that rounding
    /// scales with.
    public typealias Estimate = (value: Float80, scale: Float80)

    public let cutoff: (_ a: Double, _ b: Double) -> Float80
    public let derivative: (_ order: Int, _ r: Float80, _ a: Double, _ b: Double) -> Estimate

    public func energy(_ r: Float80, _ a: Double, _ b: Double) -> Float80 { derivative(0, r, a, b).value }

    public init(_ model: PairModel) {
      switch model {
      case .polydisperseIPL(let beta, let q, let cut, let nonadditivity):
        self.init(ipl: beta, q, Float80(cut)) { a, b in
          (Float80(a) + Float80(b)) / 2 * (1 - Float80(nonadditivity) * abs(Float80(a) - Float80(b)))
        }
      case .bidisperseIPL(let beta, let q, let cut):
        // The lengths are the doubles closest to 1.18 and 1.4.
        self.init(ipl: beta, q, Float80(cut)) { a, b in [1, Float80(1.18), Float80(1.4)][Int(a + b)] }
      case .binaryLJ(let cut, let truncation):
        let cutoff = Float80(cut)
        let terms = (0...2).map { Self.lennardJones(pair: $0, cutoff: cutoff, truncation) }
        self.init(
          cutoff: { _, _ in cutoff },
          derivative: { order, r, a, b in r < cutoff ? terms[Int(a + b)].derivative(order, r) : (0, 0) })
      case .harmonic: self.init(contact: 2, prefactor: 0.5)
      case .hertz: self.init(contact: 2.5, prefactor: 2 / Float80(5))
      }
    }

    private init(
      cutoff: @escaping (Double, Double) -> Float80, derivative: @escaping (Int, Float80, Double, Double) -> Estimate
    ) {
      self.cutoff = cutoff
      self.derivative = derivative
    }

    private init(ipl beta: Int, _ q: Int, _ cut: Float80, length: @escaping (Double, Double) -> Float80) {
      let bare = PowerSum([(1, -beta)])
      let profile = bare.smoothed(at: cut, by: (0...q).map { 2 * $0 })
      cutoff = { cut * length($0, $1) }
      derivative = { order, r, a, b in
        let lambda = length(a, b)
        let x = r / lambda
        guard x < cut else { return (0, 0) }
        let f = profile.derivative(order, x)
        var unit: Float80 = 1
        for _ in 0..<order { unit /= lambda }
        return (f.value * unit, f.scale * unit)
      }
    }

    private static func lennardJones(pair: Int, cutoff: Float80, _ truncation: PairModel.Truncation) -> PowerSum {
      let epsilon: Float80 = [1, 1.5, 0.5][pair]
      let sigma: Float80 = [1, Float80(0.8), Float80(0.88)][pair]
      var s6: Float80 = 1
      for _ in 0..<6 { s6 *= sigma }
      let bare = PowerSum([(4 * epsilon * s6 * s6, -12), (-4 * epsilon * s6, -6)])
      switch truncation {
      case .plain: return bare
      case .energyShift: return bare.smoothed(at: cutoff, by: [0])
      case .forceShift: return bare.smoothed(at: cutoff, by: [0, 1])
      case .smooth: return bare.smoothed(at: cutoff, by: [0, 2, 4, 6])
      }
    }

    /// prefactor · (1 − r/λ)^power
    private init(contact power: Float80, prefactor: Float80) {
      func length(_ a: Double, _ b: Double) -> Float80 { (Float80(a) + Float80(b)) / 2 }
      cutoff = length
      derivative = { order, r, a, b in
        let lambda = length(a, b)
        guard r < lambda else { return (0, 0) }
        var factor = prefactor
        for k in 0..<order { factor *= -(power - Float80(k)) / lambda }
        let exponent = power - Float80(order)
        let overlap = 1 - r / lambda
        // Whole and half powers only.
        var value: Float80 = 1
        var whole = Int((exponent * 2).rounded(.towardZero)) / 2
        let half = exponent - Float80(whole)
        if factor == 0 { return (0, 1) }
        while whole > 0 {
          value *= overlap
          whole -= 1
        }
        while whole < 0 {
          value /= overlap
          whole += 1
        }
        if half > 0.1 { value *= overlap.squareRoot() }
        if half < -0.1 { value /= overlap.squareRoot() }
        // The overlap comes from a difference, so its relative error grows as 1/overlap.
        return (factor * value, abs(factor * value) * max(1, abs(exponent)) / overlap)
      }
    }
  }

  /// Σ c rᵖ.
  public struct PowerSum {
    public let terms: [(coefficient: Float80, power: Int)]

    public init(_ terms: [(coefficient: Float80, power: Int)]) { self.terms = terms }

    public func derivative(_ order: Int, _ r: Float80) -> ReferencePotential.Estimate {
      var value: Float80 = 0
      var scale: Float80 = 0
      for (coefficient, power) in terms {
        var term = coefficient
        for k in 0..<order { term *= Float80(power - k) }
        if term == 0 { continue }
        for _ in 0..<abs(power - order) { if power > order { term *= r } else { term /= r } }
        value += term
        scale += abs(term)
      }
      return (value, scale)
    }

    /// With terms of the given powers added, so that the value and as many derivatives as there are conditions vanish
    /// at `cutoff`: a linear system, solved by elimination with pivoting.
    public func smoothed(at cutoff: Float80, by powers: [Int]) -> PowerSum {
      let n = powers.count
      var rows = (0..<n).map { order in
        powers.map { PowerSum([(1, $0)]).derivative(order, cutoff).value } + [-derivative(order, cutoff).value]
      }
      for k in 0..<n {
        let pivot = (k..<n).max { abs(rows[$0][k]) < abs(rows[$1][k]) }!
        rows.swapAt(k, pivot)
        for i in 0..<n where i != k {
          let factor = rows[i][k] / rows[k][k]
          for j in k...n { rows[i][j] -= factor * rows[k][j] }
        }
      }
      return PowerSum(terms + (0..<n).map { (rows[$0][n] / rows[$0][$0], powers[$0]) })
    }
  }
#endif
