import Geometry
import Interactions
import MessagePassing
import Particles
import TestSupport
import Testing

extension ParticlesTests {
  /// Particles that are moved to another configuration of them, as from one frame of a trajectory to the next.
  @Suite(.serialized) struct Frames {
    /// A configuration after the affine map of a shear and displacements that are known, in another order and in
    /// another basis of the lattice.
    private struct Frame {
      var snapshot: Snapshot
      let map: Tensor
      /// Whole numbers of the new edges in terms of the old ones.
      let basis: Tensor
      var displacements: [Int64: Vector] = [:]

      /// - Parameter start: a configuration without image numbers, wrapped.
      init(after start: Snapshot, shear: Double, seed: UInt64) {
        let d = start.dimension
        var generator = Generator(seed: seed)
        var (map, basis) = (Tensor.identity, Tensor.identity)
        map[0, 1] = shear
        basis[1, 0] = -1
        (self.map, self.basis) = (map, basis)
        let edges = basis * (start.edges * map.transposed)
        snapshot = Snapshot(dimension: d, edges: edges, totalCount: start.totalCount, particles: ParticleTable())
        snapshot.strain = shear
        for i in (0..<start.particles.count).shuffled(using: &generator) {
          var (x, u) = (Vector.zero, Vector.zero)
          for k in 0..<d {
            x[k] = start.particles.positions[d * i + k]
            // Up to two edges, so that image numbers decide.
            u[k] = generator.uniform(-2...2) * start.edges[k].length
          }
          let moved = map * x + u
          let s = edges.transposed.inverse * moved
          var wrapped = moved
          for k in 0..<d {
            let image = s[k].rounded(.down)
            wrapped -= image * edges[k]
            snapshot.particles.images.append(Int32(image))
          }
          for k in 0..<d { snapshot.particles.positions.append(wrapped[k]) }
          snapshot.particles.ids.append(start.particles.ids[i])
          displacements[start.particles.ids[i]] = u
        }
      }
    }

    private static let boxes: [([Int], [[Double]])] = [
      ([9, 8], [[13, 0], [4, 11]]), ([5, 5, 5], [[6.5, 0, 0], [2.5, 6.3, 0], [0, 0, 6.6]]),
    ]

    /// Fails if a particle is taken for another one, or if image numbers are not those of the new basis. Displacements
    /// of some 20 lengths are rounded three times, to 2⁻⁵³ of themselves or to a quantum.
    @Test(arguments: [0, 1]) func displacementsAreThoseBetweenFrames(box: Int) throws {
      let (counts, edges) = Self.boxes[box]
      let start = Samples.grid(counts, edges: edges, disorder: 0.2, seed: 5)
      let system = try Samples.system(start, Symmetry.model)
      let tracker = system.makeDisplacementTracker()
      let frame = Frame(after: start, shear: 0.3, seed: 7)
      #expect(try system.move(to: frame.snapshot, by: frame.map) == frame.basis)
      #expect(system.strain == 0.3)
      for i in 0..<system.ownedCount {
        let difference = system.displacement(tracker, of: i) - frame.displacements[system.id(i)]!
        #expect(difference.length < 1e-13, "particle \(system.id(i)): \(difference)")
      }
      // The forces are those of the frame itself, whose neighbours are listed from the beginning.
      var alone = frame.snapshot
      alone.speciesCount = start.speciesCount
      alone.hasDiameters = true
      let rows = Dictionary(uniqueKeysWithValues: zip(start.particles.ids, start.particles.ids.indices))
      alone.particles.diameters = alone.particles.ids.map { start.particles.diameters[rows[$0]!] }
      alone.particles.species = alone.particles.ids.map { start.particles.species[rows[$0]!] }
      let other = try Samples.system(alone, Symmetry.model)
      Symmetry.expectEqual(try Symmetry.outcome(system), try Symmetry.outcome(other), "box \(box)")
    }

    /// The box must be that of the frame before, deformed by the map.
    @Test func otherBoxesAreRefused() throws {
      let (counts, edges) = Self.boxes[0]
      let start = Samples.grid(counts, edges: edges, disorder: 0.2, seed: 5)
      let frame = Frame(after: start, shear: 0.3, seed: 7)
      for (map, change) in [(Tensor.identity, 1.0), (frame.map, 1.001)] {
        let system = try Samples.system(start, Symmetry.model)
        var other = frame.snapshot
        other.edges[0] = change * other.edges[0]
        let failure = #expect(throws: Failure.self) { try system.move(to: other, by: map) }
        #expect(failure?.kind == .input && failure?.message.contains("is not that at strain") == true)
      }
    }
  }
}
