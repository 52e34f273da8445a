import Foundation
import Particles
import TestSupport
import Testing
import YieldStress

extension YieldStressTests {
  /// All cavities of a sample against an independent program.
  @Suite(.serialized) struct ReferenceCavities {
    struct Row {
      var centre: Int64
      var free: Int64
      var lowestEigenvalue: Double
      /// Per weight: four coefficients and the yield stress.
      var expansion: [[Double]]
      /// Per weight: yield strain and stress; empty where the other program did not shear the cavity.
      var explicit: [[Double]]
    }

    static func numbers(_ name: String) throws -> [[Double]] {
      try String(contentsOfFile: "\(ReferenceState.folder)/\(name).csv", encoding: .utf8).split(separator: "\n")
        .filter { !$0.hasPrefix("#") }.map { $0.split(separator: ",").map { Double($0)! } }
    }

    static func rows() throws -> [Row] {
      try numbers("cavity_ipl2d_n1024").map { n in
        Row(
          centre: Int64(n[0]), free: Int64(n[1]), lowestEigenvalue: n[2],
          expansion: (0..<3).map { Array(n[(3 + 5 * $0)..<(8 + 5 * $0)]) },
          explicit: n.count == 24 ? (0..<3).map { Array(n[(18 + 2 * $0)..<(20 + 2 * $0)]) } : [])
      }
    }

    /// Coefficients to 1e-9 and yield stresses to 1e-8, as promised; they agree to 1e-12, the rounding of two programs.
    @Test func expansion() throws {
      let rows = try Self.rows()
      #expect(rows.count == 121)
      let system = try ReferenceState.polydisperse.rest()
      var settings = YieldMap.Settings.paper(system)
      settings.lowestEigenvalue = true
      let map = try YieldMap.compute(system, settings)
      let result = try #require(map.expansion)
      #expect(map.total == 121 && result.nodes == Array(0..<121))
      #expect(result.centres == rows.map(\.centre))
      #expect(result.freeCounts == rows.map(\.free))
      for (w, weight) in StressWeight.allCases.enumerated() {
        let coefficients = result.coefficients(weight)
        let stresses = result.yields(weight, \.stress)
        for (n, row) in rows.enumerated() {
          for k in 0..<4 {
            #expect(isClose(coefficients[4 * n + k], row.expansion[w][k], 1e-9), "node \(n), \(weight), order \(k)")
          }
          let (found, expected) = (stresses[2 * n], row.expansion[w][4])
          #expect(found.isNaN ? expected.isNaN : isClose(found, expected, 1e-8), "node \(n), \(weight)")
        }
        let discarded = try result.discarded(weight, .forward, over: system.communicator)
        #expect(discarded == [.neverYields: rows.count { $0.expansion[w][4].isNaN }])
      }
      for (found, row) in zip(map.lowestEigenvalues, rows) { #expect(isClose(found, row.lowestEigenvalue, 1e-8)) }

      let particles = try result.map(system)
      let expected = try Self.numbers("cavity_map_ipl2d_n1024")
      for (w, weight) in StressWeight.allCases.enumerated() {
        let values = particles.values(weight, direction: 0)
        #expect(values.count == 1024)
        for (value, row) in zip(values, expected) { #expect(isClose(value, row[w], 1e-8)) }
      }
    }

    /// The drops of all weights in the same steps, and the stresses before them: two minimisers that end at the floor
    /// of the forces differ by 1e-11 in stress, asked for are 1e-8.
    @Test func frozenMatrix() throws {
      let rows = try Self.rows()
      let system = try ReferenceState.polydisperse.rest()
      var settings = YieldMap.Settings.paper(system, directions: [.forward])
      settings.frozenMatrix = (strainStep: 1e-3, maximumStrain: 0.5, keepsCurves: true)
      let frozen = try #require(try YieldMap.compute(system, settings).frozenMatrix)
      var compared = 0
      for (w, weight) in StressWeight.allCases.enumerated() {
        let strains = frozen.result.yields(weight, \.strain)
        let stresses = frozen.result.yields(weight, \.stress)
        for (n, row) in rows.enumerated() where !row.explicit.isEmpty {
          #expect(abs(strains[n] - row.explicit[w][0]) < 1e-9, "node \(n), \(weight)")
          #expect(isClose(stresses[n], row.explicit[w][1], 1e-8), "node \(n), \(weight)")
          compared += 1
        }
      }
      #expect(compared == 150)
      // What is said about the drops agrees with the curves.
      for n in rows.indices {
        let yieldStep = Int((frozen.result.yields(.half, \.strain)[n] / 1e-3).rounded())
        let (before, after) = (frozen.curves[n][3 * yieldStep], frozen.curves[n][3 * (yieldStep + 1)])
        #expect(before == frozen.result.yields(.half, \.stress)[n])
        #expect(frozen.drops[n] == before - after && frozen.drops[n] > 0)
        #expect(frozen.reversible[n] >= 0)
        #expect(frozen.eventStrains[n] >= frozen.result.yields(.half, \.strain)[n] - 1e-12)
        // A reversible drop is no event; an irreversible one is the first.
        let isAtOnce = frozen.eventStrains[n] < Double(yieldStep + 1) * 1e-3
        #expect((frozen.reversible[n] == 0) == isAtOnce)
      }
    }
  }
}
