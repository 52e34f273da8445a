import Geometry
import Interactions
import Particles
import TestSupport
import Testing

extension ParticlesTests {
  /// Work on a part of the box against the same work on all of it.
  @Suite(.serialized) struct Regions {
    static let cases: [(PairModel, [Int], [[Double]])] = [
      (.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1), [20, 20], [[27, 0], [9, 26]]),
      (.binaryLJ(cutoff: 2.0, truncation: .smooth), [24, 22], [[25, 0], [-4, 23]]),
      (.binaryLJ(cutoff: 1.5, truncation: .smooth), [11, 11, 12], [[11.5, 0, 0], [2, 11.5, 0], [1, -3, 12]]),
    ]

    /// Moving the particles of a region changes its energy as that of the whole, up to the rounding of the whole sum,
    /// and gives them the forces, and the products with the Hessian, that they have in the whole, to the bit; nothing
    /// else has moved.
    @Test(arguments: cases.indices) func aRegionIsAPartOfTheWhole(index: Int) throws {
      let (model, counts, edges) = Self.cases[index]
      let system = try Samples.system(Samples.grid(counts, edges: edges, disorder: 0.1, seed: 5), model)
      let d = system.dimension
      try system.evaluate(.forcesEnergyAndStress)
      let before = try system.totals().energy
      let places = Dictionary(
        uniqueKeysWithValues: (0..<system.ownedCount).map { (system.id($0), system.fixedPosition($0)) })

      let all = 0.9
      #expect(try !system.confine(layers: 1, largestShare: 1e-3) { system.id($0) == 17 } && !system.isConfined)
      #expect(try system.confine(layers: 1, largestShare: all) { system.id($0) == 17 })
      let smallest = system.movingCount
      #expect(smallest > 1 && smallest < system.totalCount / 4)
      #expect(try !system.growRegion(largestShare: 1e-3) && system.movingCount == smallest)
      #expect(try system.growRegion(largestShare: all))
      #expect(system.movingCount > smallest && system.movingCount < system.totalCount)
      try system.evaluate(.forcesEnergyAndStress)
      let regionBefore = try system.totals().energy
      // Far enough that neighbours are listed anew, twice.
      let listings = system.listing
      for seed in [1, 2, 3] as [UInt64] {
        Samples.displace(system, by: 0.09, seed: seed)
        try system.evaluate(.forcesEnergyAndStress)
      }
      #expect(system.listing > listings)
      let regionAfter = try system.totals().energy
      let moving = system.runs.flatMap { $0 }
      let field = system.makeField(width: d)
      let product = system.makeField(width: d)
      let blocks = PairBlocks(dimension: d)
      for i in moving { for k in 0..<d { field.values[i * d + k] = Double((Int(system.id(i)) * 7 + k) % 11) - 5 } }
      system.assemble(.hessian, into: blocks)
      try system.multiply(blocks, field, into: product)
      var found: [Int64: [Double]] = [:]
      for i in moving {
        found[system.id(i)] = (0..<d).map { system.forces[i * d + $0] } + (0..<d).map { product.values[i * d + $0] }
      }
      let squared = try system.dot(system.forces, system.forces)
      let byHand = moving.reduce(0) { sum, i in
        sum + (0..<d).reduce(0) { $0 + system.forces[i * d + $1] * system.forces[i * d + $1] }
      }
      #expect(abs(squared - byHand) <= 1e-12 * byHand, "sums are those of the region; only their order differs")

      system.release()
      #expect(!system.isConfined && system.movingCount == system.totalCount)
      try system.evaluate(.forcesEnergyAndStress)
      let after = try system.totals().energy
      #expect(abs((after - before) - (regionAfter - regionBefore)) <= 1e-12 * max(abs(before), abs(after)))
      #expect(abs(after - before) > 1e-3 * abs(before), "there must be something to compare")
      system.assemble(.hessian, into: blocks)
      try system.multiply(blocks, field, into: product)
      for i in 0..<system.ownedCount {
        if let numbers = found[system.id(i)] {
          #expect(numbers == (0..<d).map { system.forces[i * d + $0] } + (0..<d).map { product.values[i * d + $0] })
        } else {
          var travelled = system.fixedPosition(i) &- places[system.id(i)]!
          let edgesAway = system.cell.fractions(travelled)
          travelled =
            travelled
            &- system.cell.lattice(
              SIMD3(
                Int32(edgesAway.x.rounded()), Int32(edgesAway.y.rounded()), d == 3 ? Int32(edgesAway.z.rounded()) : 0))
          // A particle may have left the cells that move on its way; it was one of them, next to the region's edge.
          if travelled != .zero { #expect(system.cell.position(travelled).length < 0.5) }
        }
      }
    }

    /// Work is counted where it is done.
    @Test func regionalWorkIsCountedByItself() throws {
      let (model, counts, edges) = Self.cases[0]
      let system = try Samples.system(Samples.grid(counts, edges: edges, disorder: 0.1, seed: 5), model)
      try system.evaluate()
      let before = system.statistics
      #expect(try system.confine(layers: 1, largestShare: 0.9) { system.id($0) == 17 })
      try system.evaluate()
      #expect(system.statistics.evaluations == before.evaluations)
      #expect(
        system.statistics.regionalRows > system.movingCount && system.statistics.regionalRows <= system.totalCount)
    }

    /// The algebra of fields: the same bits as the loops that it stands for, and nothing outside of the region.
    @Test func fieldsAreAddedWhereParticlesMove() throws {
      let (model, counts, edges) = Self.cases[0]
      let system = try Samples.system(Samples.grid(counts, edges: edges, disorder: 0.1, seed: 5), model)
      let d = system.dimension
      let count = system.ownedCount * d
      let (x, y, field) = (system.makeField(width: d), system.makeField(width: d), system.makeField(width: d))
      for i in 0..<count { (x.values[i], y.values[i]) = (1 / Double(i + 3), Double(i).squareRoot()) }
      field.fill(with: 7)
      #expect((0..<count).allSatisfy { field.values[$0] == 7 })
      #expect(try system.confine(layers: 1, largestShare: 0.9) { system.id($0) == 17 })
      field.copy(x.values)
      field.add(0.3, y.values)
      field.combine(1, x.values, -0.7, field.values)
      field.scale(by: 1.1)
      var isMoving = [Bool](repeating: false, count: count)
      for run in system.runs { for i in run { for k in 0..<d { isMoving[i * d + k] = true } } }
      #expect(
        (0..<count).allSatisfy { i in
          var expected = x.values[i]
          expected += 0.3 * y.values[i]
          expected = x.values[i] - 0.7 * expected
          expected *= 1.1
          return field.values[i] == (isMoving[i] ? expected : 7)
        })
    }
  }
}
