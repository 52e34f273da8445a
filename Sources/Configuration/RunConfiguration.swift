import Foundation
import MessagePassing

/// What a run computes: the validated values of a TOML file and of the `--set` overrides of the command line.
public struct RunConfiguration: Sendable {
  public let system: SystemSection
  public let potential: PotentialSection
  public let neighbours: NeighbourSection
  public let minimizer: MinimizerSection
  /// Nil if there is no `[loading]`.
  public let loading: LoadingSection?
  /// The deformation that `expand` and `yieldmap` are about; nil for other commands.
  public let deformation: LoadingSection.Mode?
  public let expand: ExpandSection
  public let yieldmap: YieldmapSection
  public let events: EventSection
  public let d2min: D2minSection
  /// Nil if there is no `[prepare]`.
  public let prepare: PrepareSection?
  public let output: OutputSection
  public let checkpoint: CheckpointSection

  /// The text of the file, verbatim.
  public let inputText: String
  /// TOML with every key of every section that is used: given, overridden, or filled in and then marked `# default`.
  /// Gives the same configuration when it is parsed.
  public var resolved: String
  public let places: KeyPlaces

  private static let sections = [
    "system", "potential", "neighbours", "minimizer", "loading", "events", "d2min", "expand", "yieldmap", "prepare",
    "output",
    "checkpoint",
  ]
  /// Tables that belong to another kind of configuration.
  private static let commandsOfTheirOwn = ["epm", "bands", "sweep"]

  /// The configuration in `text`.
  ///
  /// - Parameters:
  ///   - path: of the file that the text comes from, for messages; the paths of input files are relative to its folder.
  ///   - overrides: `table.key=value`, applied in order.
  ///   - command: the command that the configuration is for; `shear` needs `[loading]`, `prepare` needs
  ///     `[prepare]`.
  /// - Throws: a ``Failure`` of kind `input` with all that is wrong, one `file:line:column: message; hint` per line.
  public static func parse(
    text: String, path: String, overrides: [String] = [], command: String
  ) throws -> RunConfiguration {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ""
    return try parse(text: text, path: path, folder: folder, command: command) { Override.list(overrides, $0) }
  }

  /// The configuration in the file at `path`, which rank 0 alone reads. Collective.
  ///
  /// Paths of input files become absolute, so that the resolved configuration can be run from anywhere.
  public static func load(
    path: String, overrides: [String] = [], command: String, over communicator: Communicator
  ) throws -> RunConfiguration {
    let (text, folder) = try text(at: path, over: communicator)
    return try communicator.coordinated {
      try parse(text: text, path: path, folder: folder, command: command) { Override.list(overrides, $0) }
    }
  }

  /// The text of a configuration, which rank 0 alone reads, and the absolute path of its folder. Collective.
  static func text(at path: String, over communicator: Communicator) throws -> (text: String, folder: String) {
    let text = try communicator.broadcast(try communicator.coordinated { communicator.isRoot ? try read(path) : "" })
    let folder = try communicator.broadcast(
      URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path)
    return (text, folder)
  }

  /// What came out of pipes, such as those of a shell's `<(…)`: they can be read once only, and a command may read a
  /// configuration several times.
  private static nonisolated(unsafe) var pipes: [String: [UInt8]] = [:]

  private static func read(_ path: String) throws -> String {
    if let bytes = pipes[path] { return try text(of: bytes, path: path) }
    func failure() -> Failure {
      // The operating system says best why a file cannot be read.
      Failure(.input, "\(path): the configuration cannot be read; \(String(cString: strerror(errno)))")
    }
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure() }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= largestText {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure() }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      guard !bytes.isEmpty else { throw Failure(.input, "\(path): the configuration is empty") }
      pipes[path] = bytes
    }
    return try text(of: bytes, path: path)
  }

  /// A configuration is written by hand; what is larger is a file of another kind, given by mistake.
  private static let largestText = 4 << 20

  /// The bytes of a file as a text.
  static func text(of data: some Collection<UInt8>, path: String) throws -> String {
    guard data.count <= largestText else {
      throw Failure(
        .input,
        "\(path): has more than the \(largestText) bytes of the longest configuration; is it another file?")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      let lines = data.split(separator: 0x0a, omittingEmptySubsequences: false)
      let line = 1 + (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0)
      throw Failure(
        .input, "\(path):\(line):1: this is not text in UTF-8; a configuration is written in TOML, so save it as UTF-8")
    }
    return text
  }

  static func parse(
    text: String, path: String, folder: String, command: String, overrides: (Reading) -> [Override]
  ) throws -> RunConfiguration {
    try Reading.faultless(path: path) { RunConfiguration(text, path, folder, overrides($0), command, $0) }
  }

  /// Nil, and problems, if a value that has no default is missing or wrong.
  init?(
    _ text: String, _ path: String, _ folder: String, _ overrides: [Override], _ command: String, _ reading: Reading
  ) {
    guard let root = Self.tables(text, overrides, reading) else { return nil }
    Self.reportUnknownTables(root, reading)
    defer { reading.reportUnknownKeys() }

    let system = reading.table("system", of: root)
    let isGenerated = system.gives("generate")
    let systemSection = SystemSection(system, folder: folder)
    let potential = PotentialSection(reading.table("potential", of: root), isGenerated: isGenerated)
    neighbours = NeighbourSection(reading.table("neighbours", of: root))
    let minimizer = reading.table("minimizer", of: root)
    minimizer.isUsed = command != "measure" || minimizer.isGiven
    self.minimizer = MinimizerSection(minimizer)

    let loads = command == "shear"
    var strainStep: Double?
    // Looked up in the tables, since a section with a mistake does not exist: all mistakes are to be found at once.
    let dimension = (system.glance("generate", "dimension") ?? system.glance("dimension"))?.dimensionOfSpace
    let loading = reading.table("loading", of: root)
    // A deformation without steps is all that some commands need; the others let it stand.
    let hasSteps = ["strain_step", "final_strain", "cycles", "turning_points"].contains { loading.gives($0) }
    if ["expand", "yieldmap"].contains(command) || (!loads && !hasSteps && loading.isGiven) {
      deformation = LoadingSection.Mode(directionOf: loading, dimension: dimension)
      self.loading = nil
    } else if loads || root["loading"] != nil {
      strainStep = loading.glance("strain_step")?.finiteNumber
      self.loading = LoadingSection(loading, dimension: dimension)
      deformation = nil
    } else {
      loading.isUsed = false
      self.loading = nil
      deformation = nil
    }
    let expand = reading.table("expand", of: root)
    expand.isUsed = command == "expand" || expand.isGiven
    self.expand = ExpandSection(expand, isGenerated: isGenerated)
    let yieldmap = reading.table("yieldmap", of: root)
    yieldmap.isUsed = command == "yieldmap" || yieldmap.isGiven
    self.yieldmap = YieldmapSection(yieldmap, isGenerated: isGenerated)
    let events = reading.table("events", of: root)
    events.isUsed = loads || events.isGiven
    self.events = EventSection(events, strainStep: strainStep, isExact: loading.glance("unconverged")?.text != "accept")
    let d2min = reading.table("d2min", of: root)
    d2min.isUsed = loads || d2min.isGiven
    self.d2min = D2minSection(d2min)
    let prepares = command == "prepare" || root["prepare"] != nil
    prepare =
      prepares ? PrepareSection(reading.table("prepare", of: root), hasSizes: potential.map(\.kind.hasSizes)) : nil
    output = OutputSection(reading.table("output", of: root))
    let checkpoint = reading.table("checkpoint", of: root)
    checkpoint.isUsed = !["expand", "measure"].contains(command) || checkpoint.isGiven
    self.checkpoint = CheckpointSection(checkpoint)
    places = KeyPlaces(root, path: path)

    guard let systemSection, let potential, !prepares || prepare != nil else { return nil }
    self.system = systemSection
    self.potential = potential
    inputText = text
    resolved = "# Every key of this run.\n\n" + reading.resolved
  }

  /// The tables of the text with the overrides applied; nil, and a problem, if the text is not TOML.
  static func tables(
    _ text: String, _ overrides: [Override], _ reading: Reading
  ) -> [String: TomlValue.Entry]? {
    do {
      var root = try TomlValue.parse(text)
      for override in overrides { override.apply(to: &root, reading: reading) }
      guard case .table(let tables) = root.content else { return nil }
      return tables
    } catch {
      let hint =
        error.message.contains("redefine")
        ? "give each key and table once" : "strings need quotes; numbers, true and false do not"
      reading.report("this is not TOML: \(error.message)", hint: hint, at: error.place)
      return nil
    }
  }

  private static func reportUnknownTables(_ root: [String: TomlValue.Entry], _ reading: Reading) {
    for (name, entry) in root where !sections.contains(name) {
      if commandsOfTheirOwn.contains(name) {
        reading.report(
          "table [\(name)] has no effect on this command", hint: "give it a config of its own, for athermal \(name)",
          at: entry.keyPlace)
        continue
      }
      reading.reportStranger(name, entry, known: sections, "unknown table [\(name)]")
    }
  }
}
