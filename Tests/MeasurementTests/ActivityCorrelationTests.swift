import Foundation
import Measurement
import Particles
import Statistics
import TestSupport
import Testing

extension MeasurementTests {
  @Suite struct ActivityCorrelationTests {
    private func sample() throws -> ParticleSystem {
      try Samples.system(Samples.grid([12, 12], edges: [[13, 0], [2, 13]], disorder: 0.3, seed: 2), .harmonic)
    }

    /// Correlations are those of a stored series while the particles change their places, NaN left out. Sums are exact
    /// but for the products; 1e-13 is the rounding of the reference.
    @Test func correlationsFollowTheParticles() throws {
      let system = try sample()
      let (depth, threshold, length) = (6, 0.5, 25)
      let measured = ActivityCorrelation(system, depth: depth, threshold: threshold)
      func value(_ id: Int, _ n: Int) -> Double {
        var generator = Generator(seed: UInt64(id * 1000 + n))
        let number = -log(generator.uniform(1e-9...1)) * 0.3
        return (id + n) % 17 == 0 ? .nan : number
      }
      var order = (0..<system.ownedCount).map(system.id)
      var moves = 0
      for n in 0..<length {
        try measured.add((0..<system.ownedCount).map { value(Int(system.id($0)), n) })
        Samples.displace(system, by: 0.5, seed: UInt64(n))
        try system.evaluate()
        let now = (0..<system.ownedCount).map(system.id)
        if now != order { moves += 1 }
        order = now
      }
      #expect(moves > 5, "the particles have changed their places \(moves) times")
      let curve = try measured.curve(interval: 2)
      #expect(curve.times == [0, 2, 4, 6, 8, 10])
      for lag in 0..<depth {
        var (product, square, pairs) = (0.0, 0.0, 0)
        for origin in 0..<(length - lag) {
          for id in 1...system.totalCount {
            let (then, now) = (value(id, origin), value(id, origin + lag))
            if now.isNaN || !(then > threshold) { continue }
            product += then * now
            square += then * then
            pairs += 1
          }
        }
        #expect(curve.pairs(lag) == pairs && pairs > 100)
        #expect(abs(curve.correlation(lag).value - product / square) < 1e-13)
      }
      #expect(curve.correlation(0).value == 1)
    }

    /// Activity that jumps at one time and decays as e^(−t/τ) gives τ by both readings, to the tolerance of the fit.
    @Test func decaysHaveTheirTimes() throws {
      let system = try sample()
      let measured = ActivityCorrelation(system, depth: 30, threshold: 1e-3)
      let (tau, interval) = (2.5, 0.5)
      for n in 0..<120 {
        let values = (0..<system.ownedCount).map { i in
          let age = Double(n - Int(system.id(i)) % 80) * interval
          return age < 0 ? 0 : Double(1 + system.id(i) % 3) * exp(-age / tau)
        }
        try measured.add(values)
      }
      let curve = try measured.curve(interval: interval)
      for lag in 0..<30 { #expect(abs(curve.correlation(lag).value - exp(-curve.times[lag] / tau)) < 1e-12) }
      let time = try #require(curve.decayTime())
      #expect(abs(time.value - tau) < 1e-6)
      #expect(abs(curve.timeToOneOverE().value - tau) < 1e-10)
      #expect(curve.timeToOneOverE().error < 1e-10)
    }
  }
}
