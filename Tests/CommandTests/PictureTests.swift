import Foundation
import TestTools
import Testing

/// Every picture of Jobs/plots, from small runs of each command.
@Suite struct PictureTests {
  /// In a debug build the runs alone would take a quarter of an hour; with optimisation they take a minute or two.
  private static let isOptimised: Bool = {
    var optimised = true
    assert(
      {
        optimised = false
        return true
      }())
    return optimised
  }()

  @Test(.enabled(if: Self.isOptimised)) func allAreDrawn() throws {
    let folder = try TestFolder()
    let job = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Jobs/check-pictures").path
    // What an MPI in this process has left in the environment is not for the programs below.
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let code = TestProcess.system(
      "-i", "PATH=\(path)", "HOME=\(folder.path)",
      "ATHERMAL=\(TestProcess.programs)/athermal", "timeout", "900", "bash", "-c", "exec \"$0\" \"$1\" > \"$2\" 2>&1",
      job,
      folder.file("pictures"), folder.file("log"))
    let said = try folder.text("log")
    #expect(code == 0, "\(said.suffix(3000))")
  }
}
