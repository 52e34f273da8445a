import Foundation
import Measurement
import MessagePassing
import Statistics
import TestSupport
import Testing

extension MeasurementTests {
  @Suite struct StressDifferenceTests {
    private func normal(_ generator: inout Generator) -> Double {
      (0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform() }
    }

    @Test func lagsAreDecimated() {
      #expect(DecimatedLags(upTo: 1).samples == [1] && DecimatedLags(upTo: 1).levels == 1)
      #expect(DecimatedLags(upTo: 16).samples == Array(1...16) && DecimatedLags(upTo: 17).levels == 1)
      let lags = DecimatedLags(upTo: 40)
      #expect(lags.samples == Array(1...16) + [18, 20, 22, 24, 26, 28, 30, 32, 36, 40] && lags.levels == 3)
      #expect(DecimatedLags(upTo: 1_000_000).samples.count < 160)
    }

    /// The moments, kicks and dropped windows are those of a stored series with two restarts: exactly where they count,
    /// and to the rounding of some thousand terms where they are sums.
    @Test func momentsAreThoseOfTheSeries() throws {
      let world = try MessagePassing.startForTests()
      let (slabs, slabSize) = (RowShares(3, over: world), 4)
      let measured = StressDifference(slabs: slabs, slabSize: slabSize, longest: 45, kick: 19, over: world)
      #expect(measured.kickLags == [1, 18])
      var generator = Generator(seed: 11)
      let stretches = [37, 1, 150].map { length in
        (0..<length).map { _ in (0..<12).map { _ in normal(&generator) } }
      }
      for (k, stretch) in stretches.enumerated() {
        if k > 0 { measured.restart() }
        for sample in stretch { try measured.add(sample) }
      }
      // A second restart at once changes nothing.
      measured.restart()
      measured.restart()
      #expect(measured.restarts == 3)

      let interval = 0.25
      let curve = try measured.curve(interval: interval)
      for (k, lag) in curve.lags.enumerated() {
        // Origins of a level are whole multiples of its interval.
        var step = 1
        while lag > 16 * step { step *= 2 }
        var differences: [Double] = []
        var dropped = 0
        for stretch in stretches {
          for origin in stride(from: 0, to: stretch.count, by: step) {
            if origin + lag < stretch.count {
              differences += zip(stretch[origin + lag], stretch[origin]).map { $0 - $1 }
            } else {
              dropped += 1
            }
          }
        }
        func mean(_ power: (Double) -> Double) -> Double {
          differences.map(power).reduce(0, +) / Double(differences.count)
        }
        func expectClose(_ found: Double, _ expected: Double) { #expect(abs(found - expected) < 1e-12 * 50) }
        #expect(curve.windows(k) == differences.count)
        #expect(measured.dropped[k] == dropped, "lag \(lag)")
        expectClose(curve.mean(k).value, mean { $0 })
        expectClose(curve.meanMagnitude(k).value, mean { abs($0) })
        expectClose(curve.meanSquare(k).value, mean { $0 * $0 })
        let drift = 0.7 * Double(lag) * interval
        let square = mean { ($0 - drift) * ($0 - drift) }
        expectClose(curve.meanSquare(k, drift: 0.7).value / square, 1)
        let fourth = mean { pow($0 - drift, 4) }
        expectClose(curve.kurtosis(k, drift: 0.7).value * square * square / fourth, 1)
        for (n, kick) in measured.kickLags.enumerated() where kick == lag {
          var expected = KickHistogram()
          for difference in differences { expected.add(difference) }
          #expect(try measured.kickHistograms()[n] == expected)
        }
      }
    }

    /// Numbers of either sign are counted by sign and magnitude.
    @Test func kicksHaveASign() {
      var kicks = KickHistogram()
      for value in [0.013, -0.013, -0.0131, 0, 7e30] { kicks.add(value) }
      let bin = LogarithmicHistogram.bin(of: 0.013)
      #expect(KickHistogram.edges[bin] <= 0.013 && KickHistogram.edges[bin + 1] > 0.0131)
      #expect(kicks.positive[bin] == 1 && kicks.negative[bin] == 2 && kicks.zeros == 1)
      #expect(kicks.positive.last == 1)
    }

    /// Ornstein-Uhlenbeck series of variance s² and time τ, with a drift c that is subtracted, have
    /// ⟨(Δσ − ct)²⟩ = 2s²(1 − e^(−t/τ)) and a kurtosis of 3: within 4.5 of the stated errors for each lag, which are
    /// themselves those of the blocks: independent series leave √(3τ/T/blocks) of the plateau, and the stated error may
    /// be off by a factor of two, as that of some ten groups is.
    @Test func plantedSeriesComeOut() throws {
      let world = try MessagePassing.startForTests()
      let (slabs, slabSize) = (RowShares(5, over: world), 8)
      let measured = StressDifference(slabs: slabs, slabSize: slabSize, longest: 100, kick: 10, over: world)
      let (s, tau, drift, length) = (0.3, 12.0, 0.01, 3000)
      let memory = exp(-1 / tau)
      let noise = s * (1 - memory * memory).squareRoot()
      var generator = Generator(seed: 12)
      var x = (0..<40).map { _ in s * normal(&generator) }
      for n in 0..<length {
        try measured.add(x.map { $0 + drift * Double(n) })
        for b in x.indices { x[b] = memory * x[b] + noise * normal(&generator) }
      }
      let curve = try measured.curve(interval: 1)
      for (k, lag) in curve.lags.enumerated() {
        let square = curve.meanSquare(k, drift: drift)
        let expected = 2 * s * s * (1 - exp(-Double(lag) / tau))
        #expect(abs(square.value - expected) < 4.5 * square.error, "lag \(lag): \(square), not \(expected)")
        #expect(square.error < 0.04 * expected)
        let kurtosis = curve.kurtosis(k, drift: drift)
        // A sum of twelve uniform numbers has the kurtosis 3 − 1.2/12 = 2.9; sums of many such are closer to 3.
        #expect(abs(kurtosis.value - 3) < 4.5 * kurtosis.error + 0.1, "lag \(lag): \(kurtosis)")
        let mean = curve.mean(k)
        #expect(abs(mean.value - drift * Double(lag)) < 4.5 * mean.error)
      }
      let plateau = curve.meanSquare(curve.lags.count - 1, drift: drift).error / (2 * s * s)
      let independent = (3 * tau / Double(length) / 40).squareRoot()
      #expect(plateau > independent / 2 && plateau < independent * 2, "\(plateau), not \(independent)")
    }

    /// A random walk with ⟨Δσ²⟩ = 2Dt on top of noise of variance n² has D in both conventions, the floor 2n² and,
    /// without noise, the Hurst exponent ½, within 4.5 of the stated errors.
    @Test(arguments: [0.0, 0.2]) func walksDiffuse(noise: Double) throws {
      let world = try MessagePassing.startForTests()
      let (slabs, slabSize) = (RowShares(4, over: world), 8)
      let measured = StressDifference(slabs: slabs, slabSize: slabSize, longest: 64, kick: 64, over: world)
      let (coefficient, interval) = (0.02, 0.5)
      let step = (2 * coefficient * interval).squareRoot()
      var generator = Generator(seed: 13)
      var x = [Double](repeating: 0, count: 32)
      for n in 0..<3000 {
        if n % 1000 == 999 { measured.restart() }
        try measured.add(x.map { $0 + noise * normal(&generator) })
        for b in x.indices { x[b] += step * normal(&generator) }
      }
      let curve = try measured.curve(interval: interval)
      let fit = try #require(curve.diffusion(in: 1...16))
      #expect(fit.from == 1 && fit.to == 16 && fit.lags == 24 - 1)
      #expect(abs(fit.perTime.value - 2 * coefficient) < 4.5 * fit.perTime.error, "\(fit)")
      #expect(abs(fit.perTwoTimes.value - coefficient) < 4.5 * fit.perTwoTimes.error)
      #expect(fit.perTwoTimes.error < 0.1 * coefficient)
      #expect(abs(fit.floor.value - 2 * noise * noise) < 4.5 * fit.floor.error)
      let hurst = try #require(curve.hurstExponent(in: 1...16))
      if noise == 0 {
        #expect(abs(hurst.value - 0.5) < 4.5 * hurst.error && hurst.error < 0.02, "\(hurst)")
      } else {
        #expect(hurst.value < 0.4)
      }
      #expect(curve.diffusion(in: 0.9...1.1) == nil && curve.hurstExponent(in: 100...200) == nil)
    }
  }
}
