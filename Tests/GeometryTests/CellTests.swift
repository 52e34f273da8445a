import Geometry
import TestSupport
import Testing

extension GeometryTests {
  @Suite struct Cells {
    static func random(_ dimension: Int, _ generator: inout Generator) -> Cell {
      var edges = Tensor.identity
      for k in 0..<dimension { edges[k, k] = generator.uniform(6...15) }
      for (i, j) in [(1, 0), (2, 0), (2, 1)] where i < dimension {
        edges[i, j] = generator.uniform(-0.5...0.5) * edges[j, j]
      }
      return Cell(dimension: dimension, edges: edges, range: 2.5)
    }

    static func position(in cell: Cell, within edges: Double, _ generator: inout Generator) -> FixedVector {
      var v = Vector.zero
      for k in 0..<cell.dimension { v += generator.uniform(-edges...edges) * cell.edges[k] }
      return cell.fixed(v)
    }

    /// Wrapping is exact integer arithmetic: it takes off whole edges, lands inside, and what is inside stays.
    /// Fractions come out of three rounded products: 1e-15 leaves room for four units of rounding.
    @Test(arguments: [2, 3]) func wrap(dimension: Int) {
      for seed: UInt64 in 1...200 {
        var generator = Generator(seed: seed)
        let cell = Self.random(dimension, &generator)
        for _ in 0..<20 {
          let start = Self.position(in: cell, within: 5, &generator)
          var wrapped = start
          let image = cell.wrap(&wrapped)
          #expect(wrapped &+ cell.lattice(image) == start, "seed \(seed)")
          let s = cell.fractions(wrapped)
          for k in 0..<dimension { #expect(s[k] > -1e-15 && s[k] < 1, "seed \(seed): fraction \(s[k])") }
          var again = wrapped
          #expect(cell.wrap(&again) == SIMD3<Int32>(), "seed \(seed): wrapped twice")
          // Another image of the same point wraps to the same point, unless it stands on a face.
          let shift = SIMD3<Int32>(2, -3, dimension == 3 ? 1 : 0)
          var moved = start &+ cell.lattice(shift)
          let movedImage = cell.wrap(&moved)
          let isInside = (0..<dimension).allSatisfy { s[$0] > 1e-14 && s[$0] < 1 - 1e-14 }
          if isInside { #expect(moved == wrapped && movedImage == image &+ shift, "seed \(seed)") }
        }
      }
    }

    /// At the faces themselves.
    @Test func wrapAtTheFaces() {
      let cell = Cell(dimension: 2, edges: Tensor([[7, 0, 0], [3, 9, 0], [0, 0, 1]]), range: 2.5)
      for (x, y, image) in [
        (0.0, 0.0, SIMD3<Int32>(0, 0, 0)), (7, 0, SIMD3(1, 0, 0)), (3, 9, SIMD3(0, 1, 0)), (10, 9, SIMD3(1, 1, 0)),
        (-7, 0, SIMD3(-1, 0, 0)), (-3, -9, SIMD3(0, -1, 0)), (17, 9, SIMD3(2, 1, 0)),
      ] {
        var p = cell.fixed(Vector(x, y, 0))
        #expect(cell.wrap(&p) == image, "\(x) \(y)")
        #expect(p == .zero)
      }
      // A quantum below a face is inside, or, after rounding, on the face and taken to the other side; never outside.
      var p = cell.fixed(Vector(7, 0, 0)) &- FixedVector(1, 0, 0)
      let start = p
      let image = cell.wrap(&p)
      #expect(p &+ cell.lattice(image) == start)
      #expect(cell.fractions(p).x < 1)
    }

    /// The minimum image is as short as the shortest of all images, wherever that is below half the smallest width.
    @Test(arguments: [2, 3]) func minimumImage(dimension: Int) {
      for seed: UInt64 in 1...200 {
        var generator = Generator(seed: seed &+ 1000)
        let cell = Self.random(dimension, &generator)
        let half = (0..<dimension).map { cell.widths[$0] }.min()! / 2
        for _ in 0..<5 {
          let displacement = Self.position(in: cell, within: 1, &generator)
          var shortest = displacement
          for z in dimension == 3 ? -3...3 : 0...0 {
            for y in -3...3 {
              for x in -3...3 {
                let other = displacement &- cell.lattice(SIMD3(Int32(x), Int32(y), Int32(z)))
                if cell.position(other).squaredLength < cell.position(shortest).squaredLength { shortest = other }
              }
            }
          }
          if cell.position(shortest).length < half * (1 - 1e-12) {
            #expect(cell.minimumImage(displacement) == shortest, "seed \(seed)")
          }
        }
      }
    }

    /// Widths are the heights of the parallelogram; the quantum is a power of two that resolves the range to 2⁻⁵⁰.
    @Test func sizes() {
      let cell = Cell(dimension: 2, edges: Tensor([[8, 0, 0], [4, 6, 0], [0, 0, 1]]), range: 2.5)
      #expect(cell.volume == 48)
      // One root and one division: two units of rounding.
      #expect(abs(cell.widths.y - 6) < 1e-14)
      #expect(abs(cell.widths.x - 48 / (52.0).squareRoot()) < 1e-14)
      #expect(cell.quantum.significand == 1)
      #expect(cell.quantum <= 2.5 * 0x1p-50 && cell.quantum >= 2.5 * 0x1p-52)
      // The edges of an enormous box still fit 63 bits with room to spare.
      let huge = Cell(dimension: 3, edges: Tensor([[1e6, 0, 0], [0, 1e6, 0], [0, 0, 1e6]]), range: 2.5)
      #expect(huge.fixedEdge(0).x < 1 << 61)
      #expect(huge.fixedEdge(2) == FixedVector(0, 0, Int64(1e6 / huge.quantum)))
    }

    /// Adding one edge to another and taking it off leads back to the same bits; the lattice and its volume stay.
    @Test(arguments: [2, 3]) func edgesAddedAndTaken(dimension: Int) {
      var generator = Generator(seed: 5)
      let start = Self.random(dimension, &generator)
      for (flow, gradient) in [(0, 1), (1, 0), (0, 2), (2, 1)] where max(flow, gradient) < dimension {
        var cell = start
        cell.addEdge(flow, times: 3, to: gradient)
        #expect(cell != start)
        // Volume of a sheared basis: cancellation of tilts of up to three edges, a few units of rounding each.
        #expect(abs(cell.volume - start.volume) < 1e-13 * start.volume)
        #expect(cell.excessTilt(of: gradient, along: flow) == 3)
        cell.addEdge(flow, times: -3, to: gradient)
        #expect(cell == start)
        #expect(cell.edges == start.edges)
      }
    }

    @Test func excessTilt() {
      for (tilt, excess) in [
        (0.0, Int64(0)), (4, 0), (-4, 0), (4.001, 1), (-4.001, -1), (8, 1), (11.9, 1), (12.1, 2), (-20.1, -3),
      ] {
        let cell = Cell(dimension: 2, edges: Tensor([[8, 0, 0], [tilt, 6, 0], [0, 0, 1]]), range: 2)
        #expect(cell.excessTilt(of: 1, along: 0) == excess, "tilt \(tilt)")
      }
    }
  }

  @Suite struct Tensors {
    static func random(_ generator: inout Generator, size: Double) -> Tensor {
      var t = Tensor()
      for i in 0..<3 { for j in 0..<3 { t[i, j] = generator.uniform(-size...size) } }
      return t
    }

    static func distance(_ a: Tensor, _ b: Tensor) -> Double {
      (0..<3).flatMap { i in (0..<3).map { abs(a[i, $0] - b[i, $0]) } }.max()!
    }

    /// Known closed forms: e^(γ x̂ŷ) = 1 + γ x̂ŷ, a diagonal, a rotation. A handful of roundings of numbers of order
    /// e^|A|.
    @Test func exponentialOfKnownMatrices() {
      var shear = Tensor()
      shear[0, 1] = 2.75
      #expect(Self.distance(shear.exponential, Tensor.identity + shear) <= 1e-15)
      let diagonal = Tensor(Vector(0.3, 0, 0), Vector(0, -1.2, 0), Vector(0, 0, 0.01))
      let e = diagonal.exponential
      for (k, x) in [0.3, -1.2, 0.01].enumerated() { #expect(abs(e[k, k] - _exp(x)) <= 1e-15 * 8) }
      let quarter = Tensor(Vector(0, -Double.pi / 2, 0), Vector(Double.pi / 2, 0, 0), .zero)
      #expect(
        Self.distance(quarter.exponential, Tensor(Vector(0, -1, 0), Vector(1, 0, 0), Vector(0, 0, 1))) < 1e-14)
      #expect(Tensor().exponential == Tensor.identity)
    }

    private func _exp(_ x: Double) -> Double { (1...40).reversed().reduce(1.0) { 1 + x / Double($1) * $0 } }

    /// e^A e^(−A) = 1 and e^(2A) = (e^A)²: rounding grows with the condition of e^A, here below e³.
    @Test func exponentialIsAGroup() {
      for seed: UInt64 in 1...50 {
        var generator = Generator(seed: seed)
        let a = Self.random(&generator, size: 0.5)
        let e = a.exponential
        #expect(Self.distance(e * ((-1) * a).exponential, .identity) < 1e-14, "seed \(seed)")
        #expect(Self.distance(e * e, (2 * a).exponential) < 1e-13, "seed \(seed)")
        // det e^A = e^(tr A)
        #expect(abs(e.determinant - _exp(a.trace)) < 1e-14 * 30, "seed \(seed)")
      }
    }

    @Test func inverseAndSingularValues() {
      for seed: UInt64 in 1...50 {
        var generator = Generator(seed: seed)
        let a = Self.random(&generator, size: 1) + 2.5 * .identity
        // Condition below some twenty.
        #expect(Self.distance(a * a.inverse, .identity) < 1e-14 * 5, "seed \(seed)")
        #expect(Self.distance((a.transposed).transposed, a) == 0)
        // The smallest stretch over many directions comes close to the smallest singular value, from above.
        for dimension in [2, 3] {
          var b = a
          if dimension == 2 { (b[0, 2], b[1, 2], b[2, 0], b[2, 1], b[2, 2]) = (0, 0, 0, 0, 1) }
          let smallest = b.smallestSingularValue(dimension: dimension)
          var seen = Double.infinity
          for _ in 0..<20000 {
            var v = Vector(
              generator.uniform(-1...1), generator.uniform(-1...1), dimension == 3 ? generator.uniform(-1...1) : 0)
            if v.length < 0.1 { continue }
            v /= v.length
            seen = min(seen, (b * v).length)
          }
          #expect(seen >= smallest * (1 - 1e-12), "seed \(seed)")
          // Directions are some 1/100 apart; the stretch near its minimum is quadratic in the angle.
          #expect(seen <= smallest * 1.01 + 0.01, "seed \(seed)")
        }
      }
    }
  }

  @Suite struct RandomNumbers {
    /// Numbers depend on what they are for; their mean and variance are those of the uniform distribution within five
    /// standard errors (1/√(12 n), and √(1/180 n) for the variance).
    @Test func uniform() {
      let stream = RandomStream(seed: 42, purpose: .position)
      let n = 100_000
      var sum = 0.0
      var squares = 0.0
      for k in 1...n {
        let (a, b) = stream.uniformPair(item: k)
        for x in [a, b] {
          #expect(x >= 0 && x < 1)
          sum += x
          squares += (x - 0.5) * (x - 0.5)
        }
      }
      let count = Double(2 * n)
      #expect(abs(sum / count - 0.5) < 5 / (12 * count).squareRoot())
      #expect(abs(squares / count - 1.0 / 12) < 5 / (180 * count).squareRoot())
      #expect(stream.uniformPair(item: 7) == RandomStream(seed: 42, purpose: .position).uniformPair(item: 7))
      let others = [
        RandomStream(seed: 43, purpose: .position).uniformPair(item: 7).0,
        RandomStream(seed: 42, purpose: .size).uniformPair(item: 7).0, stream.uniformPair(item: 8).0,
        stream.uniformPair(item: 7, draw: 1).0, stream.uniformPair(item: 7, step: 1).0,
        RandomStream(seed: 42 + (1 << 32), purpose: .position).uniformPair(item: 7).0, stream.uniformPair(item: 7).0,
      ]
      #expect(Set(others).count == others.count)
    }
  }
}
