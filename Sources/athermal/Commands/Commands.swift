import Configuration

/// The commands of the program, in the order of the help.
enum Commands {
  static let all: [any Command.Type] = [
    MinimizeCommand.self, MeasureCommand.self, PrepareCommand.self, ShearCommand.self, FlowCommand.self,
    ExpandCommand.self,
    YieldmapCommand.self, EnsembleCommand.self, EpmCommand.self, MeanfieldCommand.self, BandsCommand.self,
    SweepCommand.self, ValidateCommand.self, InfoCommand.self, VerifyCommand.self, ExportCommand.self,
    BenchmarkCommand.self, CommandsCommand.self,
  ]

  /// Additional commands, for tests.
  nonisolated(unsafe) static var additional: [any Command.Type] = []

  static func named(_ name: String) -> (any Command.Type)? { (all + additional).first { $0.name == name } }

  /// Commands that run a config.
  static var runs: [any RunCommand.Type] { (all + additional).compactMap { $0 as? any RunCommand.Type } }

  /// Sections of the config that the commands read.
  static var catalogue: SectionCatalogue { SectionCatalogue(runs.map { (name: $0.name, sections: sections($0)) }) }

  private static func sections<Run: RunCommand>(_ type: Run.Type) -> any Sections.Type { Run.Content.self }

  /// Returns whether any command makes a file of this name.
  static func make(_ name: Substring) -> Bool { runs.contains { $0.makes(name) } }
}
