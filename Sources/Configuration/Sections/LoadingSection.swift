/// `[loading]`: the quasistatic deformation.
public struct LoadingSection: Sendable, Equatable {
  /// The deformation per unit of strain. Axes are numbered 0, 1, 2 for x, y, z.
  public enum Mode: Sendable, Equatable {
    /// Displacement along `flow`, proportional to the position along `gradient`.
    case simpleShear(flow: Int, gradient: Int)
    /// Stretches the first axis and compresses the second.
    case pureShear(Int, Int)
    /// Stretches one axis.
    case uniaxial(Int)
    /// Stretches all axes alike.
    case dilation
    /// The displacement gradient per unit of strain, dimension × dimension, row i for the displacement along axis i.
    case matrix([[Double]])
  }

  /// Strain that swings between +amplitude and −amplitude.
  public struct Cycles: Sendable, Equatable {
    public var amplitude: Double
    public var count: Int
  }

  /// The treatment of a step whose minimisation ends above its tolerance.
  public enum Unconverged: String, Word {
    /// The run ends.
    case refuse
    /// The run continues from there, and the step counts as not converged.
    case accept
  }

  public var mode: Mode
  /// Strain between two minimisations.
  public var strainStep: Double
  /// Accumulated strain at which the run ends, as a magnitude; 0 for cycles, which end at
  /// their start, and for turning points.
  public var finalStrain: Double
  /// Whether the strain grows in the negative direction. Cycles then begin in that direction.
  public var backward: Bool
  public var cycles: Cycles?
  /// Strains that the loading approaches one after the other, up or down; nil for one final strain, or cycles.
  public var turningPoints: [Double]?
  public var unconverged: Unconverged

  /// Largest number of steps. It is limited because the strains of a loading are listed before it begins.
  public static let mostSteps = 1e8

  /// Reads the section. `dimension` is the dimension of space, nil if it is not known yet.
  init?(_ table: Table, dimension: Int?) {
    let mode = Mode(table, dimension: dimension)
    let strainStep = table.number(
      "strain_step", .strainStep,
      hint: "add strain_step = …; there is no default because the step is part of the result")
    let turns = table.gives("turning_points")
    if turns {
      for key in ["final_strain", "cycles"] {
        table.forbid(key, because: "contradicts 'turning_points'", hint: "keep one of them")
      }
      table.forbid("backward", because: "has no effect on 'turning_points'", hint: "remove it; the strains have signs")
    } else {
      table.know("turning_points")
    }
    backward = turns ? false : table.boolean("backward", default: false)
    let finalStrain: Double?
    var path: Double?
    if turns {
      turningPoints = Self.turningPoints(table)
      finalStrain = 0
      path = turningPoints.map { points in zip([0] + points, points).reduce(0) { $0 + abs($1.1 - $1.0) } }
    } else if table.gives("cycles") {
      table.forbid(
        "final_strain", because: "contradicts 'cycles'", hint: "keep one of them; cycles end at zero strain")
      cycles = Cycles(table.table("cycles"))
      finalStrain = 0
      path = cycles.map { 4 * $0.amplitude * Double($0.count) }
    } else {
      finalStrain = table.number(
        "final_strain", .notNegative,
        hint:
          "add final_strain = …, a magnitude; or turning_points = [0.05, -0.02], or cycles = "
          + "{ amplitude = …, count = … }")
      table.know("cycles")
      path = finalStrain
    }
    unconverged = table.choice("unconverged", default: .refuse)
    if let path, let strainStep, path / strainStep > Self.mostSteps {
      table.report(
        "'strain_step' in [\(table.name)] is \(strainStep), which needs \(path / strainStep) steps",
        hint: "take a larger step, or less strain: both are fractions, and \(Int(Self.mostSteps)) steps are the most",
        key: "strain_step")
    }
    guard let mode, let strainStep, let finalStrain,
      turns ? turningPoints != nil : !table.gives("cycles") || cycles != nil
    else { return nil }
    self.mode = mode
    self.strainStep = strainStep
    self.finalStrain = finalStrain
  }
}

extension LoadingSection {
  private static func turningPoints(_ table: Table) -> [Double]? {
    let hint = "write for example turning_points = [0.05, 0.02, 0.1]: up, back, and up again"
    let bound = Bound<Double>(words: "a strain with its sign, between -1e6 and 1e6") { abs($0) <= 1e6 }
    guard let points = table.numbers("turning_points", bound, hint: hint) else { return nil }
    guard !points.isEmpty, zip(points, points.dropFirst()).allSatisfy({ $0 != $1 }) else {
      table.report(
        "'turning_points' in [\(table.name)] " + (points.isEmpty ? "is empty" : "has the same strain twice in a row"),
        hint: hint,
        key: "turning_points")
      return nil
    }
    return points
  }
}

extension LoadingSection.Cycles {
  init?(_ table: Table) {
    let amplitude = table.number("amplitude", .positive, hint: "add amplitude = …, the largest strain")
    let count = table.integer("count", .count(from: 1, most: 10_000_000), hint: "add count = …, how many cycles")
    guard let amplitude, let count else { return nil }
    self.init(amplitude: amplitude, count: count)
  }
}

extension LoadingSection.Mode {
  private enum Name: String, Word {
    case simpleShear = "simple-shear"
    case pureShear = "pure-shear"
    case uniaxial, dilation, matrix

    /// The key that gives the direction of the mode; nil if the mode has none.
    var argument: String? {
      switch self {
      case .simpleShear, .pureShear: "plane"
      case .uniaxial: "axis"
      case .dilation: nil
      case .matrix: "matrix"
      }
    }
  }

  /// Reads the direction of the deformation, for commands that need neither its size nor its steps. The
  /// default is simple shear in the plane xy.
  init?(directionOf table: Table, dimension: Int?) {
    self.init(table, dimension: dimension, orSimpleShear: !table.isGiven)
  }

  init?(_ table: Table, dimension: Int?, orSimpleShear isOptional: Bool = false) {
    let name: Name? =
      isOptional
      ? table.choice("mode", default: .simpleShear)
      : table.choice("mode", hint: "add mode = …, one of \(Name.allCases.map(\.rawValue).joined(separator: ", "))")
    for (key, owners) in [
      ("plane", "simple-shear and pure-shear"), ("axis", "uniaxial"), ("matrix", "matrix"),
    ] {
      guard let name, name.argument != key else {
        table.know(key)
        continue
      }
      table.forbid(
        key, because: "has no effect on mode = \"\(name.rawValue)\"", hint: "remove it; it belongs to mode \(owners)")
    }
    switch name {
    case .simpleShear:
      let hint = "write for example plane = \"xy\": the flow along x, its gradient along y"
      guard
        let plane = Self.axes(
          table, "plane", count: 2, dimension: dimension, default: isOptional ? [0, 1] : nil, hint: hint)
      else { return nil }
      self = .simpleShear(flow: plane[0], gradient: plane[1])
    case .pureShear:
      let hint = "write for example plane = \"xy\": stretched along x, compressed along y"
      guard let plane = Self.axes(table, "plane", count: 2, dimension: dimension, hint: hint) else { return nil }
      self = .pureShear(plane[0], plane[1])
    case .uniaxial:
      let hint = "write for example axis = \"x\": stretched along x"
      guard let axis = Self.axes(table, "axis", count: 1, dimension: dimension, hint: hint) else { return nil }
      self = .uniaxial(axis[0])
    case .dilation: self = .dilation
    case .matrix:
      guard let matrix = Self.matrix(table, dimension: dimension) else { return nil }
      self = .matrix(matrix)
    case nil: return nil
    }
  }

  private static let axisNames: [Character] = ["x", "y", "z"]

  /// Reads `count` different axes, written as letters, and returns their numbers.
  static func axes(
    _ table: Table, _ key: String, count: Int, dimension: Int?, default standard: [Int]? = nil, hint: String
  ) -> [Int]? {
    let letters = String(axisNames.prefix(dimension ?? 3))
    let expected = "\(count == 2 ? "two different axes" : "one axis") out of \(letters)"
    func toml(_ axes: [Int]) -> String { String(axes.map { axisNames[$0] }).tomlQuoted }
    func convert(_ value: TomlValue) -> [Int]? {
      guard case .string(let text) = value.content else { return nil }
      let axes = text.compactMap(letters.firstIndex(of:)).map { letters.distance(from: letters.startIndex, to: $0) }
      return axes.count == count && text.count == count && Set(axes).count == count ? axes : nil
    }
    guard let standard else {
      return table.value(key, expected: expected, hint: hint, toml: toml, convert: convert)
    }
    return table.value(key, default: standard, expected: expected, hint: hint, toml: toml, convert: convert)
  }

  private static func matrix(_ table: Table, dimension: Int?) -> [[Double]]? {
    let shape = dimension.map { "\($0) × \($0)" } ?? "2 × 2 or 3 × 3"
    return table.value(
      "matrix", expected: "\(shape) finite numbers of at most 10 that are not all 0",
      hint: "write the displacement gradient row by row, for example matrix = [[0, 1], [0, 0]]",
      toml: { rows in "[" + rows.map { "\($0)" }.joined(separator: ", ") + "]" },
      mayHold: { row in
        guard case .array(let elements) = row.content,
          dimension.map({ $0 == elements.count }) ?? (2...3).contains(elements.count)
        else { return false }
        return elements.allSatisfy { $0.finiteNumber.map { abs($0) <= 10 } ?? false }
      },
      convert: { value in
        guard case .array(let rows) = value.content, dimension.map({ $0 == rows.count }) ?? (2...3).contains(rows.count)
        else { return nil }
        let matrix = rows.compactMap { row -> [Double]? in
          guard case .array(let elements) = row.content else { return nil }
          let numbers = elements.compactMap(\.finiteNumber)
          let isRow =
            numbers.count == rows.count && elements.count == rows.count && numbers.allSatisfy { abs($0) <= 10 }
          return isRow ? numbers : nil
        }
        return matrix.count == rows.count && matrix.contains { $0.contains { $0 != 0 } } ? matrix : nil
      })
  }
}
