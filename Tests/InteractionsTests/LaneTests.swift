import Geometry
import TestSupport
import Testing

@testable import Interactions

extension InteractionsTests {
  /// The formulas of the kernels, several pairs at a time, against the scalar ones of the same potential.
  @Suite struct LanesAgainstScalars {
    /// Numbers as lanes, through memory as the kernels read them.
    static func lanes(_ values: [Double]) -> Lanes {
      let index = (0..<Lanes.count).map { Int32($0) }
      return values.withUnsafeBufferPointer { v in
        index.withUnsafeBufferPointer { Lanes(gathering: v.baseAddress!, at: $0.baseAddress!, stride: 1) }
      }
    }

    /// Tolerance: both sides round each term about twenty times; `scale` is the size of the largest terms, which cancel
    /// near the cutoff. 64 units of rounding.
    func compare<P: PairPotential>(_ potential: P, _ pairs: [(Double, Double)], seed: UInt64, scale: Double) {
      var generator = Generator(seed: seed)
      let epsilon = 64 * 0x1p-53
      for (a, b) in pairs {
        let cutoff = potential.cutoff(a, b)
        let row = potential.row(Lanes(a))
        let pairScale = potential.scale(Lanes(a), Lanes(b))
        #expect(potential.cutoff(Lanes(a), Lanes(b))[0] == cutoff, "the cutoff of \(a), \(b) in lanes")
        for _ in 0..<100 {
          let distances = (0..<Lanes.count).map { _ in generator.uniform((0.5 * cutoff)...(1.2 * cutoff)) }
          let squares = Self.lanes(distances.map { $0 * $0 })
          let (energy, first) = potential.interaction(row, Lanes(b), pairScale, squares)
          let (firstAgain, second) = potential.stiffness(row, Lanes(b), pairScale, squares)
          for (lane, r) in distances.enumerated() {
            if abs(r - cutoff) < 1e-14 * cutoff { continue }
            let p = potential.derivatives(r, a, b)
            let expected = (p.first / r, p.second / (r * r) - p.first / (r * r * r))
            // Terms of the power law, at most (λ/r)^β times derivatives' factors: estimated from the derivatives, from
            // below by `scale`, the size of the cancelling terms at the cutoff.
            let size = (
              abs(p.energy) + scale, abs(expected.0) + scale / (r * r) * 12,
              abs(p.second / (r * r)) + abs(expected.0) / (r * r) + scale / (r * r * r * r) * 200
            )
            let note = "pair \(a) \(b), r = \(r), seed \(seed), \(P.self)"
            if r > cutoff {
              #expect(energy[lane] == 0 && first[lane] == 0 && firstAgain[lane] == 0 && second[lane] == 0, "\(note)")
            } else {
              #expect(
                abs(energy[lane] - p.energy) <= epsilon * size.0, "energy, \(note): \(energy[lane]), not \(p.energy)")
              #expect(
                abs(first[lane] - expected.0) <= epsilon * size.1, "first, \(note): \(first[lane]), not \(expected.0)")
              #expect(abs(firstAgain[lane] - expected.0) <= epsilon * size.1, "first again, \(note)")
              #expect(
                abs(second[lane] - expected.1) <= epsilon * size.2,
                "second, \(note): \(second[lane]), not \(expected.1)")
            }
          }
        }
        // Exactly nothing at the cutoff, beyond it, and of a particle with itself.
        for square in [cutoff * cutoff * (1 + 0x1p-50), 4 * cutoff * cutoff, 1e30, 0] {
          let (energy, first) = potential.interaction(row, Lanes(b), pairScale, Lanes(square))
          let (again, second) = potential.stiffness(row, Lanes(b), pairScale, Lanes(square))
          for value in [energy[1], first[1], again[1], second[1]] { #expect(value == 0, "r² = \(square)") }
        }
      }
    }

    private let sizes = [(1.0, 1.0), (1, 2.22), (1.7, 1.2), (2.22, 2.22)]
    private let species = [(0.0, 0.0), (0, 1), (1, 0), (1, 1)]

    @Test func inversePowerLaw() {
      let mixed = MixedSizes(nonadditivity: 0.1)
      let two = TwoSpeciesSizes(aa: 1, ab: 1.18, bb: 1.4)
      // The smoothing polynomial has terms up to 2.5 x² ≈ 5.
      compare(InversePowerLaw(sizes: mixed, shape: TenthPower(cutoff: 1.4)), sizes, seed: 1, scale: 5)
      compare(InversePowerLaw(sizes: two, shape: TenthPower(cutoff: 1.4)), species, seed: 2, scale: 5)
      compare(
        InversePowerLaw(sizes: mixed, shape: EvenPower(exponent: 12, smoothing: 2, cutoff: 1.25)), sizes, seed: 3,
        scale: 5)
      compare(
        InversePowerLaw(sizes: two, shape: EvenPower(exponent: 6, smoothing: 4, cutoff: 1.6)), species, seed: 4,
        scale: 20)
    }

    @Test func lennardJones() {
      compare(LennardJones<PlainCutoff>(cutoff: 2.5), species, seed: 5, scale: 0.1)
      compare(LennardJones<EnergyShift>(cutoff: 2.5), species, seed: 6, scale: 0.1)
      compare(LennardJones<ForceShift>(cutoff: 2.5), species, seed: 7, scale: 0.2)
      compare(LennardJones<SmoothCutoff>(cutoff: 2.5), species, seed: 8, scale: 3)
    }

    @Test func softSpheres() {
      compare(SoftSphere(law: HarmonicContact()), sizes, seed: 9, scale: 1)
      // The root of a small overlap amplifies its rounding: 1/(2√δ), with δ > 1e-4 in all but a few draws.
      compare(SoftSphere(law: HertzContact()), sizes, seed: 10, scale: 2)
    }

    /// The profile that is known at compile time and the general one are the same function: they differ by rounding of
    /// terms up to (λ/r)¹⁰ and its derivatives (factors 10 and 120), 64 units.
    @Test func tenthPowerIsEvenPower() {
      let tenth = TenthPower(cutoff: 1.4)
      let even = EvenPower(exponent: 10, smoothing: 3, cutoff: 1.4)
      var generator = Generator(seed: 12)
      for _ in 0..<500 {
        let u = generator.uniform(0.25...1.95)
        let inverse = 1 / u
        var size = 5.0
        for _ in 0..<4 { size = max(size, 1 / (u * u * u * u * u)) }
        let (f, g) = tenth.valueAndDoubleSlope(Lanes(u))
        let (p, q) = even.valueAndDoubleSlope(Lanes(u))
        let (s, c) = tenth.doubleSlopeAndCurvature(Lanes(u))
        let (t, k) = even.doubleSlopeAndCurvature(Lanes(u))
        let epsilon = 64 * 0x1p-53 * size
        #expect(abs(f[0] - p[0]) <= epsilon, "u = \(u)")
        #expect(abs(g[0] - q[0]) <= 12 * epsilon * max(1, inverse), "u = \(u)")
        #expect(abs(s[0] - t[0]) <= 12 * epsilon * max(1, inverse), "u = \(u)")
        #expect(abs(c[0] - k[0]) <= 144 * epsilon * max(1, inverse * inverse), "u = \(u)")
        let d = tenth.derivatives(u)
        let e = even.derivatives(u)
        let factor = max(1, inverse)
        for (x, y, weight) in [
          (d.0, e.0, 1.0), (d.1, e.1, 6 * factor), (d.2, e.2, 36 * factor * factor),
          (d.3, e.3, 250 * factor * factor * factor), (d.4, e.4, 2000 * factor * factor * factor * factor),
        ] {
          #expect(abs(x - y) <= weight * epsilon, "u = \(u)")
        }
      }
    }

    /// Lane arithmetic is that of doubles; the product-sum may be fused.
    @Test func arithmetic() {
      var generator = Generator(seed: 13)
      let a = (0..<Lanes.count).map { _ in generator.uniform(-3...3) }
      let b = (0..<Lanes.count).map { _ in generator.uniform(0.1...3) }
      let (x, y) = (Self.lanes(a), Self.lanes(b))
      for lane in 0..<Lanes.count {
        #expect((x + y)[lane] == a[lane] + b[lane])
        #expect((x - y)[lane] == a[lane] - b[lane])
        #expect((x * y)[lane] == a[lane] * b[lane])
        #expect((x / y)[lane] == a[lane] / b[lane])
        #expect(y.squareRoot[lane] == b[lane].squareRoot())
        #expect(x.magnitude[lane] == abs(a[lane]))
        let fused = a[lane].addingProduct(0, 0) * b[lane] + 1
        let exact = (1.0).addingProduct(a[lane], b[lane])
        let found = x.times(y, plus: Lanes(1))[lane]
        #expect(found == fused || found == exact)
        #expect((x.isLess(than: y)[lane] != 0) == (a[lane] < b[lane]))
        #expect(x.isLess(than: y).select(x, else: y)[lane] == min(a[lane], b[lane]))
      }
    }
  }
}
