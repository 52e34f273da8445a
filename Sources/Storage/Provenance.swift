/// What a file says about how it came to be.
public struct Provenance: Sendable {
  /// The version of the program.
  public var version: String
  /// Commit, compiler, CPU target and library versions, as text.
  public var build: String
  /// The resolved config, as TOML.
  public var config: String
  /// More texts by name, such as how a glass was prepared.
  public var notes: [String: String]

  public init(version: String, build: String, config: String, notes: [String: String] = [:]) {
    self.version = version
    self.build = build
    self.config = config
    self.notes = notes
  }

  /// Puts the texts into /parameters. Collective.
  public func write(to file: HDF5File) throws {
    try file.createGroup("/parameters")
    try file.writeText(version, to: "/parameters/version")
    try file.writeText(build, to: "/parameters/build")
    try file.writeText(config, to: "/parameters/config")
    for (name, text) in notes.sorted(by: { $0.key < $1.key }) { try file.writeText(text, to: "/parameters/" + name) }
  }
}
