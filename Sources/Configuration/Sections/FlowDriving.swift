/// The strain of `[flow]` against time.
public enum FlowDriving: Sendable, Equatable {
  /// Steady shear at one rate after the other.
  public struct Shear: Sendable, Equatable {
    /// The state in which the flow at a rate begins.
    public enum Start: String, Word {
      /// The end of the flow at the rate before it in the list; of the first rate, the start of the run.
      case previous
      /// The start of the run.
      case start
    }

    /// Shear rates γ̇, in inverse units of time, in the order in which they are imposed.
    public var rates: [Double]
    /// Strain accumulated at each rate.
    public var strain: Double
    /// Strain at each rate from which measurements begin; less than ``strain``.
    public var discard: Double
    public var from: Start
  }

  case shear(Shear)
  /// No flow: the particles relax at the strain of the configuration, for this time.
  case relaxation(time: Double)

  /// Measured time at the fastest rate, in reduced units: the shortest one of the run.
  public var shortestMeasuredTime: Double {
    switch self {
    case .shear(let shear): (shear.strain - shear.discard) / (shear.rates.max() ?? 1)
    case .relaxation(let time): time
    }
  }

  /// Time at the slowest rate from its beginning to its end, in reduced units: the longest one of the run.
  public var longestTime: Double {
    switch self {
    case .shear(let shear): shear.strain / (shear.rates.min() ?? 1)
    case .relaxation(let time): time
    }
  }

  /// Reads the keys of the driving. Reports problems and returns nil if something is missing or wrong.
  init?(_ table: Table) {
    let bound = Bound<Double>(words: "0, or between 1e-12 and 10 per unit of time") {
      $0 == 0 || $0 >= 1e-12 && $0 <= 10
    }
    let rates = table.numbers(
      "rates", bound, hint: "write for example rates = [1e-2, 1e-3], strains per unit of time, in their order")
    guard rates != [0] else {
      for (key, standard) in [("strain", nil), ("discard", "0.2"), ("from", "\"previous\"")] {
        table.forbid(
          key, because: "has no effect on rates = [0.0], at which nothing flows", hint: "remove it; give 'time'",
          default: standard)
      }
      let time = table.number("time", .moderate, hint: "add time = …, for which the particles relax")
      if !FlowIntegrator.isImplicit(table) {
        table.report(
          "'rates' in [\(table.name)] is [0.0], relaxation at fixed strain, which needs ever longer steps",
          hint: "add integrator = \"implicit\", or give rates greater than 0", key: "rates")
      }
      guard let time else { return nil }
      self = .relaxation(time: time)
      return
    }
    table.forbid("time", because: "has no effect on a flow", hint: "remove it; 'strain' says where each rate ends")
    guard let shear = Shear(table, rates: rates) else { return nil }
    self = .shear(shear)
  }
}

extension FlowDriving.Shear {
  fileprivate init?(_ table: Table, rates: [Double]?) {
    let strain = table.number(
      "strain", Bound(words: "greater than 0 and at most 1e6, a fraction") { $0 > 0 && $0 <= 1e6 },
      hint: "add strain = …, a fraction, which is accumulated at each rate")
    discard = table.number("discard", .notNegative, default: 0.2)
    from = table.choice("from", default: .previous)
    if let strain, discard >= strain {
      table.report(
        "'discard' in [\(table.name)] is \(discard) and 'strain' is \(strain)",
        hint: "discard must be less than strain: measurements begin there",
        key: table.gives("discard") ? "discard" : "strain")
    }
    guard let rates, let strain, Self.areGood(rates, table, from) else { return nil }
    self.rates = rates
    self.strain = strain
  }

  private static func areGood(_ rates: [Double], _ table: Table, _ start: Start) -> Bool {
    if rates.isEmpty {
      table.report("'rates' in [\(table.name)] is empty", hint: "give at least one rate", key: "rates")
    } else if rates.contains(0) {
      table.report(
        "'rates' in [\(table.name)] holds 0 beside other rates",
        hint: "remove it; relaxation at fixed strain, rates = [0.0], is a run of its own", key: "rates")
    } else if start == .start, Set(rates).count < rates.count {
      table.report(
        "'rates' in [\(table.name)] holds a rate twice, and each begins at the start",
        hint: "keep one of them, or take from = \"previous\"", key: "rates")
    } else {
      return true
    }
    return false
  }
}
