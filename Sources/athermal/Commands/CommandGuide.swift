/// Help text of a command.
struct CommandGuide {
  let name: String
  /// Arguments that follow the name, line by line.
  let arguments: String
  /// One line for the list of commands.
  let summary: String
  let text: String
  var options: [(String, String)] = []
  let examples: [String]

  /// Returns the complete help of the command.
  /// - Parameter keys: the keys of its config with their meanings; empty if it reads no config.
  func help(keys: String) -> String {
    var parts = ["athermal \(name) \(arguments)", text]
    if !options.isEmpty {
      let width = options.map(\.0.count).max()!
      parts.append(
        options.map { "  " + $0.0 + String(repeating: " ", count: width + 2 - $0.0.count) + $0.1 }.joined(
          separator: "\n"))
    }
    if !keys.isEmpty {
      parts.append(
        "Keys of the config (TOML). Keys with a default may be omitted. Lengths \"in d\" are in units of the mean "
          + "distance of particles.")
      parts.append(keys)
    }
    parts.append("For example\n\n" + examples.map { "  " + $0 }.joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  static let output = ("--output FOLDER", "run folder; by default runs/ and the name of the config")
  static let set = ("--set table.key=value", "sets a key of the config; can be repeated")
  private static let resume = [
    ("--resume auto", "resumes from the newest valid checkpoint of the folder, or starts"),
    ("--walltime H:MM:SS", "suspends the run in time, with a checkpoint and exit code 75"),
  ]
}

extension CommandGuide {
  /// Creates the guide of a command that runs a config.
  init(running name: String, canResume: Bool, summary: String, text: String, examples: [String]) {
    self.init(
      name: name,
      arguments: "CONFIG [--output FOLDER] [--set table.key=value]…"
        + (canResume ? " [--resume auto] [--walltime H:MM:SS]" : ""),
      summary: summary, text: text, options: [Self.output, Self.set] + (canResume ? Self.resume : []),
      examples: examples)
  }
}
