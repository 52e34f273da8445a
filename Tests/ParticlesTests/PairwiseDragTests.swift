#if arch(x86_64)
  import Geometry
  import Interactions
  import MessagePassing
  import Particles
  import TestSupport
  import Testing

  extension ParticlesTests {
    /// Pairwise drag against brute force over all images, a dense matrix exponential, and the covariance of its noise.
    @Suite(.serialized) struct Drag {
      struct Box: CustomStringConvertible {
        var name: String
        var counts: [Int]
        var edges: [[Double]]
        var description: String { name }
      }

      /// Barely two list ranges wide or tilted, so that many pairs reach across the boundary.
      static let boxes = [
        Box(name: "2D, small", counts: [4, 5], edges: [[4.85, 0], [0, 6]]),
        Box(name: "2D, tilted", counts: [5, 4], edges: [[6, 0], [3, 5.5]]),
        Box(name: "3D, small", counts: [4, 4, 4], edges: [[4.85, 0, 0], [0, 4.9, 0], [0, 0, 5.2]]),
      ]
      static let models: [PairModel] = [
        .polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1),
        .binaryLJ(cutoff: 2.0, truncation: .energyShift), .harmonic,
      ]

      /// A system that has moved within the skin since its neighbours were listed, and its drag.
      func sample(_ box: Box, _ model: PairModel, seed: UInt64 = 51) throws -> (ParticleSystem, PairwiseDrag) {
        let snapshot = Samples.grid(box.counts, edges: box.edges, disorder: 0.2, largestSize: 1.5, seed: seed)
        let system = try Samples.system(snapshot, model)
        Samples.displace(system, by: 0.05, seed: seed)
        try system.evaluate()
        return (system, try PairwiseDrag(system))
      }

      func randomField(_ system: ParticleSystem, seed: UInt64) -> ParticleField {
        let field = system.makeField(width: system.dimension)
        var generator = Generator(seed: seed)
        for k in 0..<(system.ownedCount * system.dimension) { field.values[k] = generator.uniform(-1...1) }
        return field
      }

      /// Γ, particle by particle, by brute force in extended precision.
      func matrix(_ system: ParticleSystem, _ model: PairModel) -> [[Float80]] {
        let oracle = Oracle(system, model)
        let order = Samples.order(system)
        let n = system.ownedCount
        let parameters = (0..<n).map { model.parameter == .size ? system.diameter($0) : Double(system.species($0)) }
        var matrix = [[Float80]](repeating: [Float80](repeating: 0, count: n), count: n)
        for i in 0..<n {
          for (id, x) in oracle.neighbours[i] {
            let j = order[id]!
            let distance = (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]).squareRoot()
            let gap = 1 - distance / Float80(system.interaction.cutoff(parameters[i], parameters[j]))
            matrix[i][j] -= gap * gap
            matrix[i][i] += gap * gap
          }
        }
        return matrix
      }

      /// A product is a sum of some 30 terms of order one, each with a few roundings: 1e-14 of the bound. Uniform
      /// fields meet no drag at all.
      @Test(arguments: boxes) func product(box: Box) throws {
        for model in Self.models {
          let (system, drag) = try sample(box, model)
          let (n, d) = (system.ownedCount, system.dimension)
          let gamma = matrix(system, model)
          let largest = (0..<n).map { gamma[$0][$0] }.max()!
          try #require(largest > 0.05)
          #expect(abs(Float80(drag.bound) - 2 * largest) < 1e-14 * Float80(drag.bound), "\(box), \(model)")
          let v = randomField(system, seed: 52)
          let u = randomField(system, seed: 53)
          let (a, b) = (system.makeField(width: d), system.makeField(width: d))
          try drag.multiply(v, into: a)
          for i in 0..<n {
            for k in 0..<d {
              let exact = (0..<n).reduce(Float80(0)) { $0 + gamma[i][$1] * Float80(v.values[$1 * d + k]) }
              #expect(abs(Float80(a.values[i * d + k]) - exact) < 1e-14 * Float80(drag.bound), "\(box), \(model)")
            }
          }
          // Symmetric, positive, without force on the whole; v·Γ·v ≤ ‖Γ‖ v·v.
          try drag.multiply(u, into: b)
          let products = try system.dots(
            [(u.values, a.values), (v.values, b.values), (v.values, a.values), (v.values, v.values)], width: d)
          let scale = drag.bound * Double(n * d)
          #expect(abs(products[0] - products[1]) < 1e-14 * scale, "\(box), \(model)")
          #expect(products[2] > 0 && products[2] <= drag.bound * products[3])
          for sum in try system.sum(ofField: a.values, width: d) { #expect(abs(sum) < 1e-14 * scale) }
          for k in 0..<(n * d) { v.values[k] = [0.1, -3.7e5, 1e-9][k % d] }
          try drag.multiply(v, into: a)
          #expect((0..<(n * d)).allSatisfy { a.values[$0] == 0 }, "\(box), \(model)")
        }
      }

      /// The field exp(−h Γ)·v by the dense matrix, in 64 short steps of a series in extended precision.
      func decayed(_ v: [Float80], _ gamma: [[Float80]], by h: Double, _ d: Int) -> [Float80] {
        var v = v
        for _ in 0..<64 {
          var term = v
          for order in 1...14 {
            var next = [Float80](repeating: 0, count: v.count)
            for i in gamma.indices {
              for j in gamma.indices where gamma[i][j] != 0 {
                for k in 0..<d { next[i * d + k] += gamma[i][j] * term[j * d + k] }
              }
            }
            term = next.map { -$0 * Float80(h) / (64 * Float80(order)) }
            for k in v.indices { v[k] += term[k] }
          }
        }
        return v
      }

      /// Within the promised error and the rounding of up to 20 additions per component: twice the tolerance.
      @Test(arguments: boxes.prefix(2)) func decay(box: Box) throws {
        let model = Self.models[1]
        let (system, drag) = try sample(box, model)
        let (n, d) = (system.ownedCount, system.dimension)
        let gamma = matrix(system, model)
        for size in [0, 1e-9, 0.05, 0.2, 1, 7.3] {
          let h = size / drag.bound
          let v = randomField(system, seed: 54)
          let before = (0..<(n * d)).map { v.values[$0] }
          let exact = decayed(before.map { Float80($0) }, gamma, by: h, d)
          try drag.decay(v, by: h)
          let error = (0..<(n * d)).map { Float80(v.values[$0]) - exact[$0] }
          let change = (0..<(n * d)).map { Float80(before[$0]) - exact[$0] }
          func norm(_ x: [Float80]) -> Float80 { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
          #expect(
            norm(error) < 2 * Float80(PairwiseDrag.tolerance) * norm(before.map { Float80($0) }),
            "\(box), h‖Γ‖ = \(size): \(norm(error))")
          #expect(size == 0 ? norm(change) == 0 : norm(change) > 0.01 * Float80(size / (1 + size)), "\(size)")
          for k in 0..<(n * d) { v.values[k] = [0.1, -3.7e5][k % d] }
          try drag.decay(v, by: h)
          #expect((0..<(n * d)).allSatisfy { v.values[$0] == [0.1, -3.7e5][$0 % d] }, "uniform, h‖Γ‖ = \(size)")
        }
      }

      /// The covariance over 3000 steps, for all pairs of components, within 5 standard errors
      /// √((C_ii C_jj + C_ij²)/3000); among some 1000 numbers one would exceed 5 with a probability of 0.1 %.
      @Test(arguments: [
        boxes[0], Box(name: "3D", counts: [2, 2, 3], edges: [[4.85, 0, 0], [0, 4.9, 0], [0, 0, 5.2]]),
      ])
      func noise(box: Box) throws {
        let model = Self.models[1]
        let (system, drag) = try sample(box, model)
        let (n, d) = (system.ownedCount, system.dimension)
        let gamma = matrix(system, model)
        let (steps, amplitude) = (3000, 0.3)
        var covariance = [Double](repeating: 0, count: n * d * n * d)
        let field = system.makeField(width: d)
        for step in 0..<steps {
          field.fill(with: 0)
          try drag.addNoise(to: field, amplitude: amplitude, step: step, seed: 55)
          for k in 0..<d {
            // Sums of some 20 terms on each particle, opposite pairs.
            let sum = (0..<n).reduce(0) { $0 + field.values[$1 * d + k] }
            #expect(abs(sum) < 1e-14 * Double(n))
          }
          for a in 0..<(n * d) {
            for b in 0...a { covariance[a * n * d + b] += field.values[a] * field.values[b] / Double(steps) }
          }
        }
        for a in 0..<(n * d) {
          for b in 0...a {
            func exact(_ a: Int, _ b: Int) -> Double {
              a % d == b % d ? amplitude * amplitude * Double(gamma[a / d][b / d]) : 0
            }
            let error = ((exact(a, a) * exact(b, b) + exact(a, b) * exact(a, b)) / Double(steps)).squareRoot()
            #expect(abs(covariance[a * n * d + b] - exact(a, b)) <= 5 * error, "\(box), seed 55, \(a), \(b)")
          }
        }
        // The same numbers again, and added to what is there; others for another step or seed.
        func drawn(step: Int, seed: UInt64, onto start: Double = 0) throws -> [Double] {
          field.fill(with: start)
          try drag.addNoise(to: field, amplitude: 1, step: step, seed: seed)
          return (0..<(n * d)).map { field.values[$0] }
        }
        let first = try drawn(step: 1 << 40, seed: 55)
        #expect(try drawn(step: 1 << 40, seed: 55) == first)
        #expect(try drawn(step: 0, seed: 55) != first)
        #expect(try drawn(step: 1 << 40, seed: 56) != first)
        #expect(try drawn(step: 1 << 40, seed: 55, onto: 2) == first.map { 2 + $0 })
      }
    }
  }
#endif
