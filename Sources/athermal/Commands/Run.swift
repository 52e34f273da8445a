import Checkpoints
import Configuration
import MessagePassing

/// One run: what is asked, where its results go, and the ranks that work on it.
struct Run<Content: Sections> {
  let arguments: RunArguments
  let configuration: RunConfiguration<Content>
  let folder: RunFolder
  let communicator: Communicator

  /// The checkpoints of the run. Collective.
  func checkpoints() throws -> RunCheckpoints {
    try RunCheckpoints(arguments, in: folder.file("checkpoints"), configuration, over: communicator)
  }
}
