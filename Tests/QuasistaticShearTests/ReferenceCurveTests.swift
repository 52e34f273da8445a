import Foundation
import Geometry
import Interactions
import Particles
import QuasistaticShear
import Statics
import TestSupport
import Testing

extension QuasistaticShearTests {
  /// The stress-strain curve of an independent program, and the first event beyond its end.
  @Suite(.serialized) struct ReferenceCurve {
    static func curve() throws -> [[Double]] {
      let text = try String(contentsOfFile: ReferenceState.folder + "/aqs_ipl2d_n1024.csv", encoding: .utf8)
      return text.split(separator: "\n").dropFirst(2).map { $0.split(separator: ",").map { Double($0)! } }
    }

    /// Columns strain, σ_xy, pressure, energy per particle. Minima at the floor, 7e-12 there, leave 1e-12 in the
    /// stress; the 20 steps of two programs may differ by a little more: 1e-9 as promised.
    @Test(arguments: [Minimization.Method.cg, .newton, .fire]) func stressStrain(method: Minimization.Method) throws {
      let curve = try Self.curve()
      #expect(curve.count == 21)
      let system = try ReferenceState.polydisperse.system()
      let found = try Shearing.run(system, .simpleShear(flow: 0, gradient: 1), by: 0.02, step: 1e-3, method: method)
      #expect(found.steps.count == 21)
      for (row, record) in zip(curve, found.steps) {
        #expect(abs(record.strain - row[0]) < 1e-15)
        #expect(
          abs(record.stress[0, 1] - row[1]) < 1e-9, "\(method.rawValue), strain \(row[0]): \(record.stress[0, 1])")
        #expect(abs(record.pressure - row[2]) < 1e-9, "\(method.rawValue), strain \(row[0]): \(record.pressure)")
        #expect(abs(record.energyPerParticle - row[3]) < 1e-9, "\(method.rawValue), strain \(row[0])")
        #expect(record.forceMax <= record.minimization.tolerance && record.evaluations > 0)
      }
      // The bonds of the last state, counted by the other program.
      #expect(try system.bondStatistics().count == Int(curve[20][5]))
    }

    /// Back to where it started: the branch is elastic up to 0.005, and reversible.
    @Test func reversible() throws {
      let system = try ReferenceState.polydisperse.system()
      let cell = system.cell
      let there = try Shearing.run(system, .simpleShear(flow: 0, gradient: 1), by: 0.005, step: 1e-3)
      let back = try Shearing.run(system, .simpleShear(flow: 0, gradient: 1), by: -0.005, step: 1e-3)
      for (a, b) in zip(there.steps, back.steps.reversed()) {
        #expect(abs(a.stress[0, 1] - b.stress[0, 1]) < 1e-9)
      }
      // A second loading starts from the box that the first one left: one rounding to a quantum.
      for k in 0..<2 { for m in 0..<2 { #expect(abs(system.cell.edges[k, m] - cell.edges[k, m]) <= 4 * cell.quantum) } }
      #expect(system.strain == 0)
    }

    /// An interval no longer than asked for, whose two ends other runs reach again; a shorter smallest step finds the
    /// same event, inside what the longer one found or next to it.
    @Test func firstEvent() throws {
      func search(_ smallestStep: Double, step: Double, method: Minimization.Method = .cg) throws -> Collector {
        try Shearing.run(
          try ReferenceState.polydisperse.system(), .simpleShear(flow: 0, gradient: 1), by: 0.0205, step: step,
          method: method,
          events: EventSearch(smallestStep: smallestStep, displacement: 0.05))
      }
      let found = try search(1e-6, step: 2e-3)
      let list = found.events.map { "\($0.strainBefore)–\($0.strainAfter), Δσ \($0.stressDrop[0, 1])" }.joined(
        separator: "; ")
      let event = try #require(found.events.last, "no event")
      #expect(abs(event.strainAfter - 0.02015) < 2e-4, "\(list)")
      #expect(found.events.count == 1, "\(list)")
      #expect(event.strainAfter > event.strainBefore && event.strainAfter - event.strainBefore <= 1e-6)
      #expect(event.stressDrop[0, 1] > 0.01 && event.energyDrop > 0, "\(list), ΔE \(event.energyDrop)")
      #expect(event.participationRatio > 0 && event.participationRatio < 0.5)

      let finer = try search(5e-7, step: 2e-3)
      let same = try #require(finer.events.last)
      #expect(abs(same.strainAfter - event.strainAfter) <= 1e-6, "\(same.strainAfter), \(event.strainAfter)")
      let other = try search(1e-6, step: 5e-3, method: .newton)
      let third = try #require(other.events.last)
      // Other steps halve to other intervals.
      #expect(abs(third.strainAfter - event.strainAfter) <= 2e-6, "\(third.strainAfter), \(event.strainAfter)")

      // The two ends again, by plain steps. Near a fold the stiffness vanishes, and errors grow: 1e-6.
      let system = try ReferenceState.polydisperse.system()
      let before = try Shearing.run(
        system, .simpleShear(flow: 0, gradient: 1), by: event.strainBefore, step: 1e-3)
      #expect(abs(before.steps.last!.stress[0, 1] - event.stressBefore[0, 1]) < 1e-6)
      let energyBefore = try system.totals().energy
      let after = try Shearing.run(
        system, .simpleShear(flow: 0, gradient: 1), by: event.strainAfter - event.strainBefore, step: 1)
      #expect(abs(after.steps.last!.stress[0, 1] - event.stressAfter[0, 1]) < 1e-6)
      #expect(abs(energyBefore - (try system.totals().energy) - event.energyDrop) < 1e-6)
    }
  }
}
