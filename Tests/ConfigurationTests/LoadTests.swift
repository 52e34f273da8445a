import Foundation
import MessagePassing
import Testing

@testable import Configuration

/// Reading the file and handing it to all ranks. Each test runs in a process of its own, since MPI starts only once.
struct LoadTests {
  // Fails if the path of the particles is not made absolute, relative to the configuration and not to the shell.
  @Test func pathsAreRelativeToTheConfiguration() async {
    await #expect(processExitsWith: .success) {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("configuration-\(getpid())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      try Data(correct.utf8).write(to: folder.appendingPathComponent("a.toml"))
      _ = FileManager.default.changeCurrentDirectoryPath(folder.deletingLastPathComponent().path)
      let code = MessagePassing.run { world in
        let configuration = try ShearConfiguration.load(
          path: "configuration-\(getpid())/a.toml", overrides: ["neighbours.skin=0.5"], among: catalogue, over: world)
        let isRight =
          configuration.system.source == .file(folder.standardizedFileURL.path + "/glass.data")
          && configuration.neighbours.skin == 0.5 && configuration.inputText == correct
        return isRight ? 0 : 1
      }
      #expect(code == 0)
    }
  }

  // Fails if a file that does not exist gives another exit code than 2, or a message without its name.
  @Test func aMissingFileIsBadInput() async throws {
    let result = try #require(
      await #expect(processExitsWith: .exitCode(2), observing: [\.standardErrorContent]) {
        exit(
          MessagePassing.run { world in
            _ = try ShearConfiguration.load(path: "no/such.toml", among: catalogue, over: world)
            return 0
          })
      })
    let message = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(message.contains("no/such.toml: the configuration cannot be read"), "\(message)")
  }
}
