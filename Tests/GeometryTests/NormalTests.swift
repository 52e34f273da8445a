import Geometry
import Testing

extension GeometryTests {
  @Suite struct Normals {
    /// Moments of 20 000 pairs within 5 standard errors: of x 1/√n, of x² √(2/n), of x⁴ √(96/n), of x·y 1/√n.
    @Test func moments() {
      let stream = RandomStream(seed: 3, purpose: .pairNoise)
      let count = 20_000
      var sums = [Double](repeating: 0, count: 4)
      for item in 0..<count {
        let (x, y) = RandomStream.normals(stream.uniformPair(of: UInt32(item), 7, step: item % 5, draw: item % 3))
        for (k, term) in [(x + y) / 2, (x * x + y * y) / 2, (x * x * x * x + y * y * y * y) / 2, x * y].enumerated() {
          sums[k] += term / Double(count)
        }
      }
      let n = Double(count)
      #expect(abs(sums[0]) < 5 / (2 * n).squareRoot() && abs(sums[1] - 1) < 5 / n.squareRoot())
      #expect(abs(sums[2] - 3) < 5 * (48 / n).squareRoot() && abs(sums[3]) < 5 / n.squareRoot())
    }

    /// The extremes of the uniform numbers give finite numbers.
    @Test func extremes() {
      #expect(RandomStream.normals((0, 0.25)) == (0, 0))
      let largest = RandomStream.normals((1 - 0x1p-53, 0)).0
      #expect(largest > 8.5 && largest < 8.6)
    }

    /// Every part of the counter matters.
    @Test func pairCounters() {
      let stream = RandomStream(seed: 3, purpose: .pairNoise)
      let draws = [
        stream.uniformPair(of: 1, 2, step: 3), stream.uniformPair(of: 2, 1, step: 3),
        stream.uniformPair(of: 1, 2, step: 4), stream.uniformPair(of: 1, 2, step: 3 + 1 << 32),
        stream.uniformPair(of: 1, 2, step: 3, draw: 1),
        RandomStream(seed: 3, purpose: .thermalNoise).uniformPair(of: 1, 2, step: 3),
      ]
      #expect(Set(draws.map(\.0)).count == draws.count && Set(draws.map(\.1)).count == draws.count)
    }
  }
}
