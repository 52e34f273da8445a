/// `[system]`: the particles.
public struct SystemSection: Sendable, Equatable {
  /// The origin of the particles.
  public enum Source: Sendable, Equatable {
    /// Path of a file of particles. A relative path has been joined to the folder of the configuration.
    case file(String)
    case generate(Generate)
  }

  /// A random configuration in a cubic cell.
  public struct Generate: Sendable, Equatable {
    /// Dimension of space, 2 or 3.
    public var dimension: Int
    public var particles: Int
    /// Particles per volume, in reduced units.
    public var density: Double
    public var seed: UInt64
  }

  public var source: Source
  /// Dimension of a file that does not state it; nil if the key is absent.
  public var dimension: Int?
  /// Number of the frame in a file of several frames, from 0, or negative from the end; nil for the last one.
  public var frame: Int?
  /// Names in the file for its species, the first species first; empty if the key is absent.
  public var species: [String]

  /// Reads the section. Reports a problem and returns nil unless there is exactly one source. `folder`
  /// is the folder of the configuration.
  init?(_ table: Table, folder: String) {
    let file: String?
    if table.gives("file") {
      file = table.value(
        "file", expected: "the path of a file of particles", hint: "put it in quotes",
        toml: { $0.tomlQuoted },
        convert: { value in
          guard case .string(let path) = value.content, !path.isEmpty else { return nil }
          return Document.joined(path, to: folder)
        })
    } else {
      file = nil
    }
    let isGenerated = table.gives("generate")
    let generate = isGenerated ? Generate(table.table("generate")) : nil
    table.know("file", "generate")

    if isGenerated {
      table.forbid(
        "dimension", because: "belongs to a file of particles",
        hint: "generated particles take their dimension from [system.generate]")
      table.forbid("frame", because: "belongs to a file of particles", hint: "remove it")
      table.forbid("species", because: "belongs to a file of particles", hint: "remove it")
      dimension = nil
      frame = nil
      species = []
    } else {
      dimension = table.optionalInteger("dimension", .dimension)
      frame = table.optionalInteger("frame", .atLeast(-1_000_000_000))
      let hint =
        "write for example species = [\"Ni\", \"P\"]: the names in the file, "
        + "the first species of the potential first"
      species =
        table.value(
          "species", default: nil, expected: "an array of different names", hint: hint,
          toml: { "[" + $0.map(\.tomlQuoted).joined(separator: ", ") + "]" }, mayHold: { $0.text?.isEmpty == false },
          convert: { value -> [String]? in
            guard case .array(let elements) = value.content else { return nil }
            let names = elements.compactMap(\.text).filter { !$0.isEmpty }
            return !names.isEmpty && names.count == elements.count && Set(names).count == names.count ? names : nil
          }) ?? []
    }

    switch (table.gives("file"), isGenerated) {
    case (true, true):
      table.report("[system] has both 'file' and 'generate'", hint: "keep one of them", key: "generate")
      return nil
    case (false, false):
      table.report(
        "[system] has neither 'file' nor 'generate'",
        hint: "add file = \"…\", or generate = { dimension = …, particles = …, density = …, seed = … }")
      return nil
    case (true, false):
      guard let file else { return nil }
      source = .file(file)
    case (false, true):
      guard let generate else { return nil }
      source = .generate(generate)
    }
  }
}

extension SystemSection.Generate {
  init?(_ table: Table) {
    let dimension = table.integer("dimension", .dimension, hint: "add dimension = 2 or dimension = 3")
    let particles = table.integer("particles", .count(from: 1), hint: "add particles = …, how many there are")
    let density = table.number("density", .positive, hint: "add density = …, particles per volume")
    let seed = table.integer(
      "seed", .atLeast(0), hint: "add seed = …; there is no default because the seed is part of the result")
    guard let dimension, let particles, let density, let seed else { return nil }
    self.init(dimension: dimension, particles: particles, density: density, seed: UInt64(seed))
  }
}
