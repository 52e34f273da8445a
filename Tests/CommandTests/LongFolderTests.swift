import Foundation
import TestTools
import Testing

@testable import athermal

/// Every command in a folder whose name is longer than the buffers that libraries below keep for names: 240 characters,
/// each part legal.
@Suite struct LongFolderTests {
  let folder = try! TestFolder()
  /// 240 characters.
  private static let output = "./x/" + String(repeating: "p", count: 236)

  private func run(_ arguments: [String], ranks: Int? = 2) throws {
    let outcome = try TestProcess.run("athermal", arguments, ranks: ranks, in: folder.path, limit: 240)
    #expect(outcome.exitCode == 0, "\(arguments.first!): \(outcome.report)")
  }

  @Test(arguments: ["minimize", "shear", "prepare", "yieldmap", "expand", "epm"]) func commandsWriteAllTheirFiles(
    _ command: String
  ) throws {
    typealias Good = WrongConfigTests.Good
    let texts = [
      "minimize": Good.minimize, "shear": Good.measured, "prepare": Good.prepare, "yieldmap": Good.yieldmap,
      "expand": Good.expand,
      "epm": Good.epm + "realisations = 2\n[output]\nvtk = true\n",
    ]
    try folder.file("a.toml", texts[command]! + (command == "expand" ? "" : "[checkpoint]\nevery_steps = 1\n"))
    try run([command, "a.toml", "--output", Self.output])
    #expect(try folder.json(Self.output + "/summary.json")["status"] as? String == "done")
    if command == "expand" {
      try run(["ensemble", Self.output, "--output", Self.output + "-ensemble"])
      #expect(folder.names(below: Self.output + "-ensemble").contains("ensemble.h5"))
    }
    if command == "epm" {
      try folder.file("bands.toml", "[bands]\nruns = [\"\(Self.output)\"]\n")
      try run(["bands", "bands.toml", "--output", Self.output + "-bands"])
      #expect(folder.names(below: Self.output + "-bands").contains("bands.h5"))
    }
  }

  @Test func theDeepestFolderOfASweep() throws {
    try folder.file("base.toml", WrongConfigTests.Good.shear)
    try folder.file(
      "sweep.toml",
      """
      [sweep]
      command = "shear"
      config = "base.toml"
      [product]
      system.generate.seed = [11, 12]
      loading.strain_step = [0.00125]
      loading.final_strain = [0.0025]
      minimizer.maximum_evaluations = [123456]
      neighbours.skin = [0.3125]
      output.every = [17]
      checkpoint.every_minutes = [12.5]
      checkpoint.keep = [3]
      d2min.threshold = [0.0123]
      potential.nonadditivity = [0.125]
      """)
    try run(["sweep", "sweep.toml", "--output", Self.output], ranks: nil)
    try run(
      ["sweep", "sweep.toml", "--output", Self.output, "--run", "mpirun --oversubscribe --bind-to none -n 2"],
      ranks: nil)
    let summaries = folder.names(below: Self.output).filter { $0.hasSuffix("/summary.json") }
    #expect(summaries.count == 2)
    // Beyond what the name of the whole alone takes.
    #expect(summaries.allSatisfy { $0.count > 100 })
  }
}
