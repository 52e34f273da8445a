import Geometry
import Measurement
import Particles
import TestSupport
import Testing

extension MeasurementTests {
  @Suite struct Blocks {
    /// Means over the particles of each block, found here particle by particle; NaN has no weight. The order of a plain
    /// sum is the only difference.
    @Test func meansOverBlocks() throws {
      let system = try Samples.system(
        Samples.grid([20, 20], edges: [[22, 0], [5, 21]], disorder: 0.4, seed: 2), .harmonic)
      let values = (0..<400).flatMap { (row: Int) -> [Double] in
        [Double(row * row % 97), row % 7 == 0 ? Double.nan : 1.5]
      }
      let shape = BlockField.shape(of: system.cell, side: 5)
      let map = try BlockField(system, shape: shape, byIdentifier: values, width: 2)
      #expect(map.shape == [4, 4] && map.slabs == 0..<4)
      var sums = [[Double]](repeating: [], count: 16)
      for i in 0..<system.ownedCount {
        let s = system.cell.fractions(system.fixedPosition(i))
        sums[Int(s.x * 4) * 4 + Int(s.y * 4)].append(values[2 * (Int(system.id(i)) - 1)])
      }
      for (mean, all) in zip(map.means(of: 0), sums) {
        let expected = all.reduce(0, +) / Double(all.count)
        #expect(abs(mean - expected) <= 1e-13 * expected)
      }
      #expect(map.means(of: 1).allSatisfy { $0 == 1.5 })
      #expect(stride(from: 0, to: 32, by: 2).map { map.counts[$0] } == sums.map(\.count))
      // The same numbers from a closure, in the same order: the same bits.
      let other = try BlockField(system, shape: shape, width: 2) { i, out in
        for k in 0..<2 { out[k] = values[2 * (Int(system.id(i)) - 1) + k] }
      }
      #expect(other.sums == map.sums && other.counts == map.counts)
    }
  }
}
