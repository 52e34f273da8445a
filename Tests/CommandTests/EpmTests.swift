import Foundation
import Storage
import TestSupport
import TestTools
import Testing

/// The command `epm` as a user sees it: the reference run by its public keys, what a run leaves, and what is refused.
@Suite struct EpmTests {
  static let reference = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Reference/epm_64_ductile.h5").path

  static let config = """
    [epm]
    shape = [64, 64]
    eigenstrain = 0.065
    modulus = { initial = 1.0, renewed = 1.0 }
    thresholds = { file = "\(reference)", dataset = "Y_weibull" }
    renewal = { file = "\(reference)", dataset = "renewal" }
    final_strain = 0.5

    """

  static let small = """
    [epm]
    shape = [16, 12]
    eigenstrain = 0.065
    modulus = { initial = 1.0, renewed = 0.9 }
    thresholds = { distribution = "weibull", shape = 2.0, mean = 0.08 }
    renewal = { distribution = "weibull", shape = 2.0, mean = 0.08 }
    final_strain = 0.1

    """

  /// The resolved config gives the same run, and realisations differ from each other, not with the ranks.
  @Test func realisationsOnGroupsOfRanks() throws {
    let folder = try TestFolder()
    try folder.file("a.toml", Self.small)
    var hashes: [[String]] = []
    for (name, ranks, size) in [("one", nil, 1), ("five", 5, 2)] as [(String, Int?, Int)] {
      let outcome = try TestProcess.run(
        "athermal",
        [
          "epm", "a.toml", "--output", name, "--set", "epm.realisations=3", "--set",
          "epm.ranks_per_realisation=\(size)",
          "--set", "output.vtk=true",
        ],
        ranks: ranks, in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
      let list = try folder.json("\(name)/summary.json")["realisations"] as? [[String: Any]] ?? []
      hashes.append(list.compactMap { $0["state_sha256"] as? String })
      #expect(folder.names(below: name).contains("realisation-0002/epm.h5"))
      #expect(folder.names(below: name).contains("realisation-0002/fields.vtkhdf"))
    }
    #expect(hashes[0].count == 3 && Set(hashes[0]).count == 3)
    #expect(hashes[0] == hashes[1])
    // Fits to all realisations together use the avalanches of all, each once.
    let pooled = try ["one", "five"].map { name -> Int? in
      let summary = try folder.json("\(name)/summary.json")
      let list = summary["realisations"] as? [[String: Any]] ?? []
      func count(_ object: [String: Any]) -> Int? { (object["size_distribution"] as? [String: Any])?["count"] as? Int }
      #expect(count(summary) ?? 0 >= list.compactMap(count).reduce(0, +))
      for key in ["peak_stress", "final_stress", "overshoot"] {
        let values = list.compactMap { $0[key] as? Double }
        let mean = values.reduce(0, +) / 3
        let error = (values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 6).squareRoot()
        #expect(values.count == 3 && abs((summary[key] as? Double ?? 0) - mean) < 1e-14)
        #expect(abs((summary["\(key)_error"] as? Double ?? 0) - error) < 1e-14)
      }
      return count(summary)
    }
    #expect(pooled[0] != nil && pooled[0] == pooled[1])
    let again = try TestProcess.run("athermal", ["epm", "one/resolved.toml", "--output", "again"], in: folder.path)
    #expect(again.exitCode == 0, "\(again.report)")
    let list = try folder.json("again/summary.json")["realisations"] as? [[String: Any]] ?? []
    #expect(list.compactMap { $0["state_sha256"] as? String } == hashes[0])
  }

  private static func fault(
    _ name: String, _ passage: String, becomes replacement: String, _ says: String..., code: Int32 = 2,
    ranks: [Int?] = [nil]
  ) -> Fault {
    precondition(small.contains(passage))
    return Fault(name: name, text: small.replacing(passage, with: replacement), code: code, says: says, ranks: ranks)
  }
  static let drawn = "{ distribution = \"weibull\", shape = 2.0, mean = 0.08 }\nren"

  static let faults = [
    fault("shape 1", "[16, 12]", becomes: "[16, 1]", "a.toml:2", "each at least 2", ranks: [nil, 3]),
    fault("larger than any machine", "[16, 12]", becomes: "[1048576, 1048576]", "GB per rank", ranks: [nil, 3]),
    fault("one axis", "[16, 12]", becomes: "[16]", "a.toml:2", "two or three"),
    fault("no modulus", "initial = 1.0", becomes: "initial = 0.0", "a.toml:4", "greater than 0"),
    fault("negative modulus", "renewed = 0.9", becomes: "renewed = -1.0", "a.toml:4", "greater than 0"),
    fault("no eigenstrain", "eigenstrain = 0.065\n", becomes: "", "has no 'eigenstrain'"),
    fault("mean threshold 0", drawn, becomes: drawn.replacing("0.08", with: "0"), "a.toml:5", "greater than 0"),
    fault(
      "misspelt key", "shape = 2.0, mean = 0.08 }\nren", becomes: "shpe = 2.0, mean = 0.08 }\nren", "a.toml:5",
      "unknown key 'shpe'"),
    fault(
      "unknown distribution", "\"weibull\", shape = 2.0, mean = 0.08 }\nren", becomes: "\"wiebull\", mean = 1 }\nren",
      "a.toml:5", "weibull"),
    fault(
      "a key of shear", "[epm]", becomes: "[output]\nprofiles = true\n[epm]", "a.toml:2",
      "has no effect on this command; remove it; it belongs to shear"),
    fault(
      "histogram without weights", drawn,
      becomes: "{ distribution = \"histogram\", edges = [0.1, 0.2], weights = [1, 2] }\nren", "one edge more"),
    fault("sample 0", drawn, becomes: "{ distribution = \"samples\", values = [0.1, 0.0] }\nren", "greater than 0"),
    fault(
      "file that is not there", drawn, becomes: "{ file = \"no.h5\", dataset = \"Y\" }\nren", "no.h5", "No such file",
      ranks: [nil, 3]),
    fault(
      "dataset that is not there", drawn, becomes: "{ file = \"\(reference)\", dataset = \"Y\" }\nren",
      "no dataset 'Y'", ranks: [nil, 3]),
    fault(
      "wrong shape", drawn, becomes: "{ file = \"\(reference)\", dataset = \"Y_weibull\" }\nren", "[64, 64]",
      "[16, 12]", ranks: [nil, 3]),
    fault("stress without its key", "[epm]", becomes: "[epm]\nfinal_stress = 0.1", "a.toml:2", "no effect"),
    fault(
      "an avalanche without end", "[epm]", becomes: "[epm]\nmaximum_sweeps = 2", "maximum_sweeps = 2", code: 3,
      ranks: [nil, 3]),
  ]

  @Test(arguments: faults) func isRefused(fault: Fault) throws {
    for ranks in fault.ranks {
      let folder = try TestFolder()
      try folder.file("a.toml", fault.text)
      try expectRefusal(
        ["epm", "a.toml", "--output", "run"], in: folder, code: fault.code, says: fault.says, ranks: ranks)
      #expect(!folder.names(below: "run").contains { $0.contains(".h5") })
    }
  }
}

/// Those that read and write HDF5 themselves, which one thread may do at a time.
@Suite(.serialized, .oneAtATime) struct EpmFileTests {
  /// An independent program's run to γ = 0.5: all 1659 avalanches, sizes and sweeps exactly, strains and stresses to
  /// 1e-11 (they agree to 1e-14; noise of 1e-12 on the thresholds would move them by 4e-13).
  @Test(arguments: [nil, 3]) func theReferenceRun(ranks: Int?) throws {
    let folder = try TestFolder()
    try folder.file("a.toml", EpmTests.config)
    let outcome = try TestProcess.run("athermal", ["epm", "a.toml", "--output", "run"], ranks: ranks, in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let file = try HDF5File(folder.file("run/epm.h5"), .read, over: nil)
    let expected = try HDF5File(EpmTests.reference, .read, over: nil)
    let rows = try expected.readAll(Double.self, from: "ductile_rec")
    func column(_ k: Int) -> [Double] { stride(from: k, to: rows.count, by: 5).map { rows[$0] } }
    #expect(try file.readAll(Int64.self, from: "avalanches/failures") == column(3).map { Int64($0) })
    #expect(try file.readAll(Int64.self, from: "avalanches/sweeps") == column(4).map { Int64($0) })
    for (k, name) in ["strain", "stress_before", "stress_after"].enumerated() {
      let own = try file.readAll(Double.self, from: "avalanches/\(name)")
      #expect(zip(own, column(k)).allSatisfy { abs($0 - $1) < 1e-11 }, "\(name)")
    }
    let stress = try file.readAll(Double.self, from: "stress")
    #expect(
      zip(stress, try expected.readAll(Double.self, from: "ductile_sigma_final")).allSatisfy { abs($0 - $1) < 1e-11 })
    #expect(
      try file.readAll(Int64.self, from: "failures") == (try expected.readAll(Int64.self, from: "ductile_n_final")))
    try file.close()
    try expected.close()
    let summary = try folder.json("run/summary.json")
    #expect(
      summary["avalanches"] as? Int == 1659 && summary["failures"] as? Int == 14170 && summary["sweeps"] as? Int == 6802
    )
    // Printed with ten and seven digits.
    #expect(abs((summary["peak_stress"] as? Double ?? 0) - 0.0525659359) < 6e-11)
    #expect(abs((summary["peak_strain"] as? Double ?? 0) - 0.3856592) < 6e-8)
    #expect(abs((summary["final_stress"] as? Double ?? 0) - 0.050268554687501) < 1e-13)
    #expect(!folder.names(below: "run").contains { $0.hasSuffix("unfinished") })
  }

  /// In cycles the steady state begins after so much strain, forth and back; also in a run that was resumed in between.
  @Test func cyclesAreSteadyAfterEnoughStrain() throws {
    let folder = try TestFolder()
    try folder.file(
      "a.toml",
      EpmTests.small.replacing("final_strain = 0.1", with: "cycles = { amplitude = 0.1, count = 2 }")
        .replacing("[16, 12]", with: "[32, 24]").replacing("0.065", with: "0.02")
        .replacing("[epm]", with: "[epm]\nyielding = \"both\"\nsteady_from = 0.35"))
    let stopped = try TestProcess.run(
      "athermal", ["epm", "a.toml", "--output", "run"], in: folder.path,
      environment: ["ATHERMAL_FAULT": "safe-point:1500:stop"])
    #expect(stopped.exitCode == 75, "\(stopped.report)")
    let outcome = try TestProcess.run(
      "athermal", ["epm", "a.toml", "--output", "run", "--resume", "auto"], ranks: 3, in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let file = try HDF5File(folder.file("run/epm.h5"), .read, over: nil)
    let strains = try file.readAll(Double.self, from: "avalanches/strain")
    let directions = try file.readAll(Int64.self, from: "avalanches/direction")
    try file.close()
    // From 0 to 0.1, −0.1, 0.1, −0.1 and back: a way ends where the direction changes.
    var (covered, turning, way) = (0.0, 0.0, 0)
    var steady = 0
    for (strain, direction) in zip(strains, directions) {
      if direction != (way % 2 == 0 ? 1 : -1) {
        let target = way % 2 == 0 ? 0.1 : -0.1
        (covered, turning, way) = (covered + abs(target - turning), target, way + 1)
      }
      if covered + abs(strain - turning) >= 0.35 { steady += 1 }
    }
    #expect(way == 4 && steady > 200 && steady < strains.count - 200)
    let sizes = try folder.json("run/summary.json")["size_distribution"] as? [String: Any]
    #expect(sizes?["count"] as? Int == steady)
  }

  /// Thresholds of a file that no block can have.
  @Test(arguments: [Double.nan, 0, -0.1, .infinity]) func badThresholdsAreRefused(value: Double) throws {
    for ranks in [nil, 3] {
      let folder = try TestFolder()
      let file = try HDF5File(folder.file("y.h5"), .create, over: nil)
      var values = [Double](repeating: 0.1, count: 192)
      values[7 * 12 + 5] = value
      try file.createDataset("/Y", of: Double.self, shape: [16, 12])
      try file.write(values, to: "/Y", start: [0, 0], count: [16, 12])
      try file.close()
      try folder.file(
        "a.toml", EpmTests.small.replacing(EpmTests.drawn, with: "{ file = \"y.h5\", dataset = \"Y\" }\nren"))
      try expectRefusal(
        ["epm", "a.toml", "--output", "run"], in: folder, code: 2, says: ["y.h5", "Y[7, 5]", "greater than 0"],
        ranks: ranks)
    }
  }
}
