/// The origin of a file, as stored in it.
public struct Provenance: Sendable {
  /// Version of the program.
  public var version: String
  /// Commit, compiler, CPU target and library versions, as text.
  public var build: String
  /// The resolved configuration, as TOML.
  public var config: String
  /// Additional texts by name, such as the preparation of a glass.
  public var notes: [String: String]

  public init(version: String, build: String, config: String, notes: [String: String] = [:]) {
    self.version = version
    self.build = build
    self.config = config
    self.notes = notes
  }

  /// Writes the texts to /parameters. Collective.
  public func write(to file: HDF5File) throws {
    try file.createGroup("/parameters")
    try file.writeText(version, to: "/parameters/version")
    try file.writeText(build, to: "/parameters/build")
    try file.writeText(config, to: "/parameters/config")
    for (name, text) in notes.sorted(by: { $0.key < $1.key }) { try file.writeText(text, to: "/parameters/" + name) }
  }
}
