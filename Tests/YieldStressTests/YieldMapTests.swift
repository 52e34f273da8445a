import Foundation
import Geometry
import Interactions
import Particles
import Statics
import TestSupport
import Testing
import YieldStress

extension YieldStressTests {
  @Suite(.serialized) struct Maps {
    /// The median over the cavities of (explicit − cubic), at γ and at 2γ.
    static func remainders(_ system: ParticleSystem, radius: Double, spacing: Double, strain: Double) throws -> (
      Double, Double, ratio: Double
    ) {
      var settings = YieldMap.Settings.paper(system, radius: radius, spacing: spacing, directions: [.forward])
      settings.frozenMatrix = (strainStep: strain, maximumStrain: 2.5 * strain, keepsCurves: true)
      let map = try YieldMap.compute(system, settings)
      let coefficients = map.expansion!.coefficients(.half)
      var pairs: [(Double, Double)] = []
      for (n, curve) in map.frozenMatrix!.curves.enumerated() {
        let c = coefficients[(4 * n)..<(4 * n + 4)]
        let series = StressSeries(c[4 * n], c[4 * n + 1], c[4 * n + 2], c[4 * n + 3])
        func remainder(_ k: Int) -> Double { curve[3 * k] - series.stress(at: Double(k) * strain) }
        if curve.count >= 9 { pairs.append((abs(remainder(1)), abs(remainder(2)))) }
      }
      func median(_ x: [Double]) -> Double { x.sorted()[x.count / 2] }
      return (median(pairs.map(\.0)), median(pairs.map(\.1)), ratio: median(pairs.map { $0.1 / $0.0 }))
    }

    /// What the expansion leaves out begins with γ⁴, so it grows 16 times from γ to 2γ = 5e-4, before pairs cross their
    /// cutoffs. The remainders are 1e-11 and 2e-10 there, stresses are good to 1e-12: one in ten.
    @Test func remainderIsQuarticInThePlane() throws {
      let r = try Self.remainders(try ReferenceState.polydisperse.rest(), radius: 5, spacing: 3, strain: 2.5e-4)
      #expect(abs(r.ratio - 16) < 1, "\(r)")
      #expect(r.0 > 2e-12 && r.1 < 1e-8, "\(r)")
    }

    /// The same in space, where the sample is small and its remainders scatter more.
    @Test func remainderIsQuarticInSpace() throws {
      let r = try Self.remainders(try glass(dimension: 3, count: 9, seed: 4), radius: 3, spacing: 2, strain: 5e-4)
      #expect(abs(r.ratio - 16) < 2, "\(r)")
      #expect(r.0 > 1e-12 && r.1 < 1e-6, "\(r)")
    }

    /// Where particles interact in contact alone, one that nothing holds may be anywhere in its cage, in touch or not:
    /// the map does not see it.
    @Test func rattlersTakeNoPart() throws {
      var edges = [[13.86, 0], [0, 13.86]]
      edges[1][0] = 0.2 * edges[0][0]
      let system = try Samples.system(
        Samples.grid([12, 12], edges: edges, disorder: 0.3, largestSize: 1.4, seed: 23), .harmonic)
      try #require(
        try Minimization(method: .cg, tolerance: .floor, maximumEvaluations: 200_000).run(system).reason == .converged)
      func map() throws -> (yields: [Double], rattlers: [Int64]) {
        try system.evaluate(.forcesEnergyAndStress)
        let null = try NullSpace(system, system.makeBondNetwork())
        let result = try YieldMap.compute(
          system, .paper(system, radius: 3, spacing: 1.5), isAbsent: { null.isRattler($0) }, progress: { _, _ in }
        ).expansion!
        let rattlers = (0..<system.ownedCount).filter { null.isRattler($0) }.map { system.id($0) }.sorted()
        #expect(Set(result.centres).isDisjoint(with: rattlers))
        return (result.yields(.half, \.stress), rattlers)
      }
      let apart = try map()
      let rattler = try #require((0..<system.ownedCount).first { system.id($0) == apart.rattlers.first })
      // Towards its nearest neighbour, until they overlap by 1e-11: as stiff a bond as any, without a force to speak
      // of.
      var nearest = (gap: Double.infinity, direction: Vector.zero)
      for j in 0..<system.ownedCount where j != rattler {
        let x = system.cell.position(system.cell.minimumImage(system.fixedPosition(j) &- system.fixedPosition(rattler)))
        let gap = x.length - system.interaction.cutoff(system.diameter(rattler), system.diameter(j))
        if gap < nearest.gap { nearest = (gap, (1 / x.length) * x) }
      }
      let field = system.makeField(width: 2)
      for k in 0..<2 { field.values[2 * rattler + k] = (nearest.gap + 1e-11) * nearest.direction[k] }
      system.move(along: field.values, by: 1)
      let touching = try map()
      #expect(touching.rattlers == apart.rattlers)
      #expect(apart.yields.count { !$0.isNaN } > 10)
      // The particles of the map are the same, in an order that their identifiers fix.
      for (a, b) in zip(apart.yields, touching.yields) { #expect(a == b || (a.isNaN && b.isNaN)) }
    }

    /// Each particle has the lowest value of the cavities in which it is, found here by looking at all pairs, in a
    /// sheared box.
    @Test(arguments: [2, 3]) func particlesTakeTheLowestValue(dimension: Int) throws {
      let system = try glass(dimension: dimension, count: dimension == 2 ? 16 : 9, seed: 9, tilt: 0.4)
      let radius = dimension == 2 ? 4.0 : 2.5
      let settings = YieldMap.Settings.paper(system, radius: radius, spacing: 2)
      let map = try YieldMap.compute(system, settings)
      let result = map.expansion!
      let order = Samples.order(system)
      var expected = [Double](repeating: .infinity, count: system.totalCount)
      let stresses = result.yields(.any, \.stress)
      for n in result.nodes.indices where !stresses[2 * n + 1].isNaN {
        let centre = system.fixedPosition(order[result.centres[n]]!)
        var inside: Int64 = 0
        for i in 0..<system.ownedCount {
          let x = system.cell.position(system.cell.minimumImage(system.fixedPosition(i) &- centre))
          guard x.length <= radius * system.spacing else { continue }
          inside += 1
          let row = Int(system.id(i)) - 1
          expected[row] = min(expected[row], stresses[2 * n + 1])
        }
        #expect(inside == result.freeCounts[n])
      }
      let values = try result.map(system).values(.any, direction: 1)
      for (value, wanted) in zip(values, expected) { #expect(value == wanted || (value.isNaN && wanted == .infinity)) }
      for weight in StressWeight.allCases {
        for direction in MethodResult.Direction.allCases {
          let k = direction == .forward ? 0 : 1
          let valid = stride(from: k, to: 2 * map.total, by: 2).count { !result.yields(weight, \.stress)[$0].isNaN }
          let discarded = try result.discarded(weight, direction, over: system.communicator).values.reduce(0, +)
          #expect(valid + discarded == map.total)
        }
      }
    }

    /// Mirrored in x, forward shear becomes backward shear. Positions differ by the rounding of the mirrored ones.
    @Test func mirrored() throws {
      let system = try glass(dimension: 2, count: 16, seed: 21)
      var mirrored = system.snapshot()
      mirrored.quantum = nil
      mirrored.particles.fixedPositions = []
      for i in 0..<mirrored.particles.count {
        mirrored.particles.positions[2 * i] = -mirrored.particles.positions[2 * i]
      }
      let other = try Samples.system(
        mirrored, .polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1))
      try other.evaluate(.forcesEnergyAndStress)
      var a = YieldMap.Settings.paper(system, radius: 4)
      a.centres = .everyParticle
      let first = try YieldMap.compute(system, a).expansion!
      let second = try YieldMap.compute(other, a).expansion!
      let (x, y) = (Self.byCentre(first), Self.byCentre(second))
      #expect(x.count == 256 && y.count == 256)
      for (id, values) in x {
        let swapped = y[id]!
        // Rounded positions change soft cavities most; 1e-7 of the stress is far above that.
        for (p, q) in [(values[0], swapped[1]), (values[1], swapped[0])] {
          #expect((p.isNaN && q.isNaN) || isClose(p, q, 1e-7))
        }
      }
    }

    static func byCentre(_ result: MethodResult) -> [Int64: [Double]] {
      let stresses = result.yields(.half, \.stress)
      return Dictionary(
        uniqueKeysWithValues: result.nodes.indices.map {
          (result.centres[$0], Array(stresses[(2 * $0)..<(2 * $0 + 2)]))
        })
    }

    /// Half of the bonds across the borders: with every particle as a centre, all bonds count alike, and the mean of
    /// the cavities' stress is that of the sample. Each bond is met as often as its ends are inside: exact up to
    /// rounding, with the volume of the circle in place of that of the particles in it.
    @Test func meanOfTheCavitiesIsTheStressOfTheSample() throws {
      let system = try glass(dimension: 2, count: 16, seed: 5)
      var settings = YieldMap.Settings.paper(system, radius: 4)
      settings.centres = .everyParticle
      let result = try YieldMap.compute(system, settings).expansion!
      let coefficients = result.coefficients(.half)
      // Weighted with how many cavities contain it, a particle's share enters as often as it is inside.
      let mean = stride(from: 0, to: coefficients.count, by: 4).map { coefficients[$0] }.reduce(0, +)
      let order = Samples.order(system)
      var members = [Double](repeating: 0, count: system.totalCount)
      for i in 0..<system.ownedCount {
        for j in 0..<system.ownedCount {
          let x = system.cell.position(system.cell.minimumImage(system.fixedPosition(i) &- system.fixedPosition(j)))
          if x.length <= 4 * system.spacing { members[i] += 1 }
        }
      }
      var expected = 0.0
      for (_, i) in order { expected += members[i] * system.stressShare(of: i)[0, 1] }
      expected /= Double.pi * pow(4 * system.spacing, 2)
      #expect(isClose(mean, expected, 1e-9))
    }

    /// A box that is turned by 90° and a loading that is turned by 90° give the same.
    @Test func turnedLoading() throws {
      let system = try glass(dimension: 2, count: 16, seed: 8)
      var settings = YieldMap.Settings.paper(system, radius: 4)
      settings.centres = .everyParticle
      settings.fan = OrientationFan.orientations(of: settings.generator, plane: (0, 1), count: 4)
      let fan = try YieldMap.compute(system, settings).fan!
      #expect(fan.orientations.map(\.angle) == [0, Double.pi / 4, Double.pi / 2, 3 * Double.pi / 4])

      var turned = system.snapshot()
      turned.quantum = nil
      turned.particles.fixedPositions = []
      // (x, y) → (y, −x): the turned loading seen from the turned axes.
      for i in 0..<turned.particles.count {
        let (x, y) = (turned.particles.positions[2 * i], turned.particles.positions[2 * i + 1])
        turned.particles.positions[2 * i] = y
        turned.particles.positions[2 * i + 1] = -x
      }
      let other = try Samples.system(
        turned, .polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1))
      try other.evaluate(.forcesEnergyAndStress)
      settings.fan = []
      let expected = Self.byCentre(try YieldMap.compute(other, settings).expansion!)
      let centres = try YieldMap.compute(system, settings).expansion!.centres
      var compared = 0
      for (n, id) in centres.enumerated() {
        for direction in 0..<2 {
          let (p, q) = (fan.stresses[(n * 4 + 2) * 2 + direction], expected[id]![direction])
          #expect((p.isNaN && q.isNaN) || isClose(p, q, 1e-7), "centre \(id)")
          if !p.isNaN { compared += 1 }
        }
        // The softest is the lowest of all.
        let all = fan.stresses[(n * 8)..<(n * 8 + 8)].filter { !$0.isNaN }
        #expect(all.isEmpty ? fan.softest[3 * n + 2].isNaN : fan.softest[3 * n + 2] == all.min()!)
      }
      #expect(compared > 300)
    }

    /// Very stiff tethers are a rigid matrix; soft ones make every cavity softer, the softer the more.
    @Test func tetheredMatrix() throws {
      let system = try glass(dimension: 2, count: 20, seed: 6)
      func moduli(_ stiffness: Double?) throws -> [Double] {
        var settings = YieldMap.Settings.paper(system, radius: 4)
        settings.matrix = stiffness.map { ($0, 3 * system.spacing) }
        let c = try YieldMap.compute(system, settings).expansion!.coefficients(.half)
        return stride(from: 1, to: c.count, by: 4).map { c[$0] }
      }
      let rigid = try moduli(nil)
      // What remains of the motion of the shell is 1/stiffness times φ'' ~ 1e3.
      for (a, b) in zip(rigid, try moduli(1e13)) { #expect(isClose(a, b, 1e-6)) }
      func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
      let means = [mean(rigid), mean(try moduli(1000)), mean(try moduli(100)), mean(try moduli(0))]
      #expect(means == means.sorted(by: >) && means[3] < 0.97 * means[0], "\(means)")
    }

    /// The explicit method with tethers begins as the expansion does: its first slope, over a step of 1e-4, is the
    /// modulus up to the curvature times the step.
    @Test func explicitTethers() throws {
      let system = try glass(dimension: 2, count: 20, seed: 6)
      var settings = YieldMap.Settings.paper(system, radius: 3, spacing: 5, directions: [.forward])
      settings.shape = .block(halfSide: 3 * system.spacing)
      settings.matrix = (50, 3 * system.spacing)
      settings.frozenMatrix = (strainStep: 1e-4, maximumStrain: 4e-4, keepsCurves: true)
      let map = try YieldMap.compute(system, settings)
      let c = map.expansion!.coefficients(.half)
      for (n, curve) in map.frozenMatrix!.curves.enumerated() {
        let series = StressSeries(c[4 * n], c[4 * n + 1], c[4 * n + 2], c[4 * n + 3])
        #expect(curve.count == 15)
        for k in 0...4 {
          #expect(abs(curve[3 * k] - series.stress(at: 1e-4 * Double(k))) < 1e-7, "node \(n), step \(k)")
        }
      }
    }

    /// Far from a minimum, some cavities have a negative mode. They are counted with that reason, have no numbers, and
    /// leave their particles to others.
    @Test func unstableCavitiesAreCounted() throws {
      let system = try glass(dimension: 2, count: 16, seed: 12)
      Samples.displace(system, by: 0.06, seed: 7)
      try system.evaluate(.forcesEnergyAndStress)
      var settings = YieldMap.Settings.paper(system, radius: 2.5, spacing: 2)
      settings.lowestEigenvalue = true
      settings.frozenMatrix = (strainStep: 1e-2, maximumStrain: 0.02, keepsCurves: false)
      let map = try YieldMap.compute(system, settings)
      for result in [map.expansion!, map.frozenMatrix!.result] {
        let discarded = try result.discarded(.half, .forward, over: system.communicator)
        let unstable = try #require(discarded[.unstable])
        #expect(unstable > 0 && unstable < map.total, "\(unstable) of \(map.total)")
        let coefficients = result.coefficients(.half)
        #expect((0..<map.total).count { coefficients[4 * $0].isNaN } == unstable)
        let valid = stride(from: 0, to: 2 * map.total, by: 2).count { !result.yields(.half, \.stress)[$0].isNaN }
        #expect(valid + discarded.values.reduce(0, +) == map.total)
      }
      // Positive where the cavity is stable, and nothing elsewhere.
      let coefficients = map.expansion!.coefficients(.half)
      for (n, value) in map.lowestEigenvalues.enumerated() {
        #expect(coefficients[4 * n].isNaN ? value.isNaN : value > 0)
      }
    }

    /// Two nodes with the same closest particle: the second is discarded, and counted.
    @Test func duplicatesAreCounted() throws {
      let system = try glass(dimension: 2, count: 12, seed: 3)
      let map = try YieldMap.compute(system, .paper(system, radius: 3, spacing: 0.5))
      let result = map.expansion!
      #expect(map.total == 24 * 24)
      let discarded = try result.discarded(.half, .forward, over: system.communicator)
      // 576 nodes, 144 particles.
      #expect(discarded[.duplicate]! >= 576 - 144)
      let valid = stride(from: 0, to: 2 * map.total, by: 2).count { !result.yields(.half, \.stress)[$0].isNaN }
      #expect(valid + discarded.values.reduce(0, +) == map.total)
    }
  }
}
