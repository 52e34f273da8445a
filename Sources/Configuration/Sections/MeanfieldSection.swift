/// `[meanfield]`: the Hébraud-Lequeux model of block stresses and its extensions.
public struct MeanfieldSection: Sendable, Equatable {
  public enum Yielding: Sendable, Equatable {
    case constant
    case progressive(exponent: Double)
  }

  /// Couplings α; several for flow curves alone, none where a fit finds it.
  public var alphas: [Double]
  /// σ_c, G₀ and τ: the units of stress, strain and time. A fit finds those that are not given.
  public var localYieldStress: Double
  public var modulus: Double
  public var relaxationTime: Double
  public var loading: MeanfieldProtocol
  public var noise: MeanfieldNoise
  public var yielding: Yielding
  public var release: MeanfieldRelease
  /// Distribution of local yield stresses; nil if all are σ_c.
  public var thresholds: BlockNumbers?
  public var thresholdClasses: Int
  public var bins: Int
  /// Width around the threshold in which cells have about the same width, in σ_c; nil for one that fits the rates.
  public var layer: Double?
  public var tolerance: Double
  public var samples: Int
  public var snapshots: Int

  /// Units that are not given, which a fit finds.
  public struct Unknowns: Sendable, Equatable {
    public var localYieldStress: Bool
    public var timeScale: Bool
  }
  public var unknowns: Unknowns

  init?(_ table: Table, folder: String) {
    let name = MeanfieldProtocol.name(in: table)
    let loading = MeanfieldProtocol(name, table, folder: folder)
    let isFit = name == .fit
    unknowns = Unknowns(
      localYieldStress: !table.gives("local_yield_stress"),
      timeScale: !table.gives("modulus") || !table.gives("relaxation_time"))
    localYieldStress = table.number("local_yield_stress", .moderate, default: 1)
    modulus = table.number("modulus", .moderate, default: 1)
    relaxationTime = table.number("relaxation_time", .moderate, default: 1)
    let noise = MeanfieldNoise(table, folder: folder)
    yielding = Self.yielding(table)
    let release = MeanfieldRelease(table, folder: folder)
    thresholds =
      table.gives("thresholds")
      ? BlockNumbers(
        table.table("thresholds"), folder: folder, allowsDataset: false,
        example: "thresholds = { distribution = \"weibull\", shape = 2.0, mean = 1.0 }") : nil
    table.know("thresholds")
    let hasThresholds = table.gives("thresholds")
    if !hasThresholds {
      table.forbid("threshold_classes", because: "has no effect without 'thresholds'", hint: "remove it")
    }
    thresholdClasses = hasThresholds ? table.integer("threshold_classes", .between(2, 200), default: 16) : 1
    alphas = isFit ? [] : Self.alphas(table, isCurve: (name ?? .flowCurve) == .flowCurve)
    let hasKicks = noise.map { $0 != .gaussian } ?? false
    bins = table.integer("bins", .between(50, 100_000), default: hasKicks ? 400 : 1000)
    layer = table.optionalNumber("layer", Bound(words: "between 1e-9 and 10") { $0 >= 1e-9 && $0 <= 10 })
    tolerance = table.number(
      "tolerance", Bound(words: "between 1e-12 and 0.01") { $0 >= 1e-12 && $0 <= 0.01 }, default: 1e-6)
    // Moduli are sums over the samples of a cycle: fewer would mistake harmonics for the first.
    let isOscillation = if case .oscillation = loading { true } else { false }
    samples = table.integer("samples", .between(isOscillation ? 20 : 2, 100_000), default: 200)
    snapshots = table.integer("snapshots", .between(0, 1000), default: 10)
    if isFit { Self.forbidExtensions(table) }
    guard let loading, let noise, let release, isFit || !alphas.isEmpty, !hasThresholds || thresholds != nil else {
      return nil
    }
    self.loading = loading
    self.noise = noise
    self.release = release
  }

  private static func yielding(_ table: Table) -> Yielding {
    enum Name: String, Word { case constant, progressive }
    let name: Name = table.choice("yielding", default: .constant)
    guard name == .progressive else {
      table.forbid(
        "yielding_exponent", because: "has no effect on yielding = \"constant\"",
        hint: "remove it, or set yielding = \"progressive\"", default: "0.5")
      return .constant
    }
    let bound = Bound<Double>(words: "greater than 0 and at most 4") { $0 > 0 && $0 <= 4 }
    return .progressive(exponent: table.number("yielding_exponent", bound, default: 0.5))
  }

  /// Reads one coupling, or a list of them for flow curves.
  private static func alphas(_ table: Table, isCurve: Bool) -> [Double] {
    let hint = "add alpha = …, the coupling between the activity and the noise: D = α σ_c² Γ"
    let bound = Bound<Double>(words: "greater than 0 and at most 1000") { $0 > 0 && $0 <= 1000 }
    if case .array = table.peek("alpha")?.content {
      guard let values = table.numbers("alpha", bound, hint: hint) else { return [] }
      if !isCurve {
        table.report(
          "'alpha' in [\(table.name)] is a list, and only flow curves take several", hint: "give one number",
          key: "alpha")
        return []
      }
      if values.isEmpty { table.report("'alpha' in [\(table.name)] is empty", hint: hint, key: "alpha") }
      return values
    }
    return table.number("alpha", bound, hint: hint).map { [$0] } ?? []
  }

  private static func forbidExtensions(_ table: Table) {
    for key in [
      "alpha", "noise", "yielding", "relaxation", "thresholds", "bins", "layer", "tolerance", "samples", "snapshots",
    ] {
      table.forbid(
        key, because: "has no effect on a fit", hint: "remove it; a fit takes the model of Hébraud and Lequeux")
    }
  }
}
