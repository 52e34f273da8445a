import Foundation
import TestTools
import Testing

/// Disks that are full, or seem to be: the run says so and ends with code 5 within seconds on all ranks, and what it
/// wrote before can be read.
@Suite(.serialized) struct FullDiskTests {
  let folder = try! TestFolder()

  /// Strain steps without end, of one evaluation each: with such a tolerance every place counts as rest.
  static let config =
    ResumeTests.head + """
      [minimizer]
      force_tolerance = 1e9
      [loading]
      mode = "simple-shear"
      plane = "xy"
      strain_step = 1e-3
      final_strain = 10.0
      [output]
      every = 1
      fields = ["stress", "force", "energy"]
      profiles = false

      """
  private static let everyStep = "[checkpoint]\nevery_steps = 1\n"

  /// A file system of a mebibyte in memory, unmounted at the end. Only root can mount one.
  private final class SmallDisk {
    let path: String

    init?(_ path: String, kibibytes: Int) {
      self.path = path
      try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      guard TestProcess.system("mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", path) == 0 else {
        return nil
      }
    }

    deinit { _ = TestProcess.system("umount", "--lazy", path) }

    static let canBeMade: Bool = {
      let path = NSTemporaryDirectory() + "athermal-disk-" + UUID().uuidString
      defer { try? FileManager.default.removeItem(atPath: path) }
      return SmallDisk(path, kibibytes: 64) != nil
    }()
  }

  /// What a run that met a full disk leaves. The limit of time is far above what an end takes, and far below the
  /// watchdog's.
  private func expectEnd(_ outcome: TestProcess.Outcome, says words: String...) {
    #expect(outcome.exitCode == 5, "\(outcome.report)")
    for text in words { #expect(outcome.errors.contains(text), "'\(text)' is missing: \(outcome.report)") }
    #expect(!outcome.errors.contains("no progress for"), "a rank waited for another: \(outcome.report)")
  }

  /// Every row of the curve up to the last checkpoint.
  private func expectReadable(_ run: String) throws {
    let checkpoints = try TestProcess.run("athermal", ["verify", run + "/checkpoints"], in: folder.path)
    #expect(checkpoints.exitCode == 0 && checkpoints.output.contains("complete and undamaged"), "\(checkpoints.report)")
    try expectOutputsReadable(run)
  }

  private func expectOutputsReadable(_ run: String) throws {
    for file in ["shear.h5", "trajectory.h5"] {
      let outcome = try TestProcess.run("athermal", ["info", "\(run)/\(file)"], in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
    }
  }

  /// The one before is kept; the run resumes from it once there is room.
  @Test(arguments: [nil, 3] as [Int?]) func theSecondFailedCheckpointInARowEndsTheRun(ranks: Int?) throws {
    try folder.file("shear.toml", Self.config.replacing("10.0", with: "8e-3") + Self.everyStep)
    let words = ["shear", "shear.toml", "--output", "run", "--resume", "auto"]
    let rank = (ranks ?? 1) - 1
    let twice = "checkpoint.write:3:fail:\(rank),checkpoint.write:4:fail:\(rank)"
    let outcome = try TestProcess.run(
      "athermal", words, ranks: ranks, in: folder.path, environment: ["ATHERMAL_FAULT": twice], limit: 60)
    expectEnd(outcome, says: "no checkpoint could be written; earlier ones are kept", "checkpoint.write: No space left")
    #expect(
      outcome.errors.components(separatedBy: "no checkpoint could be written").count == 2,
      "said once; the second is the end")
    let summary = try folder.json("run/summary.json")
    #expect(summary["status"] as? String == "failed" && summary["exit_code"] as? Int == 5)
    #expect(try folder.text("run/checkpoints/LATEST") == "000002\n")
    // Steps 0 to 3 were written and flushed before the second failure.
    #expect(try folder.text("run/log.jsonl").split(separator: "\n").count == 4)
    try expectReadable("run")

    let rest = try TestProcess.run("athermal", words, ranks: 2, in: folder.path)
    #expect(rest.exitCode == 0 && rest.output.contains("resuming from checkpoint 2"), "\(rest.report)")
    #expect(try folder.text("run/log.jsonl").split(separator: "\n").count == 9)
    let verification = try TestProcess.run("athermal", ["verify", "run"], in: folder.path)
    #expect(verification.exitCode == 0, "\(verification.report)")
  }

  /// With a failure that is not the second in a row the run continues.
  @Test func failuresApartDoNotEndTheRun() throws {
    try folder.file("shear.toml", Self.config.replacing("10.0", with: "8e-3") + Self.everyStep)
    let outcome = try TestProcess.run(
      "athermal", ["shear", "shear.toml", "--output", "run"], ranks: 2, in: folder.path,
      environment: ["ATHERMAL_FAULT": "checkpoint.write:3:fail:1,checkpoint.manifest:4:fail:0"])
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    #expect(outcome.errors.components(separatedBy: "no checkpoint could be written").count == 3)
  }

  private static let rootOnly: Comment =
    "a small file system could not be mounted: only root may, and not in every container"

  private func run(_ more: String..., ranks: Int?, output: String = "run") throws -> TestProcess.Outcome {
    try TestProcess.run(
      "athermal", ["shear", "shear.toml", "--output", output] + more, ranks: ranks, in: folder.path, limit: 100)
  }

  /// A run that has begun, and was stopped at its first step.
  private func begin() throws {
    let outcome = try TestProcess.run(
      "athermal", ["shear", "shear.toml", "--output", "run"], in: folder.path,
      environment: ["ATHERMAL_FAULT": "safe-point:5:stop"])
    #expect(outcome.exitCode == 75, "\(outcome.report)")
  }

  /// Checkpoints on a disk of their own that fills up; a file needs a mebibyte of reserve while it is written. The
  /// outputs beside it are whole.
  @Test(.enabled(if: SmallDisk.canBeMade, rootOnly)) func aDiskFullOfCheckpoints() throws {
    try folder.file("shear.toml", Self.config + Self.everyStep)
    try begin()
    let disk = try #require(SmallDisk(folder.file("run/checkpoints"), kibibytes: 1280))
    defer { withExtendedLifetime(disk) {} }
    let outcome = try run("--resume", "auto", ranks: 2)
    expectEnd(
      outcome, says: "no checkpoint could be written; earlier ones are kept",
      "state.h5: cannot be written: No space left on device")
    #expect(try folder.json("run/summary.json")["exit_code"] as? Int == 5)
    try expectReadable("run")
  }

  /// What is said on the way may be lost; the run may not.
  @Test(arguments: ["2>/dev/full", "2>&-", "2>&1 >/dev/null | true"]) func nobodyListens(redirection: String) throws {
    try folder.file("shear.toml", Self.config.replacing("10.0", with: "5e-3"))
    let command =
      "cd '\(folder.path)' && '\(TestProcess.programs)/athermal' shear shear.toml --output run \(redirection)"
    // Without what this process, which has message passing of its own, would hand on.
    #expect(TestProcess.system("env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", command) == 0)
    #expect(try folder.json("run/summary.json")["status"] as? String == "done")
  }

  /// Outputs on a disk that fills up after a few frames.
  @Test(.enabled(if: SmallDisk.canBeMade, rootOnly)) func aDiskFullOfOutputs() throws {
    try folder.file("shear.toml", Self.config.replacing("particles = 128", with: "particles = 2000"))
    let disk = try #require(SmallDisk(folder.file("disk"), kibibytes: 4096))
    defer { withExtendedLifetime(disk) {} }
    expectEnd(try run(ranks: 3, output: "disk/run"), says: "No space left on device")
    try expectOutputsReadable("disk/run")
  }

  /// Lines of the log are not lost without a word, and none is left half.
  @Test(.enabled(if: SmallDisk.canBeMade, rootOnly)) func aDiskFullOfLog() throws {
    try folder.file(
      "shear.toml",
      Self.config.replacing(
        "every = 1\nfields = [\"stress\", \"force\", \"energy\"]", with: "trajectory = false"))
    try begin()
    let disk = try #require(SmallDisk(folder.file("disk"), kibibytes: 16))
    defer { withExtendedLifetime(disk) {} }
    try FileManager.default.moveItem(atPath: folder.file("run/log.jsonl"), toPath: folder.file("disk/log.jsonl"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("run/log.jsonl"), withDestinationPath: folder.file("disk/log.jsonl"))
    expectEnd(try run("--resume", "auto", ranks: 3), says: "run/log.jsonl: cannot be written: No space left on device")
    let log = try folder.text("run/log.jsonl")
    #expect(log.hasSuffix("\n") && log.count > 8000)
    for line in log.split(separator: "\n") { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
  }

  /// A limit of the operating system on the size of files, set while the run is at work: an error as of a full disk,
  /// not a signal that kills, and not a rank that waits for one that could not write.
  @Test(arguments: [nil, 3] as [Int?]) func aFileMayNotGrow(ranks: Int?) throws {
    try folder.file("shear.toml", Self.config)
    let process = try TestProcess(
      "athermal", ["shear", "shear.toml", "--output", "run"], ranks: ranks, in: folder.path, limit: 100)
    for _ in 0..<300 where (try? folder.text("run/log.jsonl").isEmpty) != false { usleep(50_000) }
    for pid in process.ranks(of: "athermal") {
      #expect(TestProcess.system("prlimit", "--pid", "\(pid)", "--fsize=1500000") == 0)
    }
    expectEnd(try process.wait(), says: "cannot be written: File too large")
    try expectOutputsReadable("run")
  }
}
