import Foundation
import Geometry
import MessagePassing
import Particles
import TestSupport
import Testing

extension ParticlesTests {
  /// Who owns which cells and who gives what to whom: values, checked for many rank counts without any rank.
  @Suite struct Plans {
    static let grids: [CellGrid] = [
      CellGrid(dimension: 2, counts: SIMD3(5, 7, 1)), CellGrid(dimension: 2, counts: SIMD3(1, 1, 1)),
      CellGrid(dimension: 2, counts: SIMD3(2, 2, 1)), CellGrid(dimension: 2, counts: SIMD3(1, 9, 1)),
      CellGrid(dimension: 2, counts: SIMD3(13, 2, 1)), CellGrid(dimension: 3, counts: SIMD3(2, 2, 2)),
      CellGrid(dimension: 3, counts: SIMD3(1, 2, 3)), CellGrid(dimension: 3, counts: SIMD3(4, 3, 5)),
      CellGrid(dimension: 3, counts: SIMD3(1, 1, 6)),
    ]

    @Test(arguments: grids) func bricksTileTheGrid(grid: CellGrid) {
      for ranks in 1...grid.cellCount {
        let decomposition = Decomposition(grid: grid, rankCount: ranks)
        #expect(decomposition.bricks.count == ranks)
        #expect(decomposition.bricks.allSatisfy { !$0.isEmpty }, "\(ranks) ranks")
        #expect(decomposition.bricks.map(\.count).reduce(0, +) == grid.cellCount, "\(ranks) ranks")
        CellBox(lower: SIMD3(0, 0, 0), upper: grid.counts).forEachCell { c in
          let owner = decomposition.owner(of: c)
          let holders = decomposition.bricks.indices.filter { decomposition.bricks[$0].contains(c) }
          #expect(holders == [owner], "\(ranks) ranks, cell \(c): \(holders), owner \(owner)")
        }
      }
    }

    /// Not a promise of balance, but no rank may hold many times its share where cells are plenty.
    @Test func bricksAreBalanced() {
      for counts in [SIMD3(40, 40, 1), SIMD3(64, 20, 1), SIMD3(16, 16, 16)] {
        let grid = CellGrid(dimension: counts.z == 1 ? 2 : 3, counts: counts)
        for ranks in [2, 3, 4, 5, 7, 8, 16, 31] {
          let sizes = Decomposition(grid: grid, rankCount: ranks).bricks.map {
            Double($0.count * ranks) / Double(grid.cellCount)
          }
          // Each of log₂ 31 cuts is off by at most half a layer of a brick of ten or more layers.
          #expect(sizes.max()! < 1.35, "\(counts), \(ranks) ranks: \(sizes.max()!)")
        }
      }
    }

    /// What r sends to s under a shift is, cell by cell and in the same order, what s receives from r.
    @Test(arguments: grids) func sendsMeetReceives(grid: CellGrid) {
      for ranks in 1...grid.cellCount {
        let decomposition = Decomposition(grid: grid, rankCount: ranks)
        let plans = (0..<ranks).map { HaloPlan(decomposition: decomposition, rank: $0) }
        for r in 0..<ranks {
          for s in 0..<ranks {
            func transfers(_ list: [HaloPlan.Transfer], peer: Int) -> [[SIMD3<Int>]] {
              list.filter { $0.peer == peer }.map { transfer in
                var cells = [transfer.shift]
                transfer.ghosts.forEachCell { cells.append($0) }
                return cells
              }
            }
            #expect(
              transfers(plans[r].sends, peer: s) == transfers(plans[s].receives, peer: r),
              "\(ranks) ranks, \(r) to \(s)")
          }
          // One message per peer: a peer's transfers stand together.
          for list in [plans[r].sends, plans[r].receives] {
            #expect(list.map(\.peer) == list.map(\.peer).sorted(), "\(ranks) ranks, rank \(r)")
          }
          // What is sent is owned.
          for transfer in plans[r].sends {
            transfer.ghosts.forEachCell { c in
              #expect(decomposition.bricks[r].contains(c &- transfer.shift &* grid.counts), "\(ranks) ranks, rank \(r)")
            }
          }
        }
      }
    }

    /// Every cell around an owned one is owned or received, exactly once, and from its owner.
    @Test(arguments: grids) func everyNeighbourCellIsPresent(grid: CellGrid) {
      for ranks in 1...grid.cellCount {
        let decomposition = Decomposition(grid: grid, rankCount: ranks)
        for r in 0..<ranks {
          let own = decomposition.bricks[r]
          var present: [SIMD3<Int>: Int] = [:]
          own.forEachCell { present[$0, default: 0] += 1 }
          for transfer in HaloPlan(decomposition: decomposition, rank: r).receives {
            transfer.ghosts.forEachCell { c in
              present[c, default: 0] += 1
              #expect(decomposition.owner(of: c &- transfer.shift &* grid.counts) == transfer.peer)
            }
          }
          own.grown(dimension: grid.dimension).forEachCell { c in
            #expect(
              present[c] == 1, "\(grid.counts), \(ranks) ranks, rank \(r): cell \(c) is there \(present[c] ?? 0) times")
          }
          #expect(present.count == own.grown(dimension: grid.dimension).count)
        }
      }
    }

    /// Faces of cells are at least a range apart, whatever the tilt, and cells are not far smaller than four particles.
    @Test func gridRespectsTheRange() {
      for seed: UInt64 in 1...300 {
        var generator = Generator(seed: seed)
        let dimension = seed % 2 == 0 ? 2 : 3
        var edges = Tensor.identity
        for k in 0..<dimension { edges[k, k] = generator.uniform(6...40) }
        for (i, j) in [(1, 0), (2, 0), (2, 1)] where i < dimension {
          edges[i, j] = generator.uniform(-0.5...0.5) * edges[j, j]
        }
        let range = generator.uniform(1...3)
        let cell = Cell(dimension: dimension, edges: edges, range: range)
        let grid = CellGrid(cell: cell, range: range, particleCount: 100_000)
        for k in 0..<dimension {
          #expect(grid.counts[k] >= 1)
          if grid.counts[k] > 1 { #expect(cell.widths[k] / Double(grid.counts[k]) >= range, "seed \(seed)") }
        }
        let sparse = CellGrid(cell: cell, range: range, particleCount: 8)
        #expect(sparse.cellCount <= 8, "seed \(seed)")
        for _ in 0..<20 {
          let s = Vector(generator.uniform(), generator.uniform(), generator.uniform())
          let c = grid.cell(ofFractions: s)
          #expect(CellBox(lower: SIMD3(0, 0, 0), upper: grid.counts).contains(c))
        }
        #expect(grid.cell(ofFractions: Vector(1, 1, 1)) == grid.counts &- SIMD3(1, 1, 1))
        #expect(grid.cell(ofFractions: Vector(-1e-17, 0, 0)) == SIMD3(0, 0, 0))
      }
    }
  }

  @Suite(.serialized) struct Placement {
    /// Sizes p(λ) ~ λ⁻³ on [1, 2.22]: λ(u) = (1 − u (1 − 2.22⁻²))^(−1/2) (Physics.md 9), and any other exponent by the
    /// inverse of the numerically integrated distribution.
    @Test func quantile() {
      let paper = RandomPlacement.Sizes(exponent: -3, minimum: 1, maximum: 2.22, isStratified: true)
      for u in stride(from: 0.0, through: 1, by: 0.05) {
        let expected = 1 / (1 - u * (1 - 1 / (2.22 * 2.22))).squareRoot()
        #expect(abs(paper.quantile(u) - expected) < 1e-14 * expected)  // two powers
      }
      for exponent in [-3.0, -1, 0, 1.5, -4.2] {
        let sizes = RandomPlacement.Sizes(exponent: exponent, minimum: 0.8, maximum: 2, isStratified: false)
        #expect(abs(sizes.quantile(0) - 0.8) < 1e-14 && abs(sizes.quantile(1) - 2) < 1e-14)
        // Midpoint rule with 20000 intervals: relative error of order 1e-9.
        func integral(_ upper: Double) -> Double {
          let n = 20000
          let h = (upper - 0.8) / Double(n)
          return (0..<n).map { _pow(0.8 + (Double($0) + 0.5) * h, exponent) }.reduce(0, +) * h
        }
        for u in [0.1, 0.37, 0.8] {
          #expect(abs(integral(sizes.quantile(u)) / integral(2) - u) < 1e-7, "exponent \(exponent), u = \(u)")
        }
      }
    }

    private func _pow(_ x: Double, _ y: Double) -> Double { pow(x, y) }

    /// At, beside and far from the exponent −1, at which the general form is 0/0; reference values with 60 digits.
    @Test(
      arguments: [
        (-1, [1.00168377714662395883, 1.10621211561999220006, 1.39764667447047155350]),
        (-0.9999999999999998, [1.00168377714662395890, 1.10621211561999220298, 1.39764667447047155359]),
        (-0.9999999999999991, [1.00168377714662395908, 1.10621211561999221174, 1.39764667447047155385]),
        (-0.9999999999999982, [1.00168377714662395933, 1.10621211561999222341, 1.39764667447047155420]),
        (-1.0000000000000002, [1.00168377714662395877, 1.10621211561999219714, 1.39764667447047155341]),
        (-0.99999999999, [1.00168377714662677976, 1.10621211562012370020, 1.39764667447047548953]),
        (-1.00000001, [1.00168377714380302957, 1.10621211548849207162, 1.39764667446653551849]),
        (-0.9, [1.00171230266861111213, 1.10753377253706848783, 1.39768560190137454090]),
        (-1.3, [1.00160190324958753805, 1.10232787233570227929, 1.39752456620177919151]),
        (-3.0, [1.00122674345859037490, 1.08270439355705542552, 1.39665204781833867553]),
        (50.0, [1.26185618351931858896, 1.36733683010724433991, 1.39986240757930822364]),
        (-60.0, [1.00008496194485030919, 1.00606364794934251812, 1.09395763807880865751]),
      ] as [(Double, [Double])]) func quantilesNextToARemovableSingularity(exponent: Double, expected: [Double])
    {
      let sizes = RandomPlacement.Sizes(exponent: exponent, minimum: 1, maximum: 1.4, isStratified: true)
      for (u, value) in zip([0.005, 0.3, 0.995], expected) {
        // Some three roundings.
        #expect(abs(sizes.quantile(u) - value) <= 1e-15 * value, "exponent \(exponent), u = \(u): \(sizes.quantile(u))")
      }
    }

    /// Sizes over three decades, at 1 − u = 2⁻⁴⁰, where the sum of powers of the common form keeps no more than four
    /// digits.
    @Test func quantilesOfWideDistributions() {
      let sizes = RandomPlacement.Sizes(exponent: -9, minimum: 1e-3, maximum: 1, isStratified: true)
      let expected = 0.03199999999999560195
      #expect(abs(sizes.quantile(1 - 0x1p-40) - expected) <= 2e-15 * expected)
    }

    /// Stratified sizes have the moments of the distribution: ⟨λ²⟩ = 2.001 to four digits at N = 1024 already.
    @Test func stratifiedMoments() throws {
      let sizes = RandomPlacement.Sizes(exponent: -3, minimum: 1, maximum: 2.22, isStratified: true)
      for count in [1024, 10000] {
        let snapshot = RandomPlacement(
          dimension: 2, count: count, density: 0.86, seed: 9, composition: .sizes(sizes)
        ).snapshot(over: try MessagePassing.startForTests())
        let mean = snapshot.particles.diameters.map { $0 * $0 }.reduce(0, +) / Double(count)
        #expect(abs(mean - 2.001) < 6e-4, "⟨λ²⟩ = \(mean)")  // 2 ln 2.22/(1 − 2.22⁻²) = 2.00099, given to four digits
        #expect(abs(snapshot.edges[0, 0] * snapshot.edges[1, 1] - Double(count) / 0.86) < 1e-9 * Double(count))
        #expect(snapshot.particles.ids == (1...Int64(count)).map { $0 })
        let positions = snapshot.particles.positions
        #expect(positions.allSatisfy { $0 >= 0 && $0 < snapshot.edges[0, 0] })
        // The mean of uniform numbers, five standard errors.
        let average = positions.reduce(0, +) / Double(positions.count) / snapshot.edges[0, 0]
        #expect(abs(average - 0.5) < 5 / (12 * Double(positions.count)).squareRoot())
      }
    }

    @Test func species() throws {
      let world = try MessagePassing.startForTests()
      for (dimension, fraction, expected) in [(2, 0.65, 650), (3, 0.5, 500)] {
        let snapshot = RandomPlacement(
          dimension: dimension, count: 1000, density: 1.2, seed: 4,
          composition: .species(fractionOfFirst: fraction, diameters: [1, 0.88])
        ).snapshot(over: world)
        #expect(snapshot.particles.species.filter { $0 == 0 }.count == expected)
        #expect(snapshot.particles.positions.count == 1000 * dimension)
        // 1000 cubed roots and back.
        #expect(abs(Double(1000) / 1.2 - (0..<dimension).map { snapshot.edges[$0, $0] }.reduce(1, *)) < 1e-9)
        let other = RandomPlacement(
          dimension: dimension, count: 1000, density: 1.2, seed: 5,
          composition: .species(fractionOfFirst: fraction, diameters: [1, 0.88])
        ).snapshot(over: world)
        #expect(other.particles.positions != snapshot.particles.positions)
      }
    }
  }
}
