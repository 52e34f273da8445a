import Foundation
import Geometry
import Interactions
import Measurement
import MessagePassing
import Particles
import TestSupport
import Testing

extension MeasurementTests {
  static let model = PairModel.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1)

  /// Maps the box and the particles with it, in steps with a flip after each where the tilt calls for it.
  static func deform(_ system: ParticleSystem, by map: Tensor, times: Int = 1) throws {
    for _ in 0..<times {
      var strained = Tensor()
      for k in 0..<3 { strained[k] = map * system.cell.edges[k] }
      try system.deform(by: map, edges: strained, strain: system.strain)
      for (gradient, flow) in [(2, 1), (2, 0), (1, 0)] where gradient < system.dimension {
        _ = try system.reduceTilt(of: gradient, along: flow)
      }
    }
  }

  @Suite(.serialized) struct NonaffineResidual {
    struct Box: CustomStringConvertible {
      var name: String
      var counts: [Int]
      var edges: [[Double]]
      var radius: Double
      var description: String { name }
    }

    /// Periodic, tilted, and thin: barely two radii wide, so that neighbours reach around the box.
    static let boxes = [
      Box(name: "2D", counts: [12, 11], edges: [[16, 0], [0, 15]], radius: 2.5),
      Box(name: "2D, tilted", counts: [12, 11], edges: [[16, 0], [7.9, 15]], radius: 2.5),
      Box(name: "2D, thin", counts: [4, 20], edges: [[5.1, 0], [0, 27]], radius: 2.5),
      Box(name: "2D, thin and tilted", counts: [20, 5], edges: [[27, 0], [-13, 6.1]], radius: 2.9),
      Box(name: "3D, tilted", counts: [5, 5, 6], edges: [[6.4, 0, 0], [3, 6.6, 0], [-2, 3, 7.5]], radius: 2.2),
    ]

    func system(_ box: Box, seed: UInt64) throws -> ParticleSystem {
      try Samples.system(
        Samples.grid(box.counts, edges: box.edges, disorder: 0.2, largestSize: 1.1, seed: seed), MeasurementTests.model)
    }

    static let maps: [Tensor] = [
      Tensor(Vector(1, 0.3, 0), Vector(0, 1, 0), Vector(0, 0, 1)),
      Tensor(Vector(1.05, 0.1, 0), Vector(-0.08, 0.93, 0), Vector(0, 0, 1)),
      Tensor(Vector(0, -1, 0), Vector(1, 0, 0), Vector(0, 0, 1)),
    ]

    /// Any affine motion, also a rotation by 90° or a common translation, leaves nothing: rounding of displacements of
    /// order one, squared, is 1e-30.
    @Test(arguments: boxes) func affineMotionLeavesNothing(box: Box) throws {
      for map in Self.maps {
        let system = try system(box, seed: 81)
        let window = try StrainWindow(system, radius: box.radius)
        let drift = system.makeField(width: system.dimension)
        for k in 0..<(system.ownedCount * system.dimension) { drift.values[k] = 0.3 }
        system.move(along: drift.values, by: 1)
        try MeasurementTests.deform(system, by: map)
        for value in try window.d2min(system, normalisation: .sum) { #expect(value < 1e-26, "\(box): \(value)") }
      }
    }

    /// By definition: for each particle, neighbours within the radius at the start by a search over all images, their
    /// bonds before and after as vectors between unwrapped positions, and the least-squares map by normal equations.
    func bruteForce(
      _ start: [Int64: Vector], _ lattice: [Vector], _ motion: [Int64: Vector], _ d: Int, radius: Double
    ) -> [Int64: (sum: Double, count: Int)] {
      var result: [Int64: (sum: Double, count: Int)] = [:]
      for (i, x) in start {
        var bonds: [(Vector, Vector)] = []
        for (j, y) in start {
          for l in lattice {
            let b = y + l - x
            if b.length >= radius || (i == j && b.length < 1e-9) { continue }
            bonds.append((b, motion[j]! - motion[i]!))
          }
        }
        // Σ Δ⊗b = J Σ b⊗b
        var spread = d == 2 ? Tensor(.zero, .zero, Vector(0, 0, 1)) : Tensor()
        var mixed = Tensor()
        for (b, u) in bonds {
          spread = spread + Tensor(outer: b, b)
          mixed = mixed + Tensor(outer: u, b)
        }
        let fit = mixed * spread.inverse
        result[i] = (bonds.map { ($0.1 - fit * $0.0).squaredLength }.reduce(0, +), bonds.count)
      }
      return result
    }

    static func lattice(_ system: ParticleSystem) -> [Vector] {
      var vectors: [Vector] = []
      for z in system.dimension == 3 ? -3...3 : 0...0 {
        for y in -3...3 {
          for x in -3...3 {
            vectors.append(system.cell.position(system.cell.lattice(SIMD3(Int32(x), Int32(y), Int32(z)))))
          }
        }
      }
      return vectors
    }

    /// A random displacement field, then strain with flips. The affine part adds the same to both; what is measured is
    /// the residual of the strained field. Sums of some 20 squares of numbers below one: 1e-12.
    @Test(arguments: boxes) func againstBruteForce(box: Box) throws {
      for (round, map) in ([Tensor.identity] + Self.maps.prefix(2)).enumerated() {
        let system = try system(box, seed: 82)
        let d = system.dimension
        var start: [Int64: Vector] = [:]
        for i in 0..<system.ownedCount { start[system.id(i)] = system.position(i) }
        let lattice = Self.lattice(system)
        let window = try StrainWindow(system, radius: box.radius)
        var motion: [Int64: Vector] = [:]
        let field = system.makeField(width: d)
        for i in 0..<system.ownedCount {
          var generator = Generator(seed: UInt64(system.id(i)) &* 7919 &+ UInt64(round))
          var u = Vector.zero
          for k in 0..<d {
            u[k] = generator.uniform(-0.4...0.4)
            field.values[i * d + k] = u[k]
          }
          motion[system.id(i)] = u
        }
        system.move(along: field.values, by: 1)
        try system.evaluate()
        let times = 3
        try MeasurementTests.deform(system, by: map, times: times)
        var total = Tensor.identity
        for _ in 0..<times { total = map * total }
        for id in motion.keys { motion[id] = total * motion[id]! }
        let expected = bruteForce(start, lattice, motion, d, radius: box.radius)
        let sums = try window.d2min(system, normalisation: .sum)
        let means = try window.d2min(system, normalisation: .mean)
        for i in 0..<system.ownedCount {
          let e = expected[system.id(i)]!
          #expect(
            abs(sums[i] - e.sum) <= 1e-12 * max(1, e.sum),
            "\(box), map \(round), particle \(system.id(i)): \(sums[i]), not \(e.sum)")
          #expect(abs(means[i] - e.sum / Double(e.count)) <= 1e-12 * max(1, e.sum), "\(box), map \(round)")
          #expect(e.sum > 1e-3, "the field is not affine")
        }
      }
    }

    /// The same motion in a box that is flipped on the way and in one that is not.
    @Test func flipsAreNotSeen() throws {
      func measured(flipping: Bool) throws -> [Int64: Double] {
        let system = try system(Self.boxes[1], seed: 83)
        let window = try StrainWindow(system, radius: 2.5)
        Samples.displace(system, by: 0.2, seed: 1)
        let map = Tensor(Vector(1, 0.02, 0), Vector(0, 1, 0), Vector(0, 0, 1))
        for _ in 0..<10 {
          var strained = Tensor()
          for k in 0..<3 { strained[k] = map * system.cell.edges[k] }
          try system.deform(by: map, edges: strained, strain: 0)
          if flipping { _ = try system.reduceTilt(of: 1, along: 0) }
        }
        #expect((system.cell.edges[1, 0] < 0) == flipping)
        let values = try window.d2min(system, normalisation: .mean)
        return Dictionary(uniqueKeysWithValues: values.enumerated().map { (system.id($0.offset), $0.element) })
      }
      let (a, b) = try (measured(flipping: true), measured(flipping: false))
      // Displacements are sums of motions since each listing: some roundings of 0.2.
      for (id, value) in a { #expect(abs(value - b[id]!) < 1e-14) }
    }

    /// Too few neighbours, or all on one line, leave the fit undetermined: no number is given.
    @Test func undetermined() throws {
      var snapshot = Samples.grid([5, 1], edges: [[12, 0], [0, 12]], disorder: 0, largestSize: 1.01, seed: 84)
      // Three on a line, then a corner of three.
      snapshot.particles.positions = [1, 1, 2, 1, 3, 1, 7, 7, 8, 8]
      snapshot.particles.ids = [1, 2, 3, 4, 5]
      let system = try Samples.system(snapshot, MeasurementTests.model)
      let window = try StrainWindow(system, radius: 1.6)
      Samples.displace(system, by: 0.1, seed: 3)
      let values = try window.d2min(system, normalisation: .mean)
      #expect(values.allSatisfy { $0.isNaN }, "\(values)")
      let wide = try StrainWindow(system, radius: 2.5)
      let order = Samples.order(system)
      Samples.displace(system, by: 0.1, seed: 4)
      #expect(try wide.d2min(system, normalisation: .mean)[order[4]!].isNaN, "one neighbour")
    }

    /// A window starts when it is made: what happened before does not count, and two windows do not disturb each other.
    @Test func windows() throws {
      let system = try system(Self.boxes[0], seed: 85)
      let first = try StrainWindow(system, radius: 2.5)
      Samples.displace(system, by: 0.2, seed: 5)
      let before = try first.d2min(system, normalisation: .mean)
      let second = try StrainWindow(system, radius: 2.5)
      #expect(try second.d2min(system, normalisation: .mean).allSatisfy { $0 == 0 })
      #expect(try first.d2min(system, normalisation: .mean) == before)
    }
  }

  @Suite(.serialized) struct Displacements {
    func system() throws -> ParticleSystem {
      try Samples.system(
        Samples.grid([12, 11], edges: [[16, 0], [6, 15]], disorder: 0.2, largestSize: 1.1, seed: 86),
        MeasurementTests.model)
    }

    /// Half the particles by +a and half by −a all move alike: 1. One alone: 1/N, with the corrections of the mean that
    /// is taken off, (1 − 1/N)² / (N ((1 − 1/N)⁴ + (N − 1)/N⁴)).
    @Test func participation() throws {
      let system = try system()
      let n = Double(system.totalCount)
      let tracker = system.makeDisplacementTracker()
      let field = system.makeField(width: 2)
      for i in 0..<system.ownedCount { field.values[2 * i] = system.id(i) % 2 == 0 ? 0x1p-5 : -0x1p-5 }
      system.move(along: field.values, by: 1)
      let all = try DisplacementStatistics(system, tracker)
      #expect(abs(all.participationRatio - 1) < 1e-14)
      #expect(all.largest == 0x1p-5 && abs(all.mean - 0x1p-5) < 1e-16)
      let alone = system.makeDisplacementTracker()
      for i in 0..<system.ownedCount {
        (field.values[2 * i], field.values[2 * i + 1]) = (0, system.id(i) == 17 ? 0.25 : 0)
      }
      system.move(along: field.values, by: 1)
      let one = try DisplacementStatistics(system, alone)
      let u = 1 - 1 / n
      let exact = u * u / (n * (u * u * u * u + (n - 1) / (n * n * n * n)))
      #expect(abs(one.participationRatio - exact) < 1e-13, "\(one.participationRatio), \(exact)")
      #expect(abs(one.participationRatio - 1 / n) < 3 / (n * n))
      #expect(one.largest == 0.25 && abs(one.mean - 0.25 / n) < 1e-16)
      // The centre is where that particle stands, up to the weight (1/N)⁴ of each of the others.
      let place = system.position(Samples.order(system)[17]!)
      let miss = system.cell.position(system.cell.minimumImage(system.cell.fixed(one.centre - place)))
      #expect(miss.length < 1e-4)
      // Nothing moves: no number is made up.
      let still = try DisplacementStatistics(system, system.makeDisplacementTracker())
      #expect(still.largest == 0 && still.mean == 0 && still.participationRatio == 0)
    }

    /// Movers on both sides of a corner of the cell have their centre at the corner, not in the middle.
    @Test func centreAcrossTheBoundary() throws {
      let snapshot = Samples.grid([12, 11], edges: [[16, 0], [6, 15]], disorder: 0.1, largestSize: 1.1, seed: 87)
      for shift in [Vector.zero, Vector(5, 3, 0), Vector(-7.3, 11, 0)] {
        var moved = snapshot
        for i in 0..<snapshot.totalCount { for k in 0..<2 { moved.particles.positions[2 * i + k] += shift[k] } }
        let system = try Samples.system(moved, MeasurementTests.model)
        let tracker = system.makeDisplacementTracker()
        let field = system.makeField(width: 2)
        // All within 3.5 of the (moved) corner, opposite pairs left and right of it so that the mean is small.
        var movers: [Vector] = []
        for i in 0..<system.ownedCount {
          let away = system.cell.position(system.cell.minimumImage(system.cell.fixed(system.position(i) - shift)))
          guard away.length < 3.5 else { continue }
          movers.append(away)
          field.values[2 * i] = away.x > 0 ? 0.1 : -0.1
        }
        #expect(
          movers.count > 12 && movers.contains { $0.x < 0 && $0.y < 0 } && movers.contains { $0.x > 0 && $0.y > 0 })
        system.move(along: field.values, by: 1)
        let found = try DisplacementStatistics(system, tracker)
        let mean = movers.reduce(Vector.zero, +) / Double(movers.count)
        let miss = system.cell.position(system.cell.minimumImage(system.cell.fixed(found.centre - shift - mean)))
        // The circular mean of a cluster of radius 3.5 in a box of 15 deviates from the mean in third order:
        // (2π·3.5/15)³/6 · 3.5 times the asymmetry of the cluster, a few tenths; the middle of the box would be 10
        // away.
        #expect(miss.length < 0.5, "shift \(shift): \(miss)")
        let s = system.cell.fractions(system.cell.fixed(found.centre))
        for k in 0..<2 { #expect(s[k] >= 0 && s[k] <= 1) }
      }
    }
  }

  @Suite(.serialized) struct Profiles {
    /// Against binning by hand, of two quantities of which one has gaps.
    @Test(arguments: [2, 3]) func againstDirectBinning(dimension: Int) throws {
      let snapshot =
        dimension == 2
        ? Samples.grid([12, 11], edges: [[16, 0], [6, 15]], disorder: 0.3, largestSize: 1.1, seed: 88)
        : Samples.grid(
          [5, 5, 6], edges: [[6.4, 0, 0], [3, 6.6, 0], [-2, 3, 7.5]], disorder: 0.3, largestSize: 1.1, seed: 88)
      let system = try Samples.system(snapshot, MeasurementTests.model)
      Samples.displace(system, by: 0.6, seed: 6)
      let outside = (0..<system.ownedCount).contains { system.cell.fractions(system.fixedPosition($0)).x < 0 }
      #expect(outside, "some stand outside the cell now")
      let bins = dimension == 2 ? [7, 150] : [3, 4, 9]
      let profile = try Profile(system, bins: bins, quantities: 2) { i, out in
        out[0] = system.diameter(i)
        out[1] = system.id(i) % 3 == 0 ? .nan : Double(system.id(i))
      }
      var sums: [[[Double]]] = [[], []]
      var counts: [[[Double]]] = [[], []]
      for q in 0..<2 {
        for axis in 0..<dimension {
          sums[q].append([Double](repeating: 0, count: bins[axis]))
          counts[q].append([Double](repeating: 0, count: bins[axis]))
        }
      }
      for i in 0..<system.ownedCount {
        // Fractions from the inverse of the edges, by Cramer's rule in the plane, by the engine's tensor in space.
        let x = system.position(i)
        let e = system.cell.edges
        var s = e.transposed.inverse * x
        if dimension == 2 {
          let det = e[0, 0] * e[1, 1] - e[0, 1] * e[1, 0]
          s = Vector((x.x * e[1, 1] - x.y * e[1, 0]) / det, (e[0, 0] * x.y - e[0, 1] * x.x) / det, 0)
        }
        for axis in 0..<dimension {
          let fraction = s[axis] - floor(s[axis])
          let bin = min(bins[axis] - 1, Int(fraction * Double(bins[axis])))
          sums[0][axis][bin] += system.diameter(i)
          counts[0][axis][bin] += 1
          if system.id(i) % 3 != 0 {
            sums[1][axis][bin] += Double(system.id(i))
            counts[1][axis][bin] += 1
          }
        }
      }
      var empty = 0
      for q in 0..<2 {
        for axis in 0..<dimension {
          #expect(profile.means[q][axis].count == bins[axis])
          for b in 0..<bins[axis] {
            let found = profile.means[q][axis][b]
            if counts[q][axis][b] == 0 {
              empty += 1
              #expect(found.isNaN)
            } else {
              // Sums of up to a hundred numbers.
              let expected = sums[q][axis][b] / counts[q][axis][b]
              #expect(abs(found - expected) <= 1e-13 * expected, "quantity \(q), axis \(axis), bin \(b)")
            }
          }
        }
      }
      if dimension == 2 { #expect(empty > 0, "an empty slice was met") }
    }

    @Test func slicesAreASpacingThick() throws {
      let system = try Samples.system(
        Samples.grid([12, 11], edges: [[16, 0], [6, 15]], disorder: 0.3, largestSize: 1.1, seed: 89),
        MeasurementTests.model)
      let bins = Profile.bins(for: system)
      for axis in 0..<2 {
        let thickness = system.cell.widths[axis] / Double(bins[axis])
        // Rounding to a whole number of slices, of which there are ten.
        #expect(abs(thickness / system.spacing - 1) < 0.06)
      }
    }
  }
}
