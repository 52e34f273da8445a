#if arch(x86_64)
  import Interactions
  import TestSupport
  import Testing

  extension InteractionsTests {
    @Suite struct Derivatives {
      static let models: [PairModel] = [
        .polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1),
        .polydisperseIPL(exponent: 12, smoothing: 2, cutoff: 1.25, nonadditivity: 0.2),
        .polydisperseIPL(exponent: 6, smoothing: 4, cutoff: 1.6, nonadditivity: 0),
        .bidisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4),
        .bidisperseIPL(exponent: 18, smoothing: 3, cutoff: 1.3),
        .binaryLJ(cutoff: 2.5, truncation: .plain), .binaryLJ(cutoff: 2.5, truncation: .energyShift),
        .binaryLJ(cutoff: 2.5, truncation: .forceShift), .binaryLJ(cutoff: 2.5, truncation: .smooth),
        .binaryLJ(cutoff: 1.7, truncation: .smooth), .harmonic, .hertz,
      ]

      /// Pairs of parameters of all kinds that the model knows.
      static func pairs(_ model: PairModel) -> [(Double, Double)] {
        model.parameter == .species ? [(0, 0), (0, 1), (1, 0), (1, 1)] : [(1, 1), (1, 2.22), (1.7, 1.2), (2.22, 2.22)]
      }

      static func values(_ p: PairDerivatives) -> [Double] { [p.energy, p.first, p.second, p.third, p.fourth] }

      /// Against the analytic derivatives of an independent sum of powers. Tolerance: the engine works in doubles, so
      /// each term of size s is off by a few dozen 2⁻⁵³ s: λ, r/λ and up to 18 multiplications round (64 units of
      /// rounding).
      @Test(arguments: models.indices) func againstExtendedPrecision(index: Int) {
        let model = Self.models[index]
        let potential = ReferencePotential(model)
        let compiled = model.compiled(dimension: 2)
        var generator = Generator(seed: 11 + UInt64(index))
        for (a, b) in Self.pairs(model) {
          let cutoff = compiled.cutoff(a, b)
          #expect(abs(Float80(cutoff) - potential.cutoff(a, b)) <= 0x1p-51 * Float80(cutoff))
          for _ in 0..<200 {
            let r = generator.uniform((0.5 * cutoff)...(0.9999 * cutoff))
            let found = Self.values(compiled.derivatives(r, a, b))
            for order in 0...4 {
              let expected = potential.derivative(order, Float80(r), a, b)
              #expect(
                abs(Float80(found[order]) - expected.value) <= 64 * 0x1p-53 * expected.scale,
                "\(model), pair \(a) \(b), r = \(r), derivative \(order): \(found[order]), not \(expected.value)")
            }
          }
        }
      }

      /// Against central differences of the energy alone, so that nothing but φ(r) is taken from the reference. Nine
      /// points of step h have errors of h⁸φ⁽ⁿ⁺⁸⁾/1000 and 2⁻⁶⁴φ/hⁿ: below 1e-9 of the terms of the derivative at h =
      /// r/500.
      @Test(arguments: models.indices) func againstFiniteDifferences(index: Int) {
        let model = Self.models[index]
        let potential = ReferencePotential(model)
        let compiled = model.compiled(dimension: 3)
        let weights: [[Float80]] = [
          [1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280],
          [-1 / 560, 8 / 315, -1 / 5, 8 / 5, -205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560],
          [-7 / 240, 3 / 10, -169 / 120, 61 / 30, 0, -61 / 30, 169 / 120, -3 / 10, 7 / 240],
          [7 / 240, -2 / 5, 169 / 60, -122 / 15, 91 / 8, -122 / 15, 169 / 60, -2 / 5, 7 / 240],
        ]
        for (a, b) in Self.pairs(model) {
          let cutoff = potential.cutoff(a, b)
          for fraction: Float80 in [0.6, 0.71, 0.83, 0.95] {
            let r = Float80(Double(cutoff * fraction))
            let h = r / 500
            let energies = (-4...4).map { potential.energy(r + Float80($0) * h, a, b) }
            let found = Self.values(compiled.derivatives(Double(r), a, b))
            var unit: Float80 = 1
            for order in 1...4 {
              unit *= h
              let difference = zip(weights[order - 1], energies).map { $0 * $1 }.reduce(0, +) / unit
              // Third and fourth differences of nine points are of sixth order.
              let tolerance: Float80 = order < 3 ? 1e-9 : 1e-8
              let size = potential.derivative(order, r, a, b).scale + abs(energies[4]) / unit * 1e-9
              #expect(
                abs(Float80(found[order]) - difference) <= tolerance * size,
                "\(model), pair \(a) \(b), r = \(r), derivative \(order): \(found[order]), not \(difference)")
            }
          }
        }
      }

      /// The four numbers of Physics.md 2, and the conditions that define them.
      @Test func smoothingCoefficientsOfThePaper() {
        let expected = [-1.9360103298820364, 2.4694009309719855, -1.079912943573755, 0.1607013308889516]
        let found = smoothingCoefficients(exponent: 10, smoothing: 3, cutoff: 1.4)
        #expect(found.count == 4)
        // The closed form has some twenty roundings.
        for (f, e) in zip(found, expected) { #expect(abs(f - e) <= 20 * 0x1p-53 * abs(e), "\(f), not \(e)") }
        for (beta, q, cutoff) in [(10, 3, 1.4), (12, 2, 1.25), (6, 4, 1.6), (4, 0, 2.0), (8, 1, 1.5)] {
          let exact = PowerSum([(1, -beta)]).smoothed(at: Float80(cutoff), by: (0...q).map { 2 * $0 }).terms.dropFirst()
          for (f, e) in zip(smoothingCoefficients(exponent: beta, smoothing: q, cutoff: cutoff), exact) {
            #expect(abs(Float80(f) - e.coefficient) <= 40 * 0x1p-53 * abs(e.coefficient), "β = \(beta), q = \(q)")
          }
        }
      }

      /// What vanishes at the cutoff: φ to φ⁽q⁾ for a smoothed power law, φ to φ''' for smooth LJ, φ and φ' for a
      /// shifted force, φ for a shifted energy. What does not vanish must be seen, or the test would pass for φ = 0.
      @Test func continuityAtTheCutoff() {
        let orders: [(PairModel, Int)] = [
          (.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1), 3),
          (.polydisperseIPL(exponent: 12, smoothing: 2, cutoff: 1.25, nonadditivity: 0.2), 2),
          (.bidisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4), 3),
          (.bidisperseIPL(exponent: 6, smoothing: 1, cutoff: 1.4), 1),
          (.binaryLJ(cutoff: 2.5, truncation: .smooth), 3), (.binaryLJ(cutoff: 2.5, truncation: .forceShift), 1),
          (.binaryLJ(cutoff: 2.5, truncation: .energyShift), 0), (.binaryLJ(cutoff: 2.5, truncation: .plain), -1),
          (.harmonic, 1), (.hertz, 1),
        ]
        for (model, vanishing) in orders {
          let compiled = model.compiled(dimension: 2)
          let potential = ReferencePotential(model)
          for (a, b) in Self.pairs(model) {
            let cutoff = compiled.cutoff(a, b)
            #expect(compiled.derivatives(cutoff.nextUp, a, b) == .zero)
            #expect(compiled.derivatives(2 * cutoff, a, b) == .zero)
            let found = Self.values(compiled.derivatives(cutoff * (1 - 0x1p-52), a, b))
            for order in 0...4 {
              // One ulp inside, φ⁽ᵏ⁾ is its rounding error plus an ulp times φ⁽ᵏ⁺¹⁾.
              let rounding =
                64 * 0x1p-52 * max(Double(potential.derivative(order, Float80(cutoff) * 0.999, a, b).scale), 1 / cutoff)
              if order <= vanishing {
                #expect(abs(found[order]) <= rounding, "\(model), pair \(a) \(b), derivative \(order): \(found[order])")
              } else if order == vanishing + 1 && model != .hertz {
                #expect(abs(found[order]) > 1000 * rounding, "\(model), pair \(a) \(b), derivative \(order) vanishes")
              }
            }
          }
        }
        // φ'''' of the power law of the papers jumps by 242 ε/λ⁴ (Physics.md 2, three digits).
        let jump = InteractionsTests.Derivatives.models[0].compiled(dimension: 2).derivatives(1.4.nextDown, 1, 1).fourth
        #expect(abs(jump - 242) < 0.5)
      }
    }
  }
#endif
