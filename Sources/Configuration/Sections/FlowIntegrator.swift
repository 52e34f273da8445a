/// The integrators of `[flow]`: Verlet's method in equal steps of time, and, for slow rates or for all, implicit steps
/// that are as long as their error allows.
public struct FlowIntegrator: Sendable, Equatable {
  /// Shear rates below this are followed in implicit steps: 0 for none, infinity for all.
  public var implicitBelow: Double
  /// Step of time of the explicit method, also that of a melt; nil if nothing is explicit.
  public var timeStep: Double?
  /// Largest error of the displacement of any particle in an implicit step, in reduced units of length.
  public var tolerance: Double

  private enum Name: String, Word { case verlet, implicit }

  /// Whether some rate may be followed in implicit steps.
  public var hasImplicitRates: Bool { implicitBelow > 0 }

  public func isImplicit(rate: Double) -> Bool { rate < implicitBelow }

  /// Whether a table asks for implicit steps at all rates.
  static func isImplicit(_ table: Table) -> Bool { table.peek("integrator")?.text == Name.implicit.rawValue }

  /// Whether a table asks for implicit steps at some rates.
  static func hasImplicitRates(_ table: Table) -> Bool { isImplicit(table) || table.gives("implicit_below") }
}

extension FlowIntegrator {
  /// Reads the integrators. Returns nil if the step of time is needed and there is none.
  /// - Parameter driving: the driving; nil if it has a mistake.
  init?(_ table: Table, driving: FlowDriving?) {
    let name: Name = table.choice("integrator", default: .verlet)
    let isImplicit = name == .implicit
    timeStep = nil
    if isImplicit, !table.gives("melt") {
      table.forbid(
        "time_step", because: "has no effect on integrator = \"implicit\"",
        hint: "remove it; 'tolerance' decides about the steps, and only a melt has a step of its own")
    } else {
      timeStep = table.number(
        "time_step", .moderate,
        hint: "add time_step = …" + (isImplicit ? " of the melt, which is explicit" : "")
          + "; for Lennard-Jones particles 0.005 is customary")
    }
    implicitBelow = isImplicit ? .infinity : 0
    if isImplicit {
      table.forbid(
        "implicit_below", because: "has no effect on integrator = \"implicit\"",
        hint: "remove it, or set integrator = \"verlet\" for the rates that are not below it")
    } else if let limit = table.optionalNumber("implicit_below", .moderate) {
      implicitBelow = limit
      if let driving { Self.check(table, limit, driving) }
    }
    // Far below the 0.3 or so by which active particles move, so that the errors of many steps may add up.
    let standard = 1e-4
    tolerance = standard
    if hasImplicitRates {
      let bound = Bound<Double>(words: "between 1e-10 and 0.1, in reduced units of length") { $0 >= 1e-10 && $0 <= 0.1 }
      tolerance = table.number("tolerance", bound, default: standard)
    } else {
      table.forbid(
        "tolerance", because: "has no effect on integrator = \"verlet\"",
        hint: "remove it, set integrator = \"implicit\", or give implicit_below", default: "\(standard)")
    }
    if timeStep == nil, !isImplicit || table.gives("melt") { return nil }
  }

  /// Reports a limit that does not divide the rates.
  private static func check(_ table: Table, _ limit: Double, _ driving: FlowDriving) {
    guard case .shear(let shear) = driving else { return }
    if !shear.rates.contains(where: { $0 < limit }) {
      table.report(
        "'implicit_below' in [\(table.name)] is \(limit), and no rate is below it",
        hint: "remove it, or take a larger one", key: "implicit_below")
    } else if shear.rates.allSatisfy({ $0 < limit }) {
      table.report(
        "'implicit_below' in [\(table.name)] is \(limit), and all rates are below it",
        hint: "set integrator = \"implicit\" in its place", key: "implicit_below")
    }
  }
}
