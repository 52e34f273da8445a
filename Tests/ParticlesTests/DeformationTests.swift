import Geometry
import Interactions
import MessagePassing
import Particles
import Storage
import TestSupport
import Testing

extension ParticlesTests {
  /// What must not change under flips, saving, relabelling, and the symmetries of space.
  @Suite(.serialized) struct Symmetry {
    static let model = PairModel.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1)

    struct Outcome {
      var energy: Double
      var stress: Tensor
      /// By id.
      var forces: [Int64: Vector] = [:]
    }

    static func outcome(_ system: ParticleSystem) throws -> Outcome {
      try system.evaluate(.forcesEnergyAndStress)
      let totals = try system.totals()
      var result = Outcome(energy: totals.energy, stress: totals.stress)
      for i in 0..<system.ownedCount {
        var f = Vector.zero
        for k in 0..<system.dimension { f[k] = system.forces[i * system.dimension + k] }
        result.forces[system.id(i)] = f
      }
      return result
    }

    static func outcome(_ snapshot: Snapshot, _ model: PairModel = Symmetry.model) throws -> Outcome {
      try outcome(Samples.system(snapshot, model))
    }

    /// Rounding only: the terms are the same up to their order and the last bits of displacements; 1e-12 of the largest
    /// leaves room for forces of which large parts cancel.
    static func expectEqual(
      _ a: Outcome, _ b: Outcome, _ note: String, forceMap: (Vector) -> Vector = { $0 },
      stressMap: (Tensor) -> Tensor = { $0 }
    ) {
      #expect(abs(a.energy - b.energy) <= 1e-12 * abs(a.energy), "\(note): energy \(a.energy), \(b.energy)")
      let size = (0..<3).map { abs(a.stress[$0, $0]) }.max()!
      let expected = stressMap(a.stress)
      for k in 0..<3 {
        for m in 0..<3 {
          #expect(abs(expected[k, m] - b.stress[k, m]) <= 1e-12 * size, "\(note): stress \(k) \(m)")
        }
      }
      let largest = a.forces.values.map(\.length).max()!
      for (id, f) in a.forces {
        #expect((forceMap(f) - b.forces[id]!).length <= 1e-12 * largest, "\(note): force on \(id)")
      }
    }

    static let boxes: [([Int], [[Double]])] = [
      ([9, 8], [[13, 0], [4, 11]]), ([5, 5, 5], [[6.5, 0, 0], [2.5, 6.3, 0], [-3, 2, 6.6]]),
    ]

    @Test func relabelled() throws {
      for (counts, edges) in Self.boxes {
        let snapshot = Samples.grid(counts, edges: edges, disorder: 0.15, seed: 41)
        let n = Int64(snapshot.totalCount)
        var other = snapshot
        other.particles.ids = snapshot.particles.ids.map { n + 1 - $0 }
        var b = try Self.outcome(other)
        b.forces = Dictionary(uniqueKeysWithValues: b.forces.map { (n + 1 - $0.key, $0.value) })
        Self.expectEqual(try Self.outcome(snapshot), b, "relabelled")
      }
    }

    @Test func translated() throws {
      for (counts, edges) in Self.boxes {
        let snapshot = Samples.grid(counts, edges: edges, disorder: 0.15, seed: 42)
        let d = snapshot.dimension
        var other = snapshot
        for i in 0..<snapshot.totalCount {
          for k in 0..<d { other.particles.positions[i * d + k] += [3.7, -8.1, 25.3][k] }
        }
        Self.expectEqual(try Self.outcome(snapshot), try Self.outcome(other), "translated")
      }
    }

    /// x and y exchanged, positions and edges alike: forces and stress are exchanged too.
    @Test func axesExchanged() throws {
      for (counts, edges) in Self.boxes {
        let snapshot = Samples.grid(counts, edges: edges, disorder: 0.15, seed: 43)
        let d = snapshot.dimension
        func swapped(_ v: Vector) -> Vector { Vector(v.y, v.x, v.z) }
        var other = snapshot
        other.edges = Tensor(swapped(snapshot.edges[1]), swapped(snapshot.edges[0]), swapped(snapshot.edges[2]))
        for i in 0..<snapshot.totalCount { other.particles.positions.swapAt(i * d, i * d + 1) }
        Self.expectEqual(
          try Self.outcome(snapshot), try Self.outcome(other), "exchanged", forceMap: swapped,
          stressMap: { Tensor(swapped($0[1]), swapped($0[0]), swapped($0[2])) })
      }
    }

    /// Turned by 90°: (x, y) → (−y, x). A right-handed box stays right-handed with edges a' = R b, b' = −R a.
    @Test func turned() throws {
      for (counts, edges) in Self.boxes {
        let snapshot = Samples.grid(counts, edges: edges, disorder: 0.15, seed: 44)
        let d = snapshot.dimension
        func turn(_ v: Vector) -> Vector { Vector(-v.y, v.x, v.z) }
        var other = snapshot
        other.edges = Tensor(turn(snapshot.edges[0]), turn(snapshot.edges[1]), turn(snapshot.edges[2]))
        for i in 0..<snapshot.totalCount {
          let (x, y) = (snapshot.particles.positions[i * d], snapshot.particles.positions[i * d + 1])
          other.particles.positions[i * d] = -y
          other.particles.positions[i * d + 1] = x
        }
        let rotation = Tensor(Vector(0, -1, 0), Vector(1, 0, 0), Vector(0, 0, 1))
        Self.expectEqual(
          try Self.outcome(snapshot), try Self.outcome(other), "turned", forceMap: turn,
          stressMap: { rotation * $0 * rotation.transposed })
      }
    }

    /// x → −x: the tilt changes sign, and so do the shear stresses with x.
    @Test func mirrored() throws {
      for (counts, edges) in Self.boxes {
        let snapshot = Samples.grid(counts, edges: edges, disorder: 0.15, seed: 45)
        let d = snapshot.dimension
        func mirror(_ v: Vector) -> Vector { Vector(-v.x, v.y, v.z) }
        var other = snapshot
        // The first edge keeps its direction: the same lattice.
        other.edges = Tensor(snapshot.edges[0], mirror(snapshot.edges[1]), mirror(snapshot.edges[2]))
        for i in 0..<snapshot.totalCount { other.particles.positions[i * d] *= -1 }
        let reflection = Tensor(Vector(-1, 0, 0), Vector(0, 1, 0), Vector(0, 0, 1))
        Self.expectEqual(
          try Self.outcome(snapshot), try Self.outcome(other), "mirrored", forceMap: mirror,
          stressMap: { reflection * $0 * reflection })
      }
    }

    /// The same lattice in another basis, and a tilt beyond 1/2 reduced on input.
    @Test func otherBasis() throws {
      for (counts, edges) in Self.boxes {
        let snapshot = Samples.grid(counts, edges: edges, disorder: 0.15, seed: 46)
        var long = snapshot
        long.edges[1] = long.edges[1] + 2 * long.edges[0]
        if snapshot.dimension == 3 { long.edges[2] = long.edges[2] - 1 * long.edges[1] }
        var images: [Int32] = []
        for i in 0..<snapshot.totalCount { for k in 0..<snapshot.dimension { images.append(Int32((i + k) % 5 - 2)) } }
        long.particles.images = images
        func unwrapped(_ s: Snapshot) -> [Double] {
          let d = s.dimension
          var result = s.particles.positions
          for i in 0..<s.totalCount {
            for m in 0..<d {
              for k in 0..<d { result[i * d + k] += Double(s.particles.images[i * d + m]) * s.edges[m, k] }
            }
          }
          return result
        }
        var reduced = long
        let report = try reduced.reduceTilts()
        #expect(!report.isEmpty)
        for (i, j) in [(1, 0), (2, 0), (2, 1)] where i < snapshot.dimension {
          #expect(abs(reduced.edges[i, j]) <= 0.5 * reduced.edges[j, j] * (1 + 1e-14))
        }
        // Sums of a few products of numbers up to 50.
        for (a, b) in zip(unwrapped(long), unwrapped(reduced)) { #expect(abs(a - b) < 1e-12) }
        Self.expectEqual(try Self.outcome(snapshot), try Self.outcome(reduced), "reduced")
      }
    }

    /// A cell that is turned is not tilted; one that is sheared along y is, along y.
    @Test func turnedCells() throws {
      var turned = Samples.grid([9, 9], edges: [[9, 9], [-9, 9]], disorder: 0.1, seed: 48)
      #expect(try turned.reduceTilts().isEmpty)
      #expect(turned.edges == Tensor([[9, 9, 0], [-9, 9, 0], [0, 0, 1]]))
      var sheared = Samples.grid([9, 9], edges: [[9, 27], [0, 10]], disorder: 0.1, seed: 49)
      #expect(try sheared.reduceTilts().count == 1)
      #expect(sheared.edges == Tensor([[9, -3, 0], [0, 10, 0], [0, 0, 1]]))
    }

    /// Tilts and images that cannot be counted in 32 bits used to end the process.
    @Test(
      arguments: [
        // Of a file without images: the tilt itself.
        ([[1e-20, 0], [1, 1]], [], "tilt xy"),
        // A tilt of yz makes one of xz that is as large as the square.
        ([[1, 0, 0], [1e6, 1, 0], [0, 1e6, 1]], [], "tilt xz"),
        ([[1, 0], [1e5, 1]], [0, 100_000], "particle 1: its image flags"),
        ([[1, 0], [1e5, 1]], [2_000_000_000, 2000], "particle 1: its image flags"),
      ] as [([[Double]], [Int32], String)])
    func tiltsBeyondCounting(edges: [[Double]], images: [Int32], words: String) throws {
      var snapshot = Samples.grid(edges.map { _ in 1 }, edges: edges, disorder: 0, seed: 50)
      snapshot.particles.images = images
      #expect { try snapshot.reduceTilts() } throws: { ($0 as? Failure)?.message.contains(words) == true }
    }

    // MARK: Flips

    /// A flip in the middle of a motion: forces, energy, displacement trackers and unwrapped positions do not notice.
    @Test func flips() throws {
      let cases: [([Int], [[Double]], Int, Int)] = [
        ([9, 8], [[13, 0], [4, 11]], 0, 1), ([9, 8], [[13, 4], [0, 11]], 1, 0),
        ([5, 5, 5], [[6.5, 0, 0], [2.5, 6.3, 0], [-3, 2, 6.6]], 0, 1),
        ([5, 5, 5], [[6.5, 0, 0], [2.5, 6.3, 0], [-3, 2, 6.6]], 1, 2),
        ([5, 5, 5], [[6.5, 0, 0], [0, 6.3, 0], [0, 0, 6.6]], 2, 0),
      ]
      for (counts, edges, flow, gradient) in cases {
        let d = counts.count
        var snapshot = Samples.grid(counts, edges: edges, disorder: 0.15, seed: 47)
        snapshot.particles.images = (0..<(snapshot.totalCount * d)).map { Int32($0 % 5 - 2) }
        let system = try Samples.system(snapshot, Self.model)
        let tracker = system.makeDisplacementTracker()
        // Far enough that images are not all zero.
        for round in 0..<4 {
          Samples.displace(system, by: 1, seed: UInt64(round))
          try system.evaluate()
        }
        func unwrapped() -> [Int64: FixedVector] {
          let snapshot = system.snapshot()
          return Dictionary(
            uniqueKeysWithValues: (0..<snapshot.totalCount).map { i in
              var p = FixedVector.zero
              var image = SIMD3<Int32>()
              for k in 0..<d {
                p[k] = snapshot.particles.fixedPositions[i * d + k]
                image[k] = snapshot.particles.images[i * d + k]
              }
              return (snapshot.particles.ids[i], p &+ system.cell.lattice(image))
            })
        }
        func displacements() -> [Int64: Vector] {
          Dictionary(
            uniqueKeysWithValues: (0..<system.ownedCount).map { (system.id($0), system.displacement(tracker, of: $0)) })
        }
        // Far beyond one half in one deformation, in a basis that is not reduced.
        var shear = Tensor()
        shear[flow, gradient] = 1.3
        let map = shear + .identity
        var strained = Tensor()
        for k in 0..<3 { strained[k] = map * system.cell.edges[k] }
        try system.deform(by: map, edges: strained, strain: 1.3)
        let before = (try Self.outcome(system), unwrapped(), displacements(), system.cell)
        let count = try system.reduceTilt(of: gradient, along: flow)
        #expect(count != 0)
        let after = (try Self.outcome(system), unwrapped(), displacements(), system.cell)
        Self.expectEqual(before.0, after.0, "\(d)D, \(flow) \(gradient)")
        #expect(before.1 == after.1, "unwrapped positions are exact integers")
        #expect(before.1.values.contains { abs(system.cell.fractions($0)[0] - 0.5) > 1 }, "some have left the cell")
        for (id, u) in before.2 {
          // The sums of displacements so far are rounded once more at each listing: 2⁻⁵³ of some 10.
          #expect((u - after.2[id]!).length < 1e-14 * 10, "displacement of \(id)")
        }
        #expect(after.3.excessTilt(of: gradient, along: flow) == 0)
        #expect(abs(after.3.volume - before.3.volume) <= 1e-13 * before.3.volume)
        #expect(try system.reduceTilt(of: gradient, along: flow) == 0)
      }
    }

    /// Nonaffine displacements leave out the affine motion: particles that only follow the box have none.
    @Test func affineMotionIsNoDisplacement() throws {
      let system = try Samples.system(
        Samples.grid([9, 8], edges: [[13, 0], [4, 11]], disorder: 0.15, seed: 48), Self.model)
      let tracker = system.makeDisplacementTracker()
      for step in 1...30 {
        let map = Tensor(Vector(1, 0.07, 0), Vector(0, 1, 0), Vector(0, 0, 1))
        var strained = Tensor()
        for k in 0..<3 { strained[k] = map * system.cell.edges[k] }
        try system.deform(by: map, edges: strained, strain: 0.07 * Double(step))
        _ = try system.reduceTilt(of: 1, along: 0)
      }
      for i in 0..<system.ownedCount { #expect(system.displacement(tracker, of: i) == .zero) }
      // A displacement made before a shear is sheared along: u → D u.
      let u = system.makeField(width: 2)
      for i in 0..<system.ownedCount { u.values[2 * i + 1] = 0x1p-6 }
      system.move(along: u.values, by: 1)
      let map = Tensor(Vector(1, 0.25, 0), Vector(0, 1, 0), Vector(0, 0, 1))
      var strained = Tensor()
      for k in 0..<3 { strained[k] = map * system.cell.edges[k] }
      try system.deform(by: map, edges: strained, strain: 3)
      for i in 0..<system.ownedCount { #expect(system.displacement(tracker, of: i) == Vector(0x1p-8, 0x1p-6, 0)) }
    }

    // MARK: Saving

    @Test func savedStatesComeBack() throws {
      let world = try MessagePassing.startForTests()
      for (counts, edges) in Self.boxes {
        let system = try Samples.system(Samples.grid(counts, edges: edges, disorder: 0.15, seed: 49), Self.model)
        let tracker = system.makeDisplacementTracker()
        Samples.displace(system, by: 0.3, seed: 1)
        let hash = try StateHash.sha256(of: system.snapshot(), over: world)
        let motion = Dictionary(
          uniqueKeysWithValues: (0..<system.ownedCount).map { (system.id($0), system.displacement(tracker, of: $0)) })
        let saved = system.save()
        // Restored at once, the lists are new: that is the state to compare with.
        try system.restore(saved)
        let before = try Self.outcome(system)
        for round in 0..<3 {
          Samples.displace(system, by: 2, seed: UInt64(10 + round))
          try system.evaluate()
          var shear = Tensor.identity
          shear[0, 1] = 0.4
          var strained = Tensor()
          for k in 0..<3 { strained[k] = shear * system.cell.edges[k] }
          try system.deform(by: shear, edges: strained, strain: 0.4)
          _ = try system.reduceTilt(of: 1, along: 0)
          #expect(try StateHash.sha256(of: system.snapshot(), over: world) != hash)
          try system.restore(saved)
          #expect(try StateHash.sha256(of: system.snapshot(), over: world) == hash, "round \(round)")
          let after = try Self.outcome(system)
          #expect(after.energy == before.energy && after.stress == before.stress && after.forces == before.forces)
          for i in 0..<system.ownedCount {
            // The tracker keeps a sum of motions, rounded differently: a few units of numbers below one.
            #expect((system.displacement(tracker, of: i) - motion[system.id(i)]!).length < 1e-15)
          }
        }
      }
    }

    /// A snapshot that knows its quanta makes the same system, bit by bit.
    @Test func snapshotsComeBack() throws {
      let world = try MessagePassing.startForTests()
      let system = try Samples.system(
        Samples.grid([9, 8], edges: [[13, 0], [4, 11]], disorder: 0.15, seed: 50), Self.model)
      Samples.displace(system, by: 1, seed: 2)
      try system.rebuild()
      let first = try Self.outcome(system)
      let again = try Samples.system(system.snapshot(), Self.model)
      let second = try Self.outcome(again)
      #expect(first.energy == second.energy && first.stress == second.stress && first.forces == second.forces)
      #expect(
        try StateHash.sha256(of: system.snapshot(), over: world) == StateHash.sha256(of: again.snapshot(), over: world))
    }
  }

  @Suite(.serialized) struct Errors {
    static let model = PairModel.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1)

    private func failure(_ work: () throws -> Void) -> Failure? {
      do { try work() } catch { return error as? Failure }
      return nil
    }

    @Test func coincidentParticles() throws {
      for (a, b) in [(3, 7), (0, 71)] {
        var snapshot = Samples.grid([9, 8], edges: [[13, 0], [4, 11]], disorder: 0.15, seed: 51)
        for k in 0..<2 {
          // The second case stands one period away.
          snapshot.particles.positions[2 * a + k] = snapshot.particles.positions[2 * b + k]
        }
        let found = failure { _ = try Samples.system(snapshot, Self.model) }
        #expect(found?.kind == .input)
        #expect(found?.message.contains("stand at the same point") == true, "\(found?.message ?? "accepted")")
        let ids = [snapshot.particles.ids[a], snapshot.particles.ids[b]].sorted()
        #expect(found?.message.contains("particles \(ids[0]) and \(ids[1])") == true, "\(found?.message ?? "accepted")")
      }
    }

    /// At least two list ranges wide, as measured between faces and not along edges.
    @Test func boxTooSmall() throws {
      let range = 1.4 * 1.5 + 0.3
      let cases: [([[Double]], Bool)] = [
        ([[2 * range + 0.01, 0], [0, 8]], true), ([[2 * range - 0.05, 0], [0, 8]], false),
        ([[8, 0], [0, 2 * range - 0.05]], false), ([[2 * range + 0.05, 0], [4, 8]], false),
        ([[4.0, 0, 0], [0, 8, 0], [0, 0, 8]], false),
      ]
      for (edges, fits) in cases {
        var snapshot = Samples.grid(edges.count == 2 ? [4, 4] : [3, 4, 4], edges: edges, disorder: 0.1, seed: 52)
        snapshot.particles.diameters[0] = 1.5
        let found = failure { _ = try Samples.system(snapshot, Self.model) }
        #expect((found == nil) == fits, "\(edges): \(found?.message ?? "accepted")")
        if !fits { #expect(found?.kind == .input && found?.message.contains("too small") == true) }
      }
    }

    @Test func moreRanksThanCells() throws {
      let world = try MessagePassing.startForTests()
      let snapshot = Samples.grid([9, 8], edges: [[13, 0], [4, 11]], disorder: 0.15, seed: 53)
      let interaction = Self.model.compiled(dimension: 2)
      let layout = try SystemLayout(snapshot, interaction: interaction, skin: 0.3, ranks: 1, over: world)
      let cells = layout.grid.cellCount
      #expect(cells > 1)
      _ = try SystemLayout(snapshot, interaction: interaction, skin: 0.3, ranks: cells, over: world)
      let found = failure {
        _ = try SystemLayout(snapshot, interaction: interaction, skin: 0.3, ranks: cells + 1, over: world)
      }
      #expect(found?.kind == .input)
      #expect(
        found?.message.contains("\(cells + 1) ranks for \(cells) cells") == true, "\(found?.message ?? "accepted")")
    }

    /// MPI has room for 65 532 communicators (Open MPI 4.1); a long run makes more systems than that, one per window of
    /// D²min.
    @Test func manySystems() throws {
      let world = try MessagePassing.startForTests()
      let interaction = PairModel.harmonic.compiled(dimension: 2)
      let snapshot = Samples.grid([1, 1], edges: [[9, 0], [0, 9]], disorder: 0, seed: 55)
      for _ in 0..<66_000 { _ = try ParticleSystem(snapshot, interaction: interaction, skin: 0.3, communicator: world) }
      #expect(try world.channel() === world.channel())
    }

    /// Few particles are a configuration like any other; none is an error.
    @Test func fewParticles() throws {
      for n in [1, 2, 3] {
        var snapshot = Samples.grid([n, 1], edges: [[9, 0], [0, 9]], disorder: 0, seed: 54)
        snapshot.particles.positions = Array([1, 4, 2.1, 4, 3.2, 4][..<(2 * n)])
        let system = try Samples.system(snapshot, Self.model)
        try system.evaluate(.forcesEnergyAndStress)
        // Neighbours in the row are 1.1 apart, within the cutoff of at least 1.4 · 0.95; the next but one are not.
        #expect(try system.bondStatistics().count == n - 1)
        #expect(try system.totals().energy.isFinite)
      }
      for model in [Self.model, .binaryLJ(cutoff: 2.5, truncation: .plain)] {
        let empty = Snapshot(
          dimension: 2, edges: Tensor([[9, 0, 0], [0, 9, 0], [0, 0, 1]]), totalCount: 0, particles: ParticleTable())
        let found = failure { _ = try Samples.system(empty, model) }
        #expect(
          found?.kind == .input && found?.message.contains("no particles") == true, "\(found?.message ?? "accepted")")
      }
    }
  }
}
