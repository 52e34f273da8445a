import Measurement
import MessagePassing
import TestSupport
import Testing

extension MeasurementTests {
  /// Patterns whose clusters are known; random lattices on many ranks are in the tests of ranks.
  @Suite struct ActiveClusterTests {
    private func clusters(_ shape: [Int]) throws -> ActiveClusters {
      let world = try MessagePassing.startForTests()
      return try ActiveClusters(shape: shape, slabs: RowShares(shape[0], over: world), over: world)
    }

    /// A lattice in which the given blocks are active.
    private func lattice(_ shape: [Int], _ blocks: [[Int]]) -> [Bool] {
      var active = [Bool](repeating: false, count: shape.reduce(1, *))
      for block in blocks { active[zip(shape, block).reduce(0) { $0 * $1.0 + $1.1 }] = true }
      return active
    }

    private func measured(_ shape: [Int], _ blocks: [[Int]]) throws -> (sizes: [Int: Int64], spanning: Int) {
      let clusters = try clusters(shape)
      try clusters.add(lattice(shape, blocks))
      let summary = try clusters.summary()
      #expect(summary.clusterCount == summary.sizes.reduce(0) { $0 + Int($1.count) })
      return (Dictionary(uniqueKeysWithValues: summary.sizes.map { ($0.size, $0.count) }), summary.spanningCount)
    }

    @Test func clustersGoAcrossTheBoundary() throws {
      var found = try measured([6, 5], [[0, 0], [5, 0], [0, 4], [2, 2], [3, 3]])
      #expect(found.sizes == [3: 1, 1: 2] && found.spanning == 0)
      found = try measured([4, 5, 3], [[0, 0, 0], [3, 0, 0], [3, 4, 0], [3, 4, 2], [1, 1, 1]])
      #expect(found.sizes == [4: 1, 1: 1] && found.spanning == 0)
      #expect(try measured([6, 5], []).sizes.isEmpty)
    }

    /// A cluster spans an edge if it goes around the box: not if it only touches both faces.
    @Test func clustersSpan() throws {
      #expect(try measured([3, 4], [[1, 0], [1, 1], [1, 2], [1, 3]]).spanning == 1)
      #expect(try measured([3, 4], [[0, 1], [1, 1], [2, 1]]).spanning == 1)
      #expect(try measured([3, 4], [[0, 1], [1, 1]]).spanning == 0)
      #expect(try measured([4, 4], [[3, 0], [0, 0], [0, 1], [1, 1], [1, 2]]).spanning == 0)
      // A staircase that closes after a whole turn along both edges.
      #expect(try measured([3, 3], [[0, 0], [0, 1], [1, 1], [1, 2], [2, 2], [2, 0]]).spanning == 1)
      // Along an edge of one block, each block is its own neighbour; along one of two, both blocks are neighbours
      // twice.
      #expect(try measured([1, 4], [[0, 2]]).spanning == 1)
      #expect(try measured([4, 2], [[0, 0], [0, 1]]).spanning == 1)
      #expect(try measured([4, 2], [[0, 0], [2, 1]]).spanning == 0)
      #expect(try measured([3, 3, 3], [[0, 1, 0], [1, 1, 0], [2, 1, 0], [0, 0, 2]]).spanning == 1)
    }

    /// A cluster is born if none of its blocks was active before; one that grows, moves on or breaks is not.
    @Test func birthsAreCounted() throws {
      let shape = [8, 8]
      let clusters = try clusters(shape)
      try clusters.add(lattice(shape, [[0, 0], [4, 4]]))
      #expect(try clusters.summary().birthCount == 0)
      try clusters.add(lattice(shape, [[7, 0], [0, 0], [4, 5], [2, 6], [2, 7]]))
      #expect(try clusters.summary().birthCount == 2, "4,5 and 2,6: a neighbour of an earlier block is another block")
      clusters.restart()
      try clusters.add(lattice(shape, [[6, 6]]))
      #expect(try clusters.summary().birthCount == 2)
      try clusters.add(lattice(shape, [[6, 6], [1, 1]]))
      let summary = try clusters.summary()
      #expect(summary.birthCount == 3 && summary.pairCount == 2 && clusters.unpaired == 2)
      #expect(summary.sampleCount == 4 && summary.birthsPerSample.value == 1.5)
      #expect(summary.activePerSample.value == 10.0 / 4 && summary.clustersPerSample.value == 8.0 / 4)
    }

    /// ⟨l⟩ = ⟨A⟩^(1/d): clusters of 2 and 6 blocks of area 4 have the mean area 16; the error is that of the mean.
    @Test func lengthsComeFromTheMeanArea() throws {
      let shape = [8, 8]
      let clusters = try clusters(shape)
      for n in 0..<40 {
        let small = [[0, 0], [0, 1]]
        let large = [[4, 1], [4, 2], [4, 3], [4, 4], [4, 5], [4, 6]]
        try clusters.add(lattice(shape, n % 2 == 0 ? small : large))
      }
      let summary = try clusters.summary()
      #expect(summary.meanSize.value == 4)
      #expect(summary.length(blockVolume: 4, dimension: 2).value == 4)
      // Every segment has as many of both sizes, so there is no scatter.
      #expect(summary.meanSize.error < 1e-15)
      #expect(summary.sizes.map(\.size) == [2, 6] && summary.sizes.map(\.count) == [20, 20])
    }
  }
}
