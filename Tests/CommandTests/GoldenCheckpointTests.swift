import Foundation
import TestSupport
import TestTools
import Testing

@testable import Storage

/// Checkpoints that an earlier version made, in Tests/Reference/checkpoints: each new version accepts them and resumes
/// from them to where the earlier one came without a stop.
///
/// They were made on two ranks and stopped deep inside: `shear` in a strain step, within a Newton minimisation, after a
/// window of D²min; `minimize` on its way downhill; `epm` within the loading. Format version 1 (commit fb18b09) has
/// whole copies of the output files, which are not in the run folder any more; version 2 has what changes of them.
/// `expected` files are what the build of version 1 left without a stop. When the format gets a new version, its
/// checkpoints come beside these.
@Suite struct GoldenCheckpointTests {
  let folder = try! TestFolder()

  private func fetch(_ name: String, version: Int = 1) throws {
    try FileManager.default.copyItem(
      atPath: ReferenceState.folder + "/checkpoints/\(version)/\(name)", toPath: folder.file(name))
  }

  private func resume(_ name: String, ranks: Int? = nil) throws -> TestProcess.Outcome {
    try TestProcess.run(
      "athermal", [name, "\(name)/config.toml", "--output", "\(name)/run", "--resume", "auto"], ranks: ranks,
      in: folder.path)
  }

  /// Numbers with their places in the JSON.
  private func numbers(_ value: Any, _ path: String = "") -> [String: Double] {
    switch value {
    case let object as [String: Any]:
      object.reduce(into: [:]) { $0.merge(numbers($1.value, path + "/" + $1.key)) { $1 } }
    case let list as [Any]:
      list.enumerated().reduce(into: [:]) { $0.merge(numbers($1.element, path + "/\($1.offset)")) { $1 } }
    case let number as NSNumber: [path: number.doubleValue]
    default: [:]
    }
  }

  /// Builds may round differently (other compilers, CPUs), and take other numbers of iterations to the same minimum. At
  /// the force floor, 2e-12 of mean bond forces of 30, positions are known to 1e-13, so stress and energy agree to far
  /// better than 1e-9; an event missed or another minimum would show as 1e-4 at least. Forces at rest are rounding
  /// alone.
  private func expectClose(_ found: Any, _ expected: Any, _ what: String) {
    let cost = ["evaluations", "iterations", "force_max", "capped", "rejected", "negative", "displacement"]
    let (a, b) = (numbers(found), numbers(expected))
    #expect(!b.isEmpty)
    for (key, value) in b where !cost.contains(where: { key.contains($0) }) {
      guard let other = a[key] else {
        Issue.record("\(what): there is no \(key)")
        continue
      }
      #expect(abs(other - value) <= 1e-9 * max(1, abs(value)), "\(what): \(key) is \(other), was \(value)")
    }
  }

  private func lines(_ name: String) throws -> [Substring] { try folder.text(name).split(separator: "\n") }
  private func json(_ text: some StringProtocol) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(text.utf8))
  }

  @Test(arguments: [("minimize", 1), ("shear", 1), ("epm", 1), ("shear", 2), ("epm", 2)], [nil, 3] as [Int?])
  func anEarlierVersionIsContinued(checkpoint: (name: String, version: Int), ranks: Int?) throws {
    let name = checkpoint.name
    try fetch(name, version: checkpoint.version)
    let verification = try TestProcess.run("athermal", ["verify", "\(name)/run"], in: folder.path)
    #expect(verification.exitCode == 0, "\(verification.report)")
    #expect(verification.output.contains("checkpoint 1 of athermal \(name), complete and undamaged"))

    let before = try lines("\(name)/run/log.jsonl")
    let outcome = try resume(name, ranks: ranks)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    #expect(outcome.output.contains("resuming from checkpoint 1"), "\(outcome.report)")
    expectClose(try folder.json("\(name)/run/summary.json"), try folder.json("\(name)/expected.json"), "summary")

    let after = try lines("\(name)/run/log.jsonl")
    #expect(Array(after.prefix(before.count)) == before, "what had been written stays as it was")
    guard name != "minimize" else { return }
    let expected = try lines("\(name)/expected.jsonl")
    #expect(after.count == expected.count && before.count < after.count)
    for (found, expected) in zip(after, expected) { expectClose(try json(found), try json(expected), "line") }
  }

  /// A checkpoint of a version to come is good for a program to come: nothing is begun over it.
  @Test(arguments: [nil, 2] as [Int?]) func aLaterVersionIsRefusedByName(ranks: Int?) throws {
    try fetch("minimize")
    let path = "minimize/run/checkpoints/000001/MANIFEST"
    let newest = CheckpointManifest.newestVersion
    let line = try #require(lines(path).first).replacing("\"version\":1", with: "\"version\":\(newest + 1)")
    #expect(line.contains("\"version\":\(newest + 1)"))
    var hash = SHA256()
    Array(line.utf8).withUnsafeBytes { hash.update($0) }
    let manifest = line + "\n" + hash.finished() + "\n"
    try folder.file(path, manifest)
    for outcome in [
      try TestProcess.run("athermal", ["verify", "minimize/run"], ranks: ranks, in: folder.path),
      try resume("minimize", ranks: ranks),
    ] {
      #expect(outcome.exitCode == 2, "\(outcome.report)")
      #expect(
        outcome.errors.contains("MANIFEST: is of version \(newest + 1), and this program reads up to \(newest)"),
        "\(outcome.report)")
    }
    #expect(try folder.text(path) == manifest, "it is still there")
  }
}
