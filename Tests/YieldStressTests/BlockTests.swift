import Geometry
import Particles
import TestSupport
import Testing
import YieldStress

extension YieldStressTests {
  @Suite struct Blocks {
    /// Means over the particles of each block, found here particle by particle; NaN has no weight. The order of a plain
    /// sum is the only difference.
    @Test func meansOverBlocks() throws {
      let system = try Samples.system(
        Samples.grid([20, 20], edges: [[22, 0], [5, 21]], disorder: 0.4, seed: 2), .harmonic)
      let values = (0..<400).flatMap { (row: Int) -> [Double] in
        [Double(row * row % 97), row % 7 == 0 ? Double.nan : 1.5]
      }
      let map = try BlockMap(system, values, width: 2, side: 5)
      #expect(map.shape == [4, 4] && map.slabs == 0..<4)
      var sums = [[Double]](repeating: [], count: 16)
      for i in 0..<system.ownedCount {
        let s = system.cell.fractions(system.fixedPosition(i))
        sums[Int(s.x * 4) * 4 + Int(s.y * 4)].append(values[2 * (Int(system.id(i)) - 1)])
      }
      for (mean, all) in zip(map.column(0), sums) {
        #expect(isClose(mean, all.reduce(0, +) / Double(all.count), 1e-13))
      }
      #expect(map.column(1).allSatisfy { $0 == 1.5 })
    }
  }
}
