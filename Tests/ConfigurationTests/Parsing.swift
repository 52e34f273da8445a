import Foundation
import MessagePassing

@testable import Configuration

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

/// The sections that the commands of the program read.
let catalogue = SectionCatalogue([
  ("minimize", MinimizeSections.self), ("measure", MeasureSections.self), ("prepare", PrepareSections.self),
  ("shear", ShearSections.self), ("flow", FlowSections.self), ("expand", ExpandSections.self),
  ("yieldmap", YieldmapSections.self), ("epm", EpmSections.self), ("meanfield", MeanfieldSections.self),
  ("bands", BandsSections.self),
])

func parse(_ text: String, _ overrides: [String] = []) throws -> ShearConfiguration {
  try parse(text, overrides, as: ShearSections.self)
}

func parse<Content: Sections>(
  _ text: String, _ overrides: [String] = [], as command: Content.Type
) throws -> RunConfiguration<Content> {
  try RunConfiguration<Content>.parse(text: text, path: "/runs/a.toml", overrides: overrides, among: catalogue)
}

/// What the parser says about `text`, a line per problem; empty if it accepts it.
func problems(_ text: String, _ overrides: [String] = []) -> [String] {
  problems(text, overrides, as: ShearSections.self)
}

func problems<Content: Sections>(_ text: String, _ overrides: [String] = [], as command: Content.Type) -> [String] {
  do {
    _ = try parse(text, overrides, as: command)
    return []
  } catch let failure as Failure where failure.kind == .input {
    return failure.message.components(separatedBy: "\n")
  } catch {
    return ["not a failure of kind input: \(error)"]
  }
}
