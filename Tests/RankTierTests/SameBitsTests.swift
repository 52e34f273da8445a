import Foundation
import MessagePassing
import Testing
import TestTools

@testable import Storage

@Suite struct SameBitsTests {
  /// Forces, energy and stress of a displaced state in a sheared and flipped cell, and whole minimisations by each method.
  @Test(arguments: ["ipl 2 1009", "lj 2 997", "ipl 3 997"])
  func minimisationsHaveTheSameBits(model: String) throws {
    let lines = try sameLines(["same-bits"] + model.split(separator: " ").map(String.init) + ["cg", "fire", "newton"])
    #expect(lines.count == 6)
    for name in ["start", "displaced", "cg", "fire", "newton"] {
      #expect(lines.contains { $0.hasPrefix(name + " ") && $0.contains("energy") && $0.contains("forces") })
    }
  }

  /// Athermal quasistatic shear through plastic events, backwards and on: the files of all rank counts hold the same.
  @Test func shearHasTheSameBits() throws {
    let folder = try TestFolder()
    let config = try folder.file(
      "shear.toml",
      """
      [system]
      generate = { dimension = 2, particles = 601, density = 0.86, seed = 3 }
      [potential]
      kind = "polydisperse-ipl"
      [loading]
      mode = "simple-shear"
      plane = "xy"
      strain_step = 2e-3
      final_strain = 0.03
      [events]
      adaptive = true
      smallest_step = 1e-5
      [d2min]
      window = 0.01
      [output]
      every = 3
      fields = ["d2min", "stress", "force", "energy", "displacement", "plastic-count"]
      """)
    var first: (hash: String, files: [String: [String]], log: String)?
    for ranks in rankCounts {
      let outcome = try TestProcess.run("athermal", ["shear", config, "--output", folder.file("\(ranks)")], ranks: ranks)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
      let summary = try folder.json("\(ranks)/summary.json")
      #expect(summary["ranks"] as? Int == ranks)
      let hash = try #require(summary["state_sha256"] as? String)
      var files: [String: [String]] = [:]
      for name in ["state.h5", "shear.h5", "trajectory.h5"] {
        for (dataset, content) in try contents(of: folder.file("\(ranks)/\(name)")) { files[name + dataset] = content }
      }
      let log = try folder.text("\(ranks)/log.jsonl")
      if let first {
        #expect(hash == first.hash, "\(ranks) ranks")
        #expect(log == first.log, "\(ranks) ranks")
        #expect(files.keys.sorted() == first.files.keys.sorted())
        for (name, content) in files { #expect(content == first.files[name], "\(name) at \(ranks) ranks") }
      } else {
        let events = log.split(separator: "\n").filter { $0.contains("\"event\":\"plastic\"") }
        #expect(events.count >= 2 && summary["events"] as? Int == events.count)
        let strains = files["shear.h5/events/strain_after"]!.dropFirst().map { Double(bitPattern: UInt64($0, radix: 16)!) }
        #expect(strains.count == events.count)
        print("plastic events at the strains \(strains)")
        #expect(files.count > 40, "\(files.keys.sorted())")
        first = (hash, files, log)
      }
    }
  }

  /// The bits of all datasets, by name; the shape comes first.
  private func contents(of path: String) throws -> [String: [String]] {
    _ = try MessagePassing.startForTests()
    let file = try HDF5File(path, .read, over: nil)
    var result: [String: [String]] = [:]
    func visit(_ group: String) throws {
      for name in try file.names(in: group.isEmpty ? "/" : group) {
        let object = "\(group)/\(name)"
        if !(try file.isDataset(object)) {
          try visit(object)
        } else if group == "/parameters" {
          continue
        } else {
          // All our numbers are exact in a double: ids and steps are small, and quanta have a hash of their own.
          result[object] =
            ["\(try file.shape(of: object))"] + (try file.readAll(Double.self, from: object)).map { String($0.bitPattern, radix: 16) }
        }
      }
    }
    try visit("")
    try file.close()
    return result
  }
}

@Suite struct StorageTierTests {
  /// Every kind of file, written and read back on as many ranks, down to a particle per rank and fewer.
  @Test(arguments: [101, 5]) func filesReturn(count: Int) throws {
    let folder = try TestFolder()
    let lines = try sameLines(["storage-roundtrip", folder.path, "\(count)"])
    #expect(lines.count == 3)
  }

  /// open-mpi/ompi 12718: 30 to 54 of 60 files were wrong at 3 and 4 ranks before data sieving was switched off.
  @Test(arguments: [2, 3, 4, 5, 7]) func blocksSurviveCollectiveWrites(ranks: Int) throws {
    let folder = try TestFolder()
    try runCase("storage-blocks", folder.path, "20", ranks: ranks)
  }
}

@Suite struct KilledRankTests {
  /// A rank that is killed in the middle of a run takes the job with it within seconds, and what was written before is whole.
  @Test(arguments: [0, 2]) func framesBeforeTheEndRemain(victim: Int) throws {
    let folder = try TestFolder()
    let config = try folder.file(
      "shear.toml",
      """
      [system]
      generate = { dimension = 2, particles = 400, density = 0.86, seed = 3 }
      [potential]
      kind = "polydisperse-ipl"
      [minimizer]
      force_tolerance = 1e-6
      [loading]
      mode = "simple-shear"
      plane = "xy"
      strain_step = 1e-4
      final_strain = 100.0
      [output]
      every = 1
      """)
    let run = try TestProcess("athermal", ["shear", config, "--output", folder.file("run")], ranks: 3, limit: 60)
    let patience = Date().addingTimeInterval(40)
    func steps() -> Int { ((try? folder.text("run/log.jsonl")) ?? "").split(separator: "\n").count }
    while steps() < 5, run.isRunning, Date() < patience { Thread.sleep(forTimeInterval: 0.05) }
    let ranks = run.ranks(of: "athermal")
    #expect(ranks.count == 3)
    let before = steps()
    let killed = Date()
    if ranks.count == 3 { kill(ranks[victim], SIGKILL) }
    let outcome = try run.wait()
    #expect(Date().timeIntervalSince(killed) < 10, "\(outcome.report)")
    #expect(outcome.exitCode == 137, "\(outcome.report)")

    for name in ["trajectory.h5", "shear.h5"] {
      let info = try TestProcess.run("athermal", ["info", folder.file("run/\(name)")])
      #expect(info.exitCode == 0, "\(name): \(info.report)")
    }
    // A step is logged before its frame is written, so the last one may be missing.
    let last = try TestProcess.run(
      "athermal",
      ["export", folder.file("run/trajectory.h5"), "--to", "xyz", "--frame", "\(before - 2)", "--output", folder.file("f.xyz")])
    #expect(last.exitCode == 0, "\(last.report)")
    let world = try MessagePassing.startForTests()
    let snapshot = try H5MDReader.read(folder.file("run/trajectory.h5"), frame: before - 2, over: world)
    #expect(snapshot.totalCount == 400)
    #expect(abs(snapshot.strain - Double(before - 2) * 1e-4) < 1e-12)
    #expect(snapshot.particles.positions.allSatisfy { $0.isFinite && abs($0) < 100 })
  }
}
