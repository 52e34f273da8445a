import Geometry
import Interactions
import Particles
import StrainExpansion
import TestSupport
import Testing

extension StrainExpansionTests {
  @Suite(.serialized) struct Operators {
    static let systems: [(PairModel, [Int], Double)] = [
      (Glass.polydisperse, [9, 8], 1.3), (.binaryLJ(cutoff: 2.5, truncation: .smooth), [6, 6, 7], 1.0),
      (.bidisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4), [8, 9], 1.1),
    ]

    static func displacement(_ system: ParticleSystem, seed: UInt64) throws -> StrainedDisplacement {
      let field = system.makeField(width: system.dimension)
      for i in 0..<system.ownedCount {
        var generator = Generator(seed: seed &* 1_000_003 &+ UInt64(system.id(i)))
        for k in 0..<system.dimension { field.values[i * system.dimension + k] = generator.uniform(-1...1) }
      }
      try system.gather(field)
      return StrainedDisplacement(gradient: Tensor(), field: field)
    }

    /// Each tensor is the derivative of the one before: the central difference of H·v along u is T:vu, that of T:vu
    /// along w is M∴vuw. The error falls as h²; at h = 1e-5, relative to the largest entry, third derivatives of φ over
    /// lengths of 0.1 give 1e-10 × 100, and rounding 1e-16/1e-5 × the ratio of the terms: 1e-6 catches any wrong term.
    @Test(arguments: 0..<3) func differencesOfOneAreTheNext(which: Int) throws {
      let (model, counts, spacing) = Self.systems[which]
      let d = counts.count
      let edges = counts.indices.map { a in counts.indices.map { $0 == a ? spacing * Double(counts[a]) : 0.0 } }
      let system = try Samples.system(
        Samples.grid(counts, edges: edges, disorder: 0.2, largestSize: 1.3, seed: 5), model)
      try system.evaluate()
      let v = try Self.displacement(system, seed: 1)
      let u = try Self.displacement(system, seed: 2)
      let w = try Self.displacement(system, seed: 3)
      let count = system.ownedCount * d
      func at(
        _ shift: Double, along direction: StrainedDisplacement, _ work: (EnergyDerivatives, ParticleField) -> Void
      ) throws -> [Double] {
        system.move(along: direction.field!.values, by: shift)
        try system.evaluate()
        // Ghosts may stand elsewhere in the arrays after moving.
        for displacement in [v, u, w] { try system.gather(displacement.field!) }
        let result = system.makeField(width: d)
        work(EnergyDerivatives(system, system.makeBondNetwork()), result)
        let values = (0..<count).map { result.values[$0] }
        system.move(along: direction.field!.values, by: -shift)
        return values
      }
      func compare(
        _ along: StrainedDisplacement, _ lower: (EnergyDerivatives, ParticleField) -> Void,
        _ upper: (EnergyDerivatives, ParticleField) -> Void, _ note: String
      ) throws {
        let h = 1e-5
        let plus = try at(h, along: along, lower)
        let minus = try at(-h, along: along, lower)
        let exact = try at(0, along: along, upper)
        let largest = exact.map(abs).max()!
        #expect(largest > 1)
        let error = (0..<count).map { abs((plus[$0] - minus[$0]) / (2 * h) - exact[$0]) }.max()!
        #expect(error <= 1e-6 * largest, "\(note): \(error / largest)")
      }
      try compare(u, { $0.addHessian(v, to: $1) }, { $0.addThird(v, u, to: $1) }, "T")
      try compare(w, { $0.addThird(v, u, to: $1) }, { $0.addFourth(v, u, w, to: $1) }, "M")

      // Full contractions are the products of the vectors with one displacement more, in any order: rounding alone.
      try system.evaluate()
      for displacement in [v, u, w] { try system.gather(displacement.field!) }
      let derivatives = EnergyDerivatives(system, system.makeBondNetwork())
      let vector = system.makeField(width: d)
      derivatives.addThird(v, u, to: vector)
      let third = try system.dot(vector.values, w.field!.values)
      for i in 0..<count { vector.values[i] = 0 }
      derivatives.addFourth(v, v, u, to: vector)
      let fourth = try system.dot(vector.values, w.field!.values)
      #expect(isClose(third, try derivatives.contraction(v, u, w), 1e-12))
      #expect(isClose(third, try derivatives.contraction(w, v, u), 1e-12))
      #expect(isClose(fourth, try derivatives.contraction(v, v, u, w), 1e-12))
      #expect(isClose(fourth, try derivatives.contraction(u, w, v, v), 1e-12))
      #expect(isClose(try derivatives.contraction(v, u), try derivatives.contraction(u, v), 1e-12))
      // The kernel of the linear solver multiplies with the same matrix.
      let product = system.makeField(width: d)
      try system.multiplyHessian(v.field!, into: product)
      #expect(isClose(try system.dot(product.values, u.field!.values), try derivatives.contraction(v, u), 1e-12))
    }
  }
}
