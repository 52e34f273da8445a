import Foundation
import Geometry
import Measurement
import MessagePassing
import Particles
import Preparation
import TestSupport
import Testing

extension PreparationTests {
  /// What the verdict rests on, on configurations and series whose answer is known.
  @Suite(.serialized) struct Verdict {
    /// Triangular and face-centred cubic crystals: ψ₆ = 1 and Q₆ = 0.57452 (Steinhardt), all of it shared with
    /// neighbours; S(q) is N at a Bragg peak. The neighbours stand where they should to rounding.
    @Test func crystalsAreCrystals() throws {
      let world = try MessagePassing.startForTests()
      let flat = Self.lattice([[1, 0], [0, 3.0.squareRoot()]], [[0, 0], [0.5, 0.5]], [12, 7])
      let deep = Self.lattice(
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]], [5, 5, 5])
      for (crystal, order) in [(flat, 1.0), (deep, 0.57452)] {
        let orientation = try BondOrientation(crystal, over: world)
        #expect(abs(orientation.order - order) < 1e-5, "\(orientation.order)")
        #expect(abs(orientation.coherence - 1) < 1e-9, "\(orientation.coherence)")
        let structure = try StructureFactor(crystal, over: world)
        #expect(abs(structure.largest - Double(crystal.totalCount)) < 1e-6, "\(structure.largest)")
        #expect(structure.peak <= structure.largest)
      }
    }

    /// Points without order: ⟨S(q)⟩ = 1, and its peak over shells of hundreds of vectors not far above; no order.
    @Test(arguments: [2, 3]) func aGasIsNone(dimension: Int) throws {
      let world = try MessagePassing.startForTests()
      let side = dimension == 2 ? 40.0 : 12.0
      let counts = dimension == 2 ? [40, 40] : [12, 12, 12]
      let edges = (0..<dimension).map { k in (0..<dimension).map { $0 == k ? side : 0 } }
      var gas = Samples.grid(counts, edges: edges, disorder: 0, seed: 21)
      var generator = Generator(seed: 22)
      for k in gas.particles.positions.indices { gas.particles.positions[k] = generator.uniform(0...side) }
      let structure = try StructureFactor(gas, over: world)
      #expect(structure.peak > 0.9 && structure.peak < 1.6, "\(structure.peak)")
      #expect(structure.largest < 15, "\(structure.largest)")
      let orientation = try BondOrientation(gas, over: world)
      #expect(orientation.order < 0.1 && orientation.coherence < 0.5, "\(orientation)")
    }

    private static func lattice(_ cell: [[Double]], _ basis: [[Double]], _ counts: [Int]) -> Snapshot {
      let d = counts.count
      var table = ParticleTable()
      let total = counts.reduce(1, *) * basis.count
      for k in 0..<(total / basis.count) {
        let place = [k % counts[0], (k / counts[0]) % counts[1], k / (counts[0] * counts[1])]
        for point in basis {
          table.ids.append(Int64(table.ids.count + 1))
          for c in 0..<d { table.positions.append((Double(place[c]) + point[c]) * cell[c][c]) }
        }
      }
      var edges = Tensor.identity
      for c in 0..<d { edges[c, c] = cell[c][c] * Double(counts[c]) }
      return Snapshot(dimension: d, edges: edges, totalCount: total, particles: table)
    }
  }
}
