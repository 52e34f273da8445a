import Geometry
import Interactions
import Particles
import QuasistaticShear
import Statics
import StrainExpansion
import TestSupport
import Testing

extension StrainExpansionTests {
  /// Coefficients against glasses that were really strained and minimised again.
  @Suite(.serialized) struct Differences {
    /// Energy and stress derivatives up to second order at a strain, computed there from a fresh minimum.
    static func coefficients(_ system: ParticleSystem, _ loading: Loading, at strain: Double) throws -> [Double] {
      try loading.deform(system, to: strain)
      let result = try Minimization(method: .newton, tolerance: .floor, maximumEvaluations: 200_000)
        .run(system, from: .nearEquilibrium)
      try #require(result.reason == .converged)
      let glass = try Glass(system)
      let expansion = try glass.expansion(loading.mode)
      let totals = try system.totals()
      let d = system.dimension
      var values = [totals.energy] + expansion.energy.prefix(2)
      for n in 0..<3 { values += expansion.stress[n].block(d).flatMap { $0 } }
      return values
    }

    /// The central difference of the coefficients of order n − 1 approaches those of order n as h²: 4 times closer for
    /// half the step, to within a tenth (the term in h⁴), and within 1e-4 at the smaller one.
    @Test(arguments: [2, 3], ["shear", "dilation", "pure", "matrix"])
    func derivativesOfOneOrderAreTheNext(dimension: Int, deformation: String) throws {
      let mode: Loading.Mode =
        switch deformation {
        case "shear": .simpleShear(flow: dimension - 1, gradient: 0)
        case "dilation": .dilation
        case "pure": .pureShear(0, 1)
        default:
          .matrix(
            Tensor(
              [[0.3, 0.5, 0], [-0.2, 0.1, 0.4], [0, 0, 0]].map { Array($0.prefix(dimension)) }.prefix(dimension).map {
                $0
              }))
        }
      // One smoothing term more than usual: the fourth derivative does not jump where a pair crosses its cutoff, which
      // would show in third order.
      let system = try Glass.minimised(
        .polydisperseIPL(exponent: 10, smoothing: 4, cutoff: 1.4, nonadditivity: 0.1),
        dimension == 2 ? [10, 9] : [6, 6, 5], spacing: dimension == 2 ? 1.2 : 1.25, seed: 12)
      let glass = try Glass(system)
      let exact = try glass.expansion(mode)
      let d = dimension
      let target = exact.energy + (1...3).flatMap { exact.stress[$0].block(d).flatMap { $0 } }
      let saved = system.save()
      var errors: [[Double]] = []
      // Far below the strain of the nearest instability.
      for h in [1e-5, 5e-6] {
        var difference: [Double] = []
        var sides: [[Double]] = []
        for strain in [h, -h] {
          try system.restore(saved)
          let loading = Loading(mode, of: system)
          sides.append(try Self.coefficients(system, loading, at: strain))
        }
        difference = zip(sides[0], sides[1]).map { ($0 - $1) / (2 * h) }
        errors.append(zip(difference, target).map { $0 - $1 })
      }
      // Orders: three energies, then three tensors; each compared to the largest of its order.
      var place = 0
      for (n, width) in [1, 1, 1, d * d, d * d, d * d].enumerated() {
        let range = place..<(place + width)
        place += width
        let size = target[range].map(abs).max()!
        let coarse = errors[0][range].map(abs).max()! / size
        let fine = errors[1][range].map(abs).max()! / size
        #expect(fine < 1e-4, "\(deformation) \(d)D, quantity \(n): \(fine)")
        // Below 1e-9 rounding (1e-16/1e-5, times the ratio of the terms) hides the law.
        if fine > 3e-9 {
          #expect((3.4...4.6).contains(coarse / fine), "\(deformation) \(d)D, quantity \(n): \(coarse) → \(fine)")
        }
      }
    }

    /// C is symmetric under the exchange of the two indices of a pair and of the pairs, though B is not; both to what
    /// the solves leave. σ = B : A for a rotation turns the stress, which no solve knows.
    @Test(arguments: [2, 3]) func elasticTensorHasItsSymmetries(dimension: Int) throws {
      let d = dimension
      let system = try Glass.minimised(
        .binaryLJ(cutoff: 2.5, truncation: .smooth), d == 2 ? [12, 11] : [7, 6, 6], spacing: d == 2 ? 0.95 : 0.98,
        seed: 17)
      let glass = try Glass(system)
      let moduli = try ElasticModuli(system, glass.bonds, solver: glass.solver, tolerance: 1e-12)
      let c = moduli.greenStiffness
      let largest = c.flatMap { $0 }.map(abs).max()!
      let stress = try system.totals().stress
      for i in 0..<d {
        for j in 0..<d {
          for k in 0..<d {
            for l in 0..<d {
              let value = c[i * d + j][k * d + l]
              for other in [c[j * d + i][k * d + l], c[i * d + j][l * d + k], c[k * d + l][i * d + j]] {
                #expect(abs(value - other) <= 1e-10 * largest, "\(i)\(j)\(k)\(l): \(value), \(other)")
              }
              // dσ/dA for A = e_k⊗e_l − e_l⊗e_k is Aσ − σA.
              let turned =
                (i == k ? stress[l, j] : 0) - (i == l ? stress[k, j] : 0) - (l == j ? stress[i, k] : 0)
                + (k == j ? stress[i, l] : 0)
              let found = moduli.stressStiffness[i * d + j][k * d + l] - moduli.stressStiffness[i * d + j][l * d + k]
              #expect(abs(found - turned) <= 1e-10 * largest, "rotation \(i)\(j)\(k)\(l): \(found), \(turned)")
            }
          }
        }
      }
    }
  }
}
