import Geometry
import Interactions
import MessagePassing
import Particles
import TestSupport
import Testing

extension ParticlesTests {
  /// Forces, stress and Hessian as derivatives of one another, by central differences.
  @Suite(.serialized) struct Differentiation {
    static let models: [PairModel] = [
      .polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1),
      .bidisperseIPL(exponent: 8, smoothing: 3, cutoff: 1.4), .binaryLJ(cutoff: 2.0, truncation: .smooth),
    ]
    static let boxes: [([Int], [[Double]])] = [
      ([9, 8], [[13, 0], [5.5, 11]]), ([9, 8], [[13, 0], [-6.5, 11]]),
      ([5, 5, 5], [[6.5, 0, 0], [2.5, 6.3, 0], [-3, 2, 6.6]]),
    ]

    /// σ V = dE/dε for every component of the strain, also antisymmetric ones (a rotation costs nothing: the tensor is
    /// symmetric). With strains of ±h and ±2h the error is h⁴E⁽⁵⁾ and 1e-16 E/h: at h = 1e-4 below 1e-8 of the largest.
    @Test(arguments: models) func stressIsTheStrainDerivativeOfTheEnergy(model: PairModel) throws {
      for (counts, edges) in Self.boxes {
        let system = try Samples.system(Samples.grid(counts, edges: edges, disorder: 0.15, seed: 31), model)
        let d = system.dimension
        try system.evaluate(.forcesEnergyAndStress)
        let totals = try system.totals()
        let volume = system.cell.volume
        let start = system.save()
        let startEdges = system.cell.edges
        func energy(_ strain: Tensor) throws -> Double {
          try system.restore(start)
          let map = Tensor.identity + strain
          var strained = Tensor()
          for k in 0..<3 { strained[k] = map * startEdges[k] }
          try system.deform(by: map, edges: strained, strain: 0)
          try system.evaluate(.forcesEnergyAndStress)
          return try system.totals().energy
        }
        let h = 1e-4
        let size = (0..<d).map { abs(totals.stress[$0, $0]) }.max()!
        for k in 0..<d {
          for m in 0..<d {
            func at(_ x: Double) throws -> Double {
              var strain = Tensor()
              strain[k, m] = x
              return try energy(strain)
            }
            let difference = try (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h * volume)
            #expect(
              abs(difference - totals.stress[k, m]) <= 2e-8 * size,
              "\(model), \(d)D, component \(k) \(m): \(totals.stress[k, m]), not \(difference)")
          }
        }
        for k in 0..<d { for m in 0..<k { #expect(totals.stress[k, m] == totals.stress[m, k]) } }
      }
    }

    /// H·v against the forces at ±h v and ±2h v; the diagonal blocks against H applied to unit vectors of one particle.
    @Test(arguments: models) func hessian(model: PairModel) throws {
      for (counts, edges) in Self.boxes {
        let system = try Samples.system(Samples.grid(counts, edges: edges, disorder: 0.15, seed: 32), model)
        let d = system.dimension
        let n = system.ownedCount * d
        try system.evaluate()
        let direction = system.makeField(width: d)
        let product = system.makeField(width: d)
        var generator = Generator(seed: 33)
        for k in 0..<n { direction.values[k] = generator.uniform(-1...1) }
        try system.multiplyHessian(direction, into: product)
        let found = (0..<n).map { product.values[$0] }
        // The order of storage does not change while nothing is listed anew.
        let rebuilds = system.statistics.rebuilds
        func forces(_ x: Double) throws -> [Double] {
          system.move(along: direction.values, by: x)
          try system.evaluate()
          let result = (0..<n).map { system.forces[$0] }
          system.move(along: direction.values, by: -x)
          return result
        }
        let h = 1e-4
        let (a, b, c, e) = try (forces(h), forces(-h), forces(2 * h), forces(-2 * h))
        #expect(system.statistics.rebuilds == rebuilds)
        let size = found.map { abs($0) }.max()!
        for k in 0..<n {
          let difference = -(8 * (a[k] - b[k]) - (c[k] - e[k])) / (12 * h)
          // As above; positions are rounded to quanta, 1e-15/h relative.
          #expect(
            abs(difference - found[k]) <= 1e-8 * size, "\(model), \(d)D, entry \(k): \(found[k]), not \(difference)")
        }
        try system.evaluate()
        let blocks = system.makeField(width: d * d)
        system.hessianDiagonal(into: blocks)
        for i in [0, system.ownedCount / 2, system.ownedCount - 1] {
          for k in 0..<d {
            for q in 0..<n { direction.values[q] = 0 }
            direction.values[i * d + k] = 1
            try system.multiplyHessian(direction, into: product)
            for m in 0..<d {
              let block = blocks.values[i * d * d + m * d + k]
              #expect(abs(product.values[i * d + m] - block) <= 1e-13 * size, "\(model), \(d)D, particle \(i)")
            }
          }
        }
        // A translation meets no force: the sum of each row's entries cancels to rounding.
        for q in 0..<n { direction.values[q] = q % d == 0 ? 1 : 0 }
        try system.multiplyHessian(direction, into: product)
        #expect((0..<n).allSatisfy { product.values[$0] == 0 })
      }
    }

    /// Forces add up to nothing: exactly opposite pairs, so only the rounding of sums is left.
    @Test(arguments: models) func newtonsThirdLaw(model: PairModel) throws {
      for (counts, edges) in Self.boxes {
        let system = try Samples.system(Samples.grid(counts, edges: edges, disorder: 0.15, seed: 34), model)
        try system.evaluate()
        let d = system.dimension
        let sum = try system.sum(ofField: system.forces, width: d)
        let largest = try system.largestComponent(system.forces, width: d)
        for k in 0..<d { #expect(abs(sum[k]) <= 1e-14 * largest * Double(system.totalCount), "\(model)") }
      }
    }
  }
}
