import Configuration
import Foundation
import MessagePassing

/// A complete and correct configuration; tests spoil one line of it. Its line numbers are used by the tests.
let correct = """
  [system]
  file = "glass.data"

  [potential]
  kind = "polydisperse-ipl"

  [loading]
  mode = "simple-shear"
  plane = "xy"
  strain_step = 1e-3
  final_strain = 0.1

  """

/// The configuration `text` with one passage replaced; a passage that does not occur is a mistake of the test.
func correct(_ passage: String, becomes replacement: String) -> String {
  let parts = correct.components(separatedBy: passage)
  precondition(parts.count == 2, "'\(passage)' must occur once")
  return parts.joined(separator: replacement)
}

func parse(_ text: String, _ overrides: [String] = [], command: String = "shear") throws -> RunConfiguration {
  try RunConfiguration.parse(text: text, path: "/runs/a.toml", overrides: overrides, command: command)
}

/// What the parser says about `text`, a line per problem; empty if it accepts it.
func problems(_ text: String, _ overrides: [String] = [], command: String = "shear") -> [String] {
  do {
    _ = try parse(text, overrides, command: command)
    return []
  } catch let failure as Failure where failure.kind == .input {
    return failure.message.components(separatedBy: "\n")
  } catch {
    return ["not a failure of kind input: \(error)"]
  }
}
