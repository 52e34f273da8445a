import Checkpoints
import Configuration
import MessagePassing

/// One run: its arguments and config, the folder of its results, and the ranks that work on it.
struct Run<Content: Sections> {
  let arguments: RunArguments
  let configuration: RunConfiguration<Content>
  let folder: RunFolder
  let communicator: Communicator

  /// Opens the checkpoints of the run. Collective.
  func checkpoints() throws -> RunCheckpoints {
    try RunCheckpoints(arguments, in: folder.file("checkpoints"), configuration, over: communicator)
  }
}
