/// `[epm]`: the elasto-plastic model.
public struct EpmSection: Sendable, Equatable {
  public enum Control: String, Word { case strain, stress }
  public enum Yielding: String, Word { case forward, both }
  public enum Kernel: String, Word { case continuum, lattice }
  /// The method by which stress is redistributed. All methods give the same avalanches.
  public enum Update: String, Word { case sparse, transform, everywhere }

  public enum Eigenstrain: Sendable, Equatable {
    case single(Double)
    case drawn(BlockNumbers)
  }

  /// The path of the loading.
  public enum Path: Sendable, Equatable {
    case finalStrain(Double)
    /// Stress control up to this stress, or until the strain reaches `strainLimit`.
    case finalStress(Double, strainLimit: Double)
    case cycles(amplitude: Double, count: Int)

    /// Sum of the strains along the path, forward and backward; the largest possible sum under stress control.
    public var coveredStrain: Double {
      switch self {
      case .finalStrain(let strain): strain
      case .finalStress(_, let limit): limit
      case .cycles(let amplitude, let count): 4 * amplitude * Double(count)
      }
    }
  }

  /// Number of blocks along each axis; two or three axes.
  public var shape: [Int]
  public var control: Control
  public var yielding: Yielding
  public var kernel: Kernel
  public var eigenstrain: Eigenstrain
  public var modulus: Modulus
  public var thresholds: BlockNumbers
  public var renewal: BlockNumbers
  public var path: Path
  public var realisations: Int
  public var ranksPerRealisation: Int
  /// Largest number of sweeps in one avalanche.
  public var maximumSweeps: Int
  public var seed: UInt64
  public var update: Update
  /// Number of failures in a sweep above which the sweep is computed by a transform.
  public var transformAbove: Int
  /// Number of failures after which one transform updates all blocks.
  public var settleAfter: Int
  /// Strain between two samples of the whole state: profiles, residual strengths, fields.
  public var sampleStrain: Double
  /// Strain, added up forward and backward, from which the state counts as steady.
  public var steadyFrom: Double
  /// Range of residual strengths, in mean thresholds, in which a power law is fitted to P(x).
  public var residualFit: [Double]

  public struct Modulus: Sendable, Equatable {
    public var initial: Double
    public var renewed: Double
  }

  init?(_ table: Table, folder: String) {
    let shape = Self.shape(table)
    control = table.choice("control", default: .strain)
    yielding = table.choice("yielding", default: .forward)
    kernel = table.choice("kernel", default: .continuum)
    let eigenstrain = Eigenstrain(table, folder: folder)
    let modulus = Modulus(table.table("modulus"))
    let thresholds = Self.numbers("thresholds", table, folder)
    let renewal = Self.numbers("renewal", table, folder)
    let path = Path(table, control: control)
    realisations = table.integer("realisations", .between(1, 1_000_000), default: 1)
    ranksPerRealisation = table.integer("ranks_per_realisation", .atLeast(1), default: 1)
    maximumSweeps = table.integer("maximum_sweeps", .count(from: 1), default: 1_000_000)
    seed = UInt64(table.integer("seed", .atLeast(0), default: 1))
    update = table.choice("update", default: .sparse)
    transformAbove = table.integer("transform_above", .between(0, 1_000_000), default: 1000)
    settleAfter = table.integer("settle_after", .between(1, 1_000_000), default: 1000)
    let whole = path?.coveredStrain
    sampleStrain = table.number("sample_strain", .positive, default: 0.01)
    steadyFrom = table.number("steady_from", .notNegative, default: (whole ?? 0) / 2)
    if let whole, table.gives("steady_from"), steadyFrom >= whole {
      table.report(
        "'steady_from' in [\(table.name)] is \(steadyFrom), and the loading ends at a strain of \(whole)",
        hint: "it must be less, or nothing counts as steady", key: "steady_from")
    }
    residualFit = Self.residualFit(table)
    if let whole, !table.gives("cycles"), whole / sampleStrain > 1e6 {
      table.report(
        "'sample_strain' in [\(table.name)] is \(sampleStrain), which means \(whole / sampleStrain) samples",
        hint: "take a larger one", key: "sample_strain")
    }
    for (key, numbers) in [("thresholds", thresholds), ("renewal", renewal)] {
      if realisations > 1, case .dataset = numbers {
        table.report(
          "'\(key)' in [\(table.name)] is a dataset, and there are \(realisations) realisations",
          hint: "all would have the same \(key); draw them from a distribution", key: key)
      }
    }
    guard let shape, let eigenstrain, let modulus, let thresholds, let renewal, let path else { return nil }
    self.shape = shape
    self.eigenstrain = eigenstrain
    self.modulus = modulus
    self.thresholds = thresholds
    self.renewal = renewal
    self.path = path
  }

  private static func shape(_ table: Table) -> [Int]? {
    func blocks(_ value: TomlValue) -> Int? {
      if case .integer(let n) = value.content, n >= 2, n <= 1 << 20 { n } else { nil }
    }
    return table.value(
      "shape", expected: "two or three whole numbers, each at least 2 and at most \(1 << 20)",
      hint: "write for example shape = [64, 64], the blocks along each axis", toml: { "\($0)" },
      mayHold: { blocks($0) != nil },
      convert: { value -> [Int]? in
        guard case .array(let elements) = value.content, (2...3).contains(elements.count) else { return nil }
        let numbers = elements.compactMap(blocks)
        return numbers.count == elements.count ? numbers : nil
      })
  }

  private static func numbers(_ key: String, _ table: Table, _ folder: String) -> BlockNumbers? {
    BlockNumbers(
      table.table(key), folder: folder, allowsDataset: true,
      example:
        "\(key) = { distribution = \"weibull\", shape = 2.0, mean = 0.08 }, or { file = \"…\", dataset = \"…\" }")
  }

  private static func residualFit(_ table: Table) -> [Double] {
    let standard = [0.003, 0.1]
    return table.value(
      "residual_fit", default: standard, expected: "two ascending numbers greater than 0",
      hint: "write for example residual_fit = [0.003, 0.1]", toml: { "[\($0[0]), \($0[1])]" },
      mayHold: { ($0.finiteNumber ?? 0) > 0 },
      convert: { value -> [Double]? in
        guard case .array(let elements) = value.content else { return nil }
        let numbers = elements.compactMap(\.finiteNumber)
        return numbers.count == 2 && elements.count == 2 && numbers[0] > 0 && numbers[0] < numbers[1] ? numbers : nil
      }) ?? standard
  }
}

extension EpmSection.Modulus {
  fileprivate init?(_ table: Table) {
    let initial = table.number(
      "initial", .moderate,
      hint: "add modulus = { initial = …, renewed = … }: of blocks that have not yielded yet, and of those that have")
    let renewed = table.number("renewed", .moderate, hint: "add renewed = …, the modulus of a block that has yielded")
    guard let initial, let renewed else { return nil }
    self.init(initial: initial, renewed: renewed)
  }
}

extension EpmSection.Eigenstrain {
  fileprivate init?(_ table: Table, folder: String) {
    if case .table = table.peek("eigenstrain")?.content {
      guard
        let numbers = BlockNumbers(
          table.table("eigenstrain"), folder: folder, allowsDataset: false,
          example: "eigenstrain = 0.065, or { distribution = \"exponential\", mean = 0.065 }")
      else { return nil }
      self = .drawn(numbers)
      return
    }
    guard
      let single = table.number(
        "eigenstrain", .moderate,
        hint: "add eigenstrain = …, the plastic strain ε of a block that yields; its plastic shear is 2ε")
    else { return nil }
    self = .single(single)
  }
}

extension EpmSection.Path {
  fileprivate init?(_ table: Table, control: EpmSection.Control) {
    if table.gives("cycles") {
      table.forbid("final_strain", because: "contradicts 'cycles'", hint: "keep one of them; cycles end at zero strain")
      table.forbid("final_stress", because: "contradicts 'cycles'", hint: "keep one of them")
      if control == .stress {
        table.report("'cycles' are of strain", hint: "remove control = \"stress\"", key: "cycles")
      }
      let cycles = table.table("cycles")
      let amplitude = cycles.number("amplitude", .moderate, hint: "add amplitude = …, the largest strain")
      let count = cycles.integer("count", .between(1, 1_000_000), hint: "add count = …, how many cycles")
      guard let amplitude, let count else { return nil }
      self = .cycles(amplitude: amplitude, count: count)
      return
    }
    table.know("cycles")
    let strain = table.number(
      "final_strain", .moderate,
      hint: control == .strain
        ? "add final_strain = …, or cycles = { amplitude = …, count = … }"
        : "add final_strain = …, where the run ends if blocks never stop yielding")
    guard control == .stress else {
      table.forbid(
        "final_stress", because: "has no effect on control = \"strain\"", hint: "remove it, or set control = \"stress\""
      )
      guard let strain else { return nil }
      self = .finalStrain(strain)
      return
    }
    let stress = table.number("final_stress", .moderate, hint: "add final_stress = …, up to which the stress is raised")
    guard let strain, let stress else { return nil }
    self = .finalStress(stress, strainLimit: strain)
  }
}
