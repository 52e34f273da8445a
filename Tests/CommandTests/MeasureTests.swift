import Foundation
import TestTools
import Testing

/// `measure` as a user starts it: a configuration far from equilibrium, against sums over all pairs.
@Suite struct MeasureTests {
  let folder = try! TestFolder()

  /// Harmonic spheres at random places of a tilted cell: where they overlap, forces are of order 1.
  private struct Spheres {
    let edges: [[Double]] = [[9, 0], [2.5, 8]]
    var positions: [[Double]] = []
    var diameters: [Double] = []

    init(count: Int) {
      var state: UInt64 = 12345
      func random() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) * 0x1p-53
      }
      for _ in 0..<count {
        let (s, t) = (random(), random())
        positions.append([s * edges[0][0] + t * edges[1][0], t * edges[1][1]])
        diameters.append(1 + 0.4 * random())
      }
    }

    var text: String {
      "\(positions.count)\nLattice=\"9 0 0 2.5 8 0 0 0 1\" Properties=id:I:1:pos:R:3:diameter:R:1 pbc=\"T T F\"\n"
        + positions.indices.map { "\($0 + 1) \(positions[$0][0]) \(positions[$0][1]) 0 \(diameters[$0])\n" }.joined()
    }

    /// Energy, force, V times the stress, and contacts of each particle; a pair gives half of its energy and stress to
    /// each.
    var contributions: [(energy: Double, force: [Double], stress: [Double], contacts: Int)] {
      positions.indices.map { i in
        var (energy, force, stress, contacts) = (0.0, [0.0, 0.0], [0.0, 0.0, 0.0, 0.0], 0)
        for j in positions.indices {
          for a in -2...2 {
            for b in -2...2 where i != j || a != 0 || b != 0 {
              let r = (0..<2).map {
                positions[j][$0] - positions[i][$0] + Double(a) * edges[0][$0] + Double(b) * edges[1][$0]
              }
              let (length, size) = ((r[0] * r[0] + r[1] * r[1]).squareRoot(), (diameters[i] + diameters[j]) / 2)
              guard length < size else { continue }
              let slope = -(1 - length / size) / size
              energy += (1 - length / size) * (1 - length / size) / 4
              contacts += 1
              for k in 0..<2 {
                force[k] += slope * r[k] / length
                for l in 0..<2 { stress[2 * k + l] += slope * r[k] * r[l] / length / 2 }
              }
            }
          }
        }
        return (energy, force, stress, contacts)
      }
    }
  }

  /// Sums of some ten terms of order 1, in another order than here.
  private static let rounding = 1e-13

  @Test(arguments: [nil, 3] as [Int?]) func particlesAreMeasuredWhereTheyAre(ranks: Int?) throws {
    let spheres = Spheres(count: 100)
    try folder.file("a.xyz", spheres.text)
    try folder.file("a.toml", "[system]\nfile = \"a.xyz\"\ndimension = 2\n[potential]\nkind = \"harmonic\"\n")
    let outcome = try TestProcess.run(
      "athermal", ["measure", "a.toml", "--output", "run"], ranks: ranks, in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    #expect(outcome.output.contains("not at rest"))
    let exported = try TestProcess.run(
      "athermal", ["export", "run/state.h5", "--to", "lammps-dump", "--fields", "all", "--output", "a.dump"],
      in: folder.path)
    #expect(exported.exitCode == 0, "\(exported.report)")
    let lines = try folder.text("a.dump").split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    let header = try #require(lines.first { $0.starts(with: ["ITEM:", "ATOMS"]) })
    let columns = Array(header.dropFirst(2))
    let rows = lines.suffix(100)
    let contributions = spheres.contributions
    for row in rows {
      func value(_ name: String) -> Double { columns.firstIndex(of: name).flatMap { Double(row[$0]) } ?? .nan }
      let id = Int(value("id")) - 1
      let (energy, force, stress, contacts) = contributions[id]
      #expect(abs(value("energy") - energy) < Self.rounding)
      for (k, axis) in ["x", "y"].enumerated() { #expect(abs(value("f\(axis)") - force[k]) < Self.rounding) }
      for (k, axes) in ["xx", "xy", "yx", "yy"].enumerated() {
        #expect(abs(value("stress_\(axes)") - stress[k]) < Self.rounding)
      }
      #expect(Int(value("bonds")) == contacts)
      for k in 0..<2 {
        // Positions are kept in quanta of 2⁻⁵⁰ of the cell or less, and may be wrapped.
        let shift = value(["x", "y"][k]) - spheres.positions[id][k]
        #expect(abs(shift) < 1e-14 * 20 || k == 0 || abs(abs(shift) - 8) < 1e-12)
      }
    }
    let summary = try folder.json("run/summary.json")
    let energy = contributions.map(\.energy).reduce(0, +) / 100
    #expect(abs(try #require(summary["energy_per_particle"] as? Double) - energy) < Self.rounding)
    let stress = try #require(summary["stress"] as? [[Double]])
    for k in 0..<4 {
      #expect(abs(stress[k / 2][k % 2] - contributions.map { $0.stress[k] }.reduce(0, +) / 72) < Self.rounding)
    }
    #expect(summary["bonds"] as? Int == contributions.map(\.contacts).reduce(0, +) / 2)
    #expect(summary["at_rest"] as? Bool == false && summary["reason"] as? String == "measured")
  }

  /// What was brought to rest is at rest, where it was, and the forces of its bonds balance.
  @Test func aStateIsLeftAsItIs() throws {
    try folder.file(
      "a.toml",
      "[system]\ngenerate = { dimension = 3, particles = 400, density = 1.2, seed = 4 }\n[potential]\n"
        + "kind = \"binary-lj\"\n")
    try folder.file("b.toml", "[system]\nfile = \"rest/state.h5\"\n[potential]\nkind = \"binary-lj\"\n")
    for words in [["minimize", "a.toml", "--output", "rest"], ["measure", "b.toml", "--output", "run"]] {
      let outcome = try TestProcess.run("athermal", words, in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
    }
    let (before, after) = (try folder.json("rest/summary.json"), try folder.json("run/summary.json"))
    #expect(before["state_sha256"] as? String == after["state_sha256"] as? String)
    #expect(after["at_rest"] as? Bool == true)
    // Forces are sums of some eighty of order 10, perhaps in another order.
    #expect(abs(try #require(before["force_max"] as? Double) - (after["force_max"] as? Double ?? .nan)) < 1e-13)
    for key in ["energy_per_particle", "pressure", "bonds"] {
      #expect(before[key] as? Double == after[key] as? Double, "\(key)")
    }
    let exported = try TestProcess.run(
      "athermal", ["export", "run/measure.h5", "--to", "csv", "--output", "t.csv"], in: folder.path)
    #expect(exported.exitCode == 0, "\(exported.report)")
    let rows = try folder.text("t-bonds.csv").split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    #expect(rows.count - 1 == after["bonds"] as? Int)
    let columns = try #require(rows.first)
    var total = [[Double]](repeating: [0, 0, 0], count: 401)
    for row in rows.dropFirst() {
      func value(_ name: String) -> Double { columns.firstIndex(of: name).flatMap { Double(row[$0]) } ?? .nan }
      let r = (0..<3).map { value("separation_\($0)") }
      let length = r.map { $0 * $0 }.reduce(0, +).squareRoot()
      for k in 0..<3 {
        // A positive force pushes j away from i.
        total[Int(value("i"))][k] -= value("force") * r[k] / length
        total[Int(value("j"))][k] += value("force") * r[k] / length
      }
    }
    // Some eighty bonds a particle, with forces of order 10.
    #expect(total.joined().allSatisfy { abs($0) < 1e-11 })
  }

  /// What has no forces is named with the line of the config that asks for it.
  @Test func coincidentParticlesAreRefused() throws {
    try folder.file("a.toml", "[system]\nfile = \"a.xyz\"\ndimension = 2\n[potential]\nkind = \"harmonic\"\n")
    try folder.file("a.xyz", "2\nLattice=\"9 0 0 0 9 0 0 0 1\" Properties=pos:R:3:diameter:R:1\n1 1 0 1\n1 1 0 1\n")
    try expectRefusal(
      ["measure", "a.toml", "--output", "run"], in: folder, code: 2,
      says: ["a.toml:2:8", "particles 1 and 2 stand at the same point"])
  }

  /// It makes no checkpoints, so that a sweep begins its runs anew and does not resume them.
  @Test func sweepsOfMeasurements() throws {
    try folder.file(
      "a.toml",
      "[system]\ngenerate = { dimension = 2, particles = 100, density = 0.86, seed = 3 }\n[potential]\n"
        + "kind = \"polydisperse-ipl\"\n")
    try folder.file(
      "s.toml", "[sweep]\ncommand = \"measure\"\nconfig = \"a.toml\"\n[product]\nsystem.generate.seed = [1, 2]\n")
    let outcome = try TestProcess.run(
      "athermal", ["sweep", "s.toml", "--output", "grid", "--run", ""], in: folder.path)
    #expect(outcome.exitCode == 0 && outcome.output.contains("2 runs: 2 finished"), "\(outcome.report)")
  }
}
