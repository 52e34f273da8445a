/// `[yieldmap]`: local yield stresses of a configuration at rest.
public struct YieldmapSection: Sendable, Equatable {
  public enum Method: String, Word {
    /// Expansion of the stress of each cavity to third order in the strain.
    case expansion
    /// Explicit shear of each cavity, step by step.
    case frozenMatrix = "frozen-matrix"
    case both
  }

  public enum Shape: String, Word {
    case sphere, block
  }

  public enum Centres: String, Word {
    /// The particles closest to the nodes of a grid.
    case grid
    /// All particles.
    case particles
  }

  public enum Weight: String, Word {
    case half, both, any
  }

  /// The constraint that makes the particles around a cavity follow the affine motion.
  public enum Matrix: Sendable, Equatable {
    case rigid
    /// Tethers of this stiffness, for particles up to ``YieldmapSection/matrixShell`` around the cavity.
    case tethered(Double)
  }

  public static let possibleDirections = ["forward", "backward"]

  public var method: Method
  public var shape: Shape
  /// Radius of a sphere, or half the side of a block, in d = ρ^(−1/dim). All lengths of this section are in d.
  public var radius: Double
  public var centres: Centres
  /// Approximate distance between the nodes of the grid, in d.
  public var spacing: Double
  /// The rule for the share of the bonds across its border in the stress of a cavity.
  public var weight: Weight
  /// Directions of shear, a selection of ``possibleDirections``: at least one, each once.
  public var directions: [String]
  /// Strain step of the explicit method.
  public var strainStep: Double
  /// Strain at which the explicit method gives up.
  public var maximumStrain: Double
  /// Number of shear directions, spread evenly over half a turn; 1 for the direction of the loading alone.
  public var orientations: Int
  public var matrix: Matrix
  /// Thickness of the shell around a cavity in which particles are tethered rather than fixed, in d.
  public var matrixShell: Double
  public var lowestEigenvalue: Bool
  /// Side of the blocks over which the map is averaged, in d.
  public var block: Double
  /// Whether the stress-strain curves of the explicit method are written.
  public var curves: Bool
  /// Largest force component that counts as rest, in units of the mean bond force.
  public var equilibrium: Double
  /// Whether the configuration is minimised first, as `[minimizer]` says.
  public var minimize: Bool

  /// Bound of the lengths of a map, in d. Finer maps contain nothing more, and soon fill the memory.
  private static var fineness: Bound<Double> {
    Bound(words: "at least 0.1, in mean distances of particles") { $0 >= 0.1 }
  }

  /// Largest number of steps of the explicit method. A loading may have more, but here each cavity has this many.
  private static let mostSteps = 1e6

  init(_ table: Table, isGenerated: Bool) {
    method = table.choice("method", default: .expansion)
    shape = table.choice("shape", default: .sphere)
    radius = table.number("radius", Bound(words: "at least 1, in mean distances of particles") { $0 >= 1 }, default: 5)
    centres = table.choice("centres", default: .grid)
    spacing = Self.spacing(table, of: centres)
    weight = table.choice("weight", default: .half)
    directions = table.words("directions", of: Self.possibleDirections, default: Self.possibleDirections)
    if directions.isEmpty {
      table.report(
        "'directions' in [\(table.name)] is empty",
        hint: "name at least one of \(Self.possibleDirections.joined(separator: ", "))", key: "directions")
    }
    (strainStep, maximumStrain) = Self.explicitStrains(table, method)
    orientations = table.integer("orientations", .between(1, 1000), default: 1)
    if orientations > 1 && method == .frozenMatrix {
      Self.report(table, "orientations", "\(orientations)", method, has: "one")
    }
    matrix =
      table.value(
        "matrix_stiffness", default: .rigid, expected: "\"rigid\" or a number of at least 0",
        hint: "write matrix_stiffness = \"rigid\" or matrix_stiffness = 10.0, in units of energy per squared length",
        toml: \.toml, convert: Matrix.init) ?? .rigid
    if matrix == .rigid {
      table.forbid(
        "matrix_shell", because: "has no effect on matrix_stiffness = \"rigid\"",
        hint: "remove it, or give matrix_stiffness a number")
    }
    matrixShell = matrix == .rigid ? 0 : table.number("matrix_shell", .positive, default: 5)
    lowestEigenvalue = table.boolean("lowest_eigenvalue", default: false)
    if lowestEigenvalue && method == .frozenMatrix {
      Self.report(table, "lowest_eigenvalue", "true", method, has: "none")
    }
    block = table.number("block", Self.fineness, default: 5)
    curves = table.boolean("curves", default: false)
    if curves && method == .expansion { Self.report(table, "curves", "true", method, has: "none") }
    equilibrium = table.number("equilibrium", .positive, default: 1e-8)
    // Random positions are never at rest. A file is used as it is by default.
    minimize = table.boolean("minimize", default: isGenerated)
  }

  private static func spacing(_ table: Table, of centres: Centres) -> Double {
    if centres == .grid { return table.number("spacing", fineness, default: 3) }
    table.forbid(
      "spacing", because: "has no effect on centres = \"particles\"",
      hint: "remove it; it belongs to centres = \"grid\"")
    return 0
  }

  /// Reads the strain step and the largest strain of the explicit method; both are 1 without it.
  private static func explicitStrains(_ table: Table, _ method: Method) -> (step: Double, maximum: Double) {
    let standard = (step: 1e-3, maximum: 0.5)
    if method == .expansion {
      for (key, value) in [("strain_step", standard.step), ("maximum_strain", standard.maximum)] {
        table.forbid(
          key, because: "has no effect on method = \"expansion\"",
          hint: "remove it; it belongs to method = \"frozen-matrix\" and \"both\"", default: "\(value)")
      }
      return (1, 1)
    }
    let step = table.number("strain_step", .strainStep, default: standard.step)
    let maximum = table.number("maximum_strain", .strainStep, default: standard.maximum)
    if maximum < step {
      table.report(
        "'maximum_strain' in [\(table.name)] is \(maximum) and 'strain_step' is \(step)",
        hint: "maximum_strain must be at least strain_step",
        key: table.gives("maximum_strain") ? "maximum_strain" : "strain_step")
    }
    if maximum / step > mostSteps {
      table.report(
        "'strain_step' in [\(table.name)] is \(step), which needs \(maximum / step) steps around each centre",
        hint: "take a larger step, or a smaller maximum_strain: \(Int(mostSteps)) steps are the most",
        key: "strain_step")
    }
    return (step, maximum)
  }

  /// Reports a value of `key` that asks the method for what only the other one has.
  private static func report(_ table: Table, _ key: String, _ value: String, _ method: Method, has amount: String) {
    let other = method == .expansion ? Method.frozenMatrix : .expansion
    table.report(
      "'\(key)' in [\(table.name)] is \(value), and method = \"\(method.rawValue)\" has \(amount)",
      hint: "take method = \"\(other.rawValue)\" or \"both\"", key: key)
  }
}

extension YieldmapSection.Matrix {
  fileprivate init?(_ value: TomlValue) {
    if case .string("rigid") = value.content {
      self = .rigid
    } else if let number = value.finiteNumber, number >= 0 {
      self = .tethered(number)
    } else {
      return nil
    }
  }

  fileprivate var toml: String {
    switch self {
    case .rigid: "\"rigid\""
    case .tethered(let stiffness): "\(stiffness)"
    }
  }
}
