import Geometry
import Interactions
import Measurement
import MessagePassing
import Particles
import TestSupport
import Testing

extension MeasurementTests {
  @Suite struct CoMovingBlockTests {
    private func cell(_ edges: [[Double]]) -> Cell {
      var matrix = Tensor(edges)
      if edges.count == 2 { matrix[2, 2] = 1 }
      return Cell(dimension: edges.count, edges: matrix, range: 2)
    }

    private func message(_ edges: [[Double]], side: Double) -> String {
      do {
        _ = try CoMovingBlocks.shape(of: cell(edges), side: side)
        return "fits"
      } catch {
        #expect((error as? Failure)?.kind == .input)
        return (error as? Failure)?.message ?? "\(error)"
      }
    }

    /// The number of blocks per edge makes the side the closest to the one asked for, whatever the tilt.
    @Test func theSideIsTheClosest() throws {
      #expect(try CoMovingBlocks.shape(of: cell([[115, 0], [0, 115]]), side: 6) == [19, 19])
      #expect(try CoMovingBlocks.shape(of: cell([[115, 0], [57, 115]]), side: 6) == [19, 19])
      #expect(try CoMovingBlocks.shape(of: cell([[115, 30], [0, 60]]), side: 6) == [19, 10])
      #expect(try CoMovingBlocks.shape(of: cell([[10.5, 0], [0, 10.5]]), side: 10) == [1, 1])
      #expect(try CoMovingBlocks.shape(of: cell([[20, 0, 0], [3, 16.5, 0], [1, -4, 12.5]]), side: 4) == [5, 4, 3])
      // Of 4.47 blocks, 4 would be 12 % too large, and 5 are 10.6 % too small; of 4.52 blocks, 5 fit.
      #expect(message([[44.7, 0], [0, 44.7]], side: 10) != "fits")
      #expect(try CoMovingBlocks.shape(of: cell([[45.2, 0], [0, 45.2]]), side: 10) == [5, 5])
      // A rotated cell has no edge on an axis; its edges are √200 long.
      #expect(try CoMovingBlocks.shape(of: cell([[10, 10], [-10, 10]]), side: 200.0.squareRoot() / 3) == [3, 3])
    }

    /// Sides that do not fit are refused, with the nearest ones that do: of a box of 15, 7.5 and 5.
    @Test func otherSidesAreRefused() {
      #expect(
        message([[15, 0], [0, 15]], side: 6)
          == "no whole number of blocks with a side within 10 % of 6 fills the box, 15 × 15; the nearest sides "
          + "that fit are 5 and 7.5")
      #expect(
        message([[15, 0], [0, 15]], side: 20)
          == "blocks of side 20 are larger than the box, 15 × 15; the nearest sides that fit are 15")
      // 8 fits the long edge alone; 97/18 = 5.389 is within a tenth of 10/2, and 97/10 within one of 10.
      #expect(message([[97, 0], [0, 10]], side: 8).hasSuffix("are \((97.0 / 18).shown) and 9.7"))
      #expect(message([[15, 0], [0, 15]], side: .nan).contains("positive length"))
    }

    /// Each sum is that of the rounded values of the particles whose wrapped position is in the block, to the bit, also
    /// after particles have left the box without being wrapped.
    @Test(arguments: [
      [[22.0, 0], [5, 21]], [[22, 0], [-9, 21]], [[9, 0, 0], [3, 8, 0], [-2, 4, 10]],
    ])
    func sumsAreThoseOfTheParticles(edges: [[Double]]) throws {
      let d = edges.count
      let system = try Samples.system(
        Samples.grid(d == 2 ? [20, 20] : [7, 7, 7], edges: edges, disorder: 0.4, seed: 2), .harmonic)
      Samples.displace(system, by: 1.2, seed: 4)
      let shape = d == 2 ? [4, 3] : [3, 2, 4]
      let blocks = CoMovingBlocks(shape: shape, width: 2, over: system.communicator)
      var counts = [Int](repeating: 0, count: shape.reduce(1, *))
      func value(_ i: Int, _ k: Int) -> Double {
        var generator = Generator(seed: UInt64(system.id(i)) * 2 + UInt64(k))
        return generator.uniform(-3...3)
      }
      var expected = [Int64](repeating: 0, count: 2 * shape.reduce(1, *))
      for i in 0..<system.ownedCount {
        var position = system.fixedPosition(i)
        _ = system.cell.wrap(&position)
        let s = system.cell.fractions(position)
        let block = (0..<d).reduce(0) { $0 * shape[$1] + Int(s[$1] * Double(shape[$1])) }
        counts[block] += 1
        for k in 0..<2 {
          expected[2 * block + k] += Int64((value(i, k) / CoMovingBlocks.quantum).rounded(.toNearestOrEven))
        }
      }
      for _ in 0..<2 {
        try blocks.measure(system) { i, out in for k in 0..<2 { out[k] = value(i, k) } }
        #expect(blocks.blockCount == shape.reduce(1, *) && blocks.totalCount == blocks.blockCount)
        for block in 0..<blocks.blockCount {
          #expect(blocks.particleCount(of: block) == counts[block])
          for k in 0..<2 {
            #expect(blocks.fixedSum(k, of: block) == expected[2 * block + k])
            #expect(blocks.sum(k, of: block) == Double(expected[2 * block + k]) * CoMovingBlocks.quantum)
          }
        }
      }
    }

    /// Block stresses add up to the stress of the whole, less the kinetic part, to the quantum of each particle's
    /// share.
    @Test(arguments: [2, 3]) func stressesAddUp(dimension: Int) throws {
      let edges = dimension == 2 ? [[22.0, 0], [5, 21]] : [[9, 0, 0], [3, 8, 0], [-2, 4, 10]]
      let system = try Samples.system(
        Samples.grid(dimension == 2 ? [20, 20] : [7, 7, 7], edges: edges, disorder: 0.4, seed: 3), .harmonic)
      try system.evaluate(.forcesEnergyAndStress)
      let velocities = system.makeField(width: dimension)
      var generator = Generator(seed: 8)
      for k in 0..<(system.ownedCount * dimension) { velocities.values[k] = generator.uniform(-1...1) }
      let stress = MesoscopicStress(
        shape: [Int](repeating: 3, count: dimension), over: system.communicator)
      let mass = 1.75
      var whole = try system.totals().stress
      var values: [Double] = []
      for isMoving in [false, true] {
        if isMoving {
          for i in 0..<system.ownedCount {
            var v = Vector.zero
            for k in 0..<dimension { v[k] = velocities.values[i * dimension + k] }
            whole = whole - (mass / system.cell.volume) * Tensor(outer: v, v)
          }
        }
        try stress.measure(system, velocities: isMoving ? velocities : nil, mass: mass)
        for i in 0..<dimension {
          for j in 0..<dimension {
            var component = Tensor()
            component[i, j] = 1
            stress.contract(with: component, into: &values)
            let mean = values.reduce(0, +) / Double(values.count)
            #expect(abs(mean - whole[i, j]) < 1e-11, "\(i)\(j): \(mean), not \(whole[i, j])")
          }
        }
      }
    }

    /// A value that is not a number, one that is too large, and too many large ones in one block are failures.
    @Test func valuesOutOfRangeAreFailures() throws {
      let system = try Samples.system(
        Samples.grid([10, 10], edges: [[11, 0], [0, 11]], disorder: 0.1, seed: 2), .harmonic)
      let blocks = CoMovingBlocks(shape: [1, 1], width: 1, over: system.communicator)
      func failure(_ value: @escaping (Int) -> Double) -> String {
        do {
          try blocks.measure(system) { i, out in out[0] = value(i) }
          return "none"
        } catch {
          #expect((error as? Failure)?.kind == .physics)
          return (error as? Failure)?.message ?? ""
        }
      }
      let third = system.id(3)
      #expect(failure { $0 == 3 ? .nan : 1 }.contains("particle id \(third) "))
      #expect(failure { $0 == 3 ? -5e6 : 1 }.contains("particle id \(third) "))
      // The sum itself is zero.
      #expect(failure { $0 % 2 == 0 ? 1e5 : -1e5 }.hasPrefix("100 particles in a block "))
      #expect(failure { $0 % 2 == 0 ? 4e4 : -4e4 } == "none")
      #expect(blocks.sum(0, of: 0) == 0)
    }
  }
}
