import MessagePassing
import Storage

/// Prints what a file holds.
struct InfoCommand {
  private let path: String

  init(_ words: [String]) throws {
    path = try Arguments(words, options: [], plain: 1...1, usage: "athermal info FILE").plain[0]
  }

  func run(over communicator: Communicator) throws -> Int32 {
    try communicator.coordinated {
      if communicator.isRoot { print(try FileSummary.describe(path: path)) }
    }
    return 0
  }
}
