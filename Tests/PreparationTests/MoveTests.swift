import Foundation
import Geometry
import Interactions
import MessagePassing
import Particles
import Preparation
import Statistics
import TestSupport
import Testing

extension PreparationTests {
  /// Audits that a wrong trial move would not pass.
  @Suite(.serialized) struct Moves {
    static let ipl = PairModel.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1)

    static func monteCarlo(
      _ snapshot: Snapshot, _ model: PairModel, temperature: Double, step: Double = 0.1, swapFraction: Double = 0.2,
      window: Double = .infinity, block: Double = 1, seed: UInt64 = 1
    ) throws -> SwapMonteCarlo {
      let system = try Samples.system(snapshot, model, skin: 0.01)
      try system.evaluate(.forcesEnergyAndStress)
      return try SwapMonteCarlo(
        system,
        rule: MoveRule(temperature: temperature, step: step, swapFraction: swapFraction, sizeWindow: window),
        block: block, seed: seed)
    }

    /// The energy that the moves add up is that of the configuration, for each potential, in both dimensions and in
    /// sheared cells; and what a swap exchanges is only exchanged. Tolerance: each of some 10⁴ accepted changes is
    /// rounded to 1e-16 of the energies of a particle and its neighbours; 1e-11 of the sum is a hundred times their sum
    /// in the worst order.
    @Test(
      arguments: [
        (ipl, 2), (.polydisperseIPL(exponent: 12, smoothing: 2, cutoff: 1.25, nonadditivity: 0.2), 2),
        (.bidisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4), 2),
        (.binaryLJ(cutoff: 2.5, truncation: .energyShift), 2),
        (.binaryLJ(cutoff: 2, truncation: .smooth), 3), (.harmonic, 2), (.hertz, 3), (ipl, 3),
      ] as [(PairModel, Int)]) func energyIsKept(model: PairModel, dimension: Int) throws
    {
      let counts = dimension == 2 ? [18, 16] : [9, 8, 8]
      let spacing = model.parameter == .species ? 1.0 : 1.15
      var edges = (0..<dimension).map { k in (0..<dimension).map { $0 == k ? spacing * Double(counts[k]) : 0 } }
      // A sheared cell, though not in the smallest of boxes.
      if dimension == 2 { edges[1][0] = 0.3 * edges[0][0] }
      let start = Samples.grid(counts, edges: edges, disorder: 0.1, seed: 5)
      let sizes = start.particles.diameters.sorted()
      let species = start.particles.species.reduce(0, +)
      let monteCarlo = try Self.monteCarlo(start, model, temperature: 0.3)
      var tally = MoveTally()
      for _ in 0..<40 {
        for _ in 0..<5 { try monteCarlo.sweep() }
        let now = try monteCarlo.takeTally()
        tally.acceptedDisplacements += now.acceptedDisplacements
        tally.acceptedSwaps += now.acceptedSwaps
      }
      #expect(tally.acceptedDisplacements > 1000 && tally.acceptedSwaps > 20, "\(tally)")
      let now = try monteCarlo.system(skin: 0.01)
      let energy = try now.totals().energy
      let scale = max(abs(energy), Double(start.totalCount))
      #expect(abs(monteCarlo.energy - energy) <= 1e-11 * scale, "\(monteCarlo.energy) is kept, \(energy) is true")
      let after = monteCarlo.particles.snapshot()
      #expect(after.particles.ids.sorted() == (1...Int64(start.totalCount)).map { $0 })
      #expect(after.particles.species.reduce(0, +) == species)
      if model.parameter == .size { #expect(after.particles.diameters.sorted() == sizes) }
    }

    /// Two particles in a box: the histogram of their distance follows exp(−φ/T) times the measure of the periodic
    /// square. χ² over 20 bins of equal probability, from samples 20 sweeps apart; its mean is 19 and its deviation
    /// 6.2, and the limit lies seven deviations above.
    @Test(arguments: [0.3, 1.0]) func twoParticlesFollowBoltzmann(temperature: Double) throws {
      let side = 6.0
      var start = Samples.grid([2, 1], edges: [[side, 0], [0, side]], disorder: 0, seed: 3)
      start.particles.diameters = [1, 1.4]
      let model = Self.ipl
      let monteCarlo = try Self.monteCarlo(
        start, model, temperature: temperature, step: 0.8, swapFraction: 0.1, window: 1)
      let interaction = model.compiled(dimension: 2)
      // The distribution of r over the periodic square, by a fine grid of displacements.
      let cells = 1500
      var weights: [(r: Double, w: Double)] = []
      for a in 0..<cells {
        for b in 0..<cells {
          let x = (Double(a) + 0.5) / Double(cells) * side / 2
          let y = (Double(b) + 0.5) / Double(cells) * side / 2
          let r = (x * x + y * y).squareRoot()
          weights.append((r, exp(-interaction.derivatives(r, 1, 1.4).energy / temperature)))
        }
      }
      weights.sort { $0.r < $1.r }
      let total = weights.reduce(0) { $0 + $1.w }
      let bins = 20
      var limits: [Double] = []
      var sum = 0.0
      for (r, w) in weights {
        sum += w
        if sum >= total * Double(limits.count + 1) / Double(bins) { limits.append(r) }
      }
      var counts = [Int](repeating: 0, count: bins)
      let samples = 8000
      for _ in 0..<samples {
        for _ in 0..<20 { try monteCarlo.sweep() }
        let p = monteCarlo.particles.snapshot().particles.positions
        var (x, y) = (abs(p[2] - p[0]), abs(p[3] - p[1]))
        x = min(x, side - x)
        y = min(y, side - y)
        let r = (x * x + y * y).squareRoot()
        counts[min(limits.count { $0 < r }, bins - 1)] += 1
      }
      let expected = Double(samples) / Double(bins)
      let chi = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
      #expect(chi < 19 + 7 * 6.2, "χ² = \(chi), \(counts)")
    }

    /// Sizes that are exchanged among particles at rest: each assignment of four sizes is as frequent as its Boltzmann
    /// weight, and each exchange as frequent as its reverse (detailed balance, counted).
    @Test func swapsBalanceInDetail() throws {
      var start = Samples.grid([2, 2], edges: [[7, 0], [0, 7]], disorder: 0, seed: 3)
      // Near one another, so that sizes matter.
      start.particles.ids = [1, 2, 3, 4]
      start.particles.positions = [3, 3, 4.1, 3, 3.2, 4.25, 4.5, 4.4]
      start.particles.diameters = [1, 1.2, 1.35, 1.6]
      let temperature = 2.0
      let monteCarlo = try Self.monteCarlo(
        start, Self.ipl, temperature: temperature, step: 1e-300, swapFraction: 1 - 1e-12, window: 0.3)
      let interaction = Self.ipl.compiled(dimension: 2)
      func energy(_ sizes: [Double]) -> Double {
        var sum = 0.0
        let p = start.particles.positions
        for i in 0..<4 {
          for j in 0..<i {
            let (x, y) = (p[2 * i] - p[2 * j], p[2 * i + 1] - p[2 * j + 1])
            sum += interaction.derivatives((x * x + y * y).squareRoot(), sizes[i], sizes[j]).energy
          }
        }
        return sum
      }
      func assignment() -> [Double] {
        let table = monteCarlo.particles.snapshot().particles
        return (1...4).map { id in table.diameters[table.ids.firstIndex(of: Int64(id))!] }
      }
      var visits: [[Double]: [Double]] = [:]
      var flows: [[[Double]]: Int] = [:]
      var last = assignment()
      let samples = 300_000
      let blocks = 30
      for sample in 0..<samples {
        try monteCarlo.sweep()
        let now = assignment()
        visits[now, default: [Double](repeating: 0, count: blocks)][sample * blocks / samples] += 1
        if now != last { flows[[last, now], default: 0] += 1 }
        last = now
      }
      // Weights over all assignments that swaps within the window can reach: here all 24.
      var permutations: [[Double]] = [[]]
      for _ in 0..<4 {
        permutations = permutations.flatMap { p in start.particles.diameters.filter { !p.contains($0) }.map { p + [$0] }
        }
      }
      let weights = permutations.map { exp(-energy($0) / temperature) }
      let total = weights.reduce(0, +)
      for (assignment, weight) in zip(permutations, weights) {
        let expected = Double(samples) * weight / total
        guard expected > 300 else { continue }
        // Samples are correlated over some sweeps of few trials: the error is that of the mean of blocks far longer
        // than that.
        let found = TimeSeries(visits[assignment] ?? [0])
        let error = (found.variance * Double(blocks)).squareRoot()
        #expect(
          abs(found.mean * Double(found.values.count) - expected) <= 5 * error,
          "\(assignment): \(found.values.reduce(0, +)) ± \(error), not \(expected)")
        #expect(error < 0.25 * expected, "\(assignment): \(error) of \(expected)")
        if expected > 10_000 { #expect(error < 0.04 * expected, "\(assignment): \(error) of \(expected)") }
      }
      #expect(visits.count >= 12, "\(visits.count) assignments")
      // A sweep is one to four trials of which the order is random, so that the flows of a sweep balance, too.
      var compared = 0
      for (way, there) in flows where way[0].lexicographicallyPrecedes(way[1]) {
        let back = flows[[way[1], way[0]]] ?? 0
        guard there + back > 100 else { continue }
        compared += 1
        #expect(
          abs(Double(there - back)) <= 6 * Double(there + back).squareRoot(), "\(way): \(there) there, \(back) back")
      }
      #expect(compared >= 10, "\(compared) flows")
    }

    /// Liquids at a high temperature: mean energy and heat capacity from the fluctuations, dU/dT by differences;
    /// displacements alone and swaps, blocks of different sizes, all give the same averages. Errors are measured from
    /// blocks of the series; five of them are allowed, and the errors themselves are at most 0.5 % of the energy.
    @Test func averagesDoNotDependOnTheMoves() throws {
      let start = Samples.grid([16, 16], edges: [[20, 0], [0, 20]], disorder: 0.1, largestSize: 1.6, seed: 11)
      func series(_ temperature: Double, swaps: Double, block: Double, seed: UInt64) throws -> TimeSeries {
        let monteCarlo = try Self.monteCarlo(
          start, Self.ipl, temperature: temperature, step: 0.2, swapFraction: swaps, window: 0.4, block: block,
          seed: seed)
        for _ in 0..<300 { try monteCarlo.sweep() }
        var energies = TimeSeries()
        for _ in 0..<2500 {
          for _ in 0..<2 { try monteCarlo.sweep() }
          _ = try monteCarlo.takeTally()
          energies.append(monteCarlo.energy)
        }
        return energies
      }
      let temperature = 1.0
      let plain = try series(temperature, swaps: 0, block: 1, seed: 2)
      let variants = [
        try series(temperature, swaps: 0.3, block: 1, seed: 3), try series(temperature, swaps: 0.3, block: 3, seed: 4),
        try series(temperature, swaps: 0, block: 3, seed: 5),
      ]
      #expect(plain.error < 0.005 * plain.mean, "\(plain.error) of \(plain.mean)")
      for other in variants {
        #expect(plain.distance(to: other) <= 5, "\(other.mean) ± \(other.error), not \(plain.mean) ± \(plain.error)")
      }
      // C = var U / T² = dU/dT.
      let step = 0.1
      let (above, below) = (
        try series(temperature + step, swaps: 0.3, block: 1, seed: 6),
        try series(temperature - step, swaps: 0.3, block: 1, seed: 7)
      )
      let slope = (above.mean - below.mean) / (2 * step)
      let slopeError = (above.error * above.error + below.error * below.error).squareRoot() / (2 * step)
      let fluctuation = ([plain] + variants).map { $0.variance / (temperature * temperature) }
      let capacity = TimeSeries(fluctuation)
      // The scatter of the four capacities is their error; the curvature of U over ±0.1 is below 1 %.
      let error = (capacity.variance / 4 + slopeError * slopeError + 1e-4 * slope * slope).squareRoot()
      #expect(
        abs(capacity.mean - slope) <= 5 * error,
        "\(capacity.mean) from fluctuations, \(slope) from differences, ± \(error)")
      #expect(error < 0.15 * slope, "\(error) of \(slope)")
    }

    /// The configurational temperature ⟨F²⟩ / ⟨tr H⟩ (Rugh), from the forces and the Hessian of the engine, is that of
    /// the moves: an identity of the canonical distribution that knows nothing of how it was sampled. Errors come from
    /// the scatter of ten blocks; five are allowed, and they are at most 2 % of the temperature.
    @Test(
      arguments: [(ipl, 2, 0.8), (.binaryLJ(cutoff: 2, truncation: .smooth), 3, 1.2), (ipl, 3, 0.8)]
        as [(PairModel, Int, Double)])
    func temperatureIsThatOfTheForces(model: PairModel, dimension: Int, temperature: Double) throws {
      let counts = dimension == 2 ? [18, 16] : [8, 8, 8]
      let edges = (0..<dimension).map { k in (0..<dimension).map { $0 == k ? 1.2 * Double(counts[k]) : 0 } }
      let start = Samples.grid(counts, edges: edges, disorder: 0.1, seed: 15)
      let monteCarlo = try Self.monteCarlo(start, model, temperature: temperature, swapFraction: 0.3)
      for _ in 0..<300 { try monteCarlo.sweep() }
      var ratios = TimeSeries()
      for _ in 0..<100 {
        for _ in 0..<10 { try monteCarlo.sweep() }
        let system = try monteCarlo.system(skin: 0.01)
        let blocks = system.makeField(width: dimension * dimension)
        system.hessianDiagonal(into: blocks)
        var (squared, trace) = (0.0, 0.0)
        for i in 0..<system.ownedCount {
          for k in 0..<dimension {
            squared += system.forces[i * dimension + k] * system.forces[i * dimension + k]
            trace += blocks.values[(i * dimension + k) * dimension + k]
          }
        }
        ratios.append(squared / trace)
      }
      #expect(ratios.error < 0.02 * temperature, "\(ratios.error)")
      // A ratio of sums of some thousand terms is biased by less than 1/1000.
      #expect(
        abs(ratios.mean - temperature) <= 5 * ratios.error + 1e-3 * temperature,
        "\(ratios.mean) ± \(ratios.error), not \(temperature)")
    }

    /// Without interactions a particle goes anywhere: the blocks leave no trace in the density.
    @Test func blocksAreNotSeen() throws {
      var start = Samples.grid([8, 8], edges: [[12, 0], [0, 12]], disorder: 0.1, seed: 4)
      start.particles.diameters = (0..<64).map { 0.1 + 1e-3 * Double($0) }
      let monteCarlo = try Self.monteCarlo(start, .harmonic, temperature: 1e9, step: 0.5, block: 20)
      // Positions decorrelate within some 100 sweeps over a bin: of the counts in each bin as series, blocks tell the
      // error.
      var counts = [TimeSeries](repeating: TimeSeries(), count: 24)
      let samples = 12_000
      for _ in 0..<samples {
        for _ in 0..<5 { try monteCarlo.sweep() }
        var now = [Double](repeating: 0, count: 24)
        for x in monteCarlo.particles.snapshot().particles.positions { now[min(Int(x * 2), 23)] += 1 }
        for bin in 0..<24 { counts[bin].append(now[bin]) }
      }
      let expected = 128.0 / 24
      for (bin, count) in counts.enumerated() {
        #expect(
          abs(count.mean - expected) <= 5 * count.error, "bin \(bin): \(count.mean) ± \(count.error), not \(expected)")
        #expect(count.error < 0.02 * expected, "bin \(bin): \(count.error) of \(expected)")
      }
    }
  }
}
