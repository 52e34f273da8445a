/// `[potential]`: the pair interaction.
public struct PotentialSection: Sendable, Equatable {
  public enum Kind: String, Word {
    case polydisperseIPL = "polydisperse-ipl"
    case bidisperseIPL = "bidisperse-ipl"
    case binaryLJ = "binary-lj"
    case harmonic
    case hertz

    /// Whether each particle has a size of its own.
    public var hasSizes: Bool { self == .polydisperseIPL || self == .harmonic || self == .hertz }
    public var isInversePower: Bool { self == .polydisperseIPL || self == .bidisperseIPL }
  }

  /// The behaviour of the Lennard-Jones energy at the cutoff.
  public enum Truncation: String, Word {
    /// The energy is continuous, and the force jumps.
    case energyShift = "energy-shift"
    /// Energy and force jump.
    case plain
    /// Energy and force are continuous.
    case forceShift = "force-shift"
    /// Energy, force and stiffness are continuous.
    case smooth
  }

  /// The distribution of the diameters of generated particles: p(λ) ∝ λ^exponent between minimum and maximum.
  public struct Sizes: Sendable, Equatable {
    public enum Drawn: String, Word {
      /// One diameter from each of N equally likely intervals, so that the distribution hardly differs between samples.
      case stratified
      /// Independent diameters.
      case random
    }

    public var exponent: Double
    /// Smallest diameter; like ``maximum`` in reduced units of length.
    public var minimum: Double
    public var maximum: Double
    public var drawn: Drawn
  }

  public var kind: Kind
  /// Exponent β of the inverse power law (λ/r)^β, an even number; 0 for the other kinds.
  public var exponent: Int
  /// Highest derivative of the inverse power law that is continuous at the cutoff; 0 for the other kinds.
  public var smoothing: Int
  /// Distance at which the interaction ends, in units of the pair's diameter (of length, for Lennard-Jones); 1,
  /// contact, for harmonic and Hertzian particles.
  public var cutoff: Double
  /// Parameter ε of λ_ij = ½(λ_i + λ_j)(1 − ε|λ_i − λ_j|), in inverse units of length; 0
  /// for all but polydisperse particles.
  public var nonadditivity: Double
  /// Truncation of the Lennard-Jones energy; `plain` for the other kinds, whose interaction needs none.
  public var truncation: Truncation
  /// Distribution of sizes; nil unless particles that have sizes are generated.
  public var sizes: Sizes?

  init?(_ table: Table, isGenerated: Bool) {
    let kind: Kind? = table.choice(
      "kind", hint: "add kind = …, one of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
    let keys = KeysOfKind(table: table, kind: kind)
    exponent = 0
    smoothing = 0
    if keys.apply(to: \.isInversePower) {
      exponent = table.integer("exponent", .even(2, 100), default: 10)
      smoothing = table.integer("smoothing", .between(0, 5), default: 3)
    } else {
      for key in ["exponent", "smoothing"] { keys.forbid(key, outside: "polydisperse-ipl and bidisperse-ipl") }
    }
    cutoff = 1
    if keys.apply(to: { $0 != .harmonic && $0 != .hertz }) {
      cutoff = table.number("cutoff", .positive, default: kind == .binaryLJ ? 2.5 : 1.4)
    } else {
      keys.forbid("cutoff", hint: "remove it; these particles interact up to contact")
    }
    nonadditivity = 0
    if keys.apply(to: { $0 == .polydisperseIPL }) {
      nonadditivity = table.number("nonadditivity", .fraction, default: 0.1)
    } else {
      keys.forbid("nonadditivity", outside: "polydisperse-ipl")
    }
    truncation = .plain
    if keys.apply(to: { $0 == .binaryLJ }) {
      truncation = table.choice("truncation", default: .energyShift)
    } else {
      keys.forbid("truncation", outside: "binary-lj")
    }
    sizes = keys.sizes(isGenerated: isGenerated)
    if let sizes, nonadditivity * (sizes.maximum - sizes.minimum) > 1 - 1e-3 {
      table.report(
        "potential.nonadditivity = \(nonadditivity) leaves no length for a pair of "
          + "the smallest and the largest particle",
        hint: "nonadditivity is in inverse units of length: times the difference of the sizes it must be below 1",
        key: "nonadditivity")
    }
    guard let kind, sizes != nil || !(kind.hasSizes && isGenerated) else { return nil }
    self.kind = kind
  }
}

/// The keys of `[potential]` that depend on its kind.
private struct KeysOfKind {
  let table: Table
  /// Nil if it is missing or wrong.
  let kind: PotentialSection.Kind?

  /// Whether the keys of the kinds that `condition` selects apply. All of them do if the kind is missing or wrong:
  /// one message about the kind is better than one for each key.
  func apply(to condition: (PotentialSection.Kind) -> Bool) -> Bool { kind.map(condition) ?? true }

  func forbid(_ key: String, outside kinds: String) { forbid(key, hint: "remove it; it belongs to \(kinds)") }

  func forbid(_ key: String, hint: String) {
    table.forbid(key, because: "has no effect on kind = \"\(kind?.rawValue ?? "")\"", hint: hint)
  }

  /// Reads the sizes; nil if there are none, or if those that generated particles need are missing or wrong.
  func sizes(isGenerated: Bool) -> PotentialSection.Sizes? {
    guard isGenerated else {
      table.forbid(
        "sizes", because: "needs generated particles", hint: "remove it; a file of particles brings their sizes")
      return nil
    }
    guard let kind else { return PotentialSection.Sizes(table.table("sizes"), hasDefaults: true) }
    guard kind.hasSizes else {
      forbid("sizes", outside: "polydisperse-ipl, harmonic and hertz")
      return nil
    }
    // The paper that defines the inverse power law also gives the sizes, so they have
    // defaults. Soft spheres come in all sizes.
    if kind == .polydisperseIPL || table.gives("sizes") {
      return PotentialSection.Sizes(table.table("sizes"), hasDefaults: kind == .polydisperseIPL)
    }
    table.know("sizes")
    table.report(
      "[potential] has no 'sizes', which generated particles of kind \(kind.rawValue.tomlQuoted) need",
      hint:
        "add sizes = { exponent = …, minimum = …, maximum = … }; there is no default "
        + "because soft spheres come in all sizes")
    return nil
  }
}

extension PotentialSection.Sizes {
  private static var exponents: Bound<Double> { Bound(words: "between -100 and 100") { abs($0) <= 100 } }

  /// Reads the sizes. Without defaults, reports a problem for each of exponent, minimum and
  /// maximum that is missing, and returns nil.
  init?(_ table: Table, hasDefaults: Bool) {
    let exponent: Double?
    let minimum: Double?
    let maximum: Double?
    if hasDefaults {
      exponent = table.number("exponent", Self.exponents, default: -3)
      minimum = table.number("minimum", .positive, default: 1.0)
      maximum = table.number("maximum", .positive, default: 2.22)
    } else {
      exponent = table.number("exponent", Self.exponents, hint: "add exponent = …, that of p(λ) ∝ λ^exponent")
      minimum = table.number("minimum", .positive, hint: "add minimum = …, the smallest diameter")
      maximum = table.number("maximum", .positive, hint: "add maximum = …, the largest diameter")
    }
    let drawn = table.choice("drawn", default: Drawn.stratified)
    guard let exponent, let minimum, let maximum else { return nil }
    self.init(exponent: exponent, minimum: minimum, maximum: maximum, drawn: drawn)
    if maximum <= minimum {
      table.report(
        "'maximum' in [\(table.name)] is \(maximum) and 'minimum' is \(minimum)",
        hint: "maximum must be greater than minimum", key: table.gives("maximum") ? "maximum" : "minimum")
    }
  }
}
