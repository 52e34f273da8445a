/// The integrator of `[flow]`.
public enum FlowIntegrator: Sendable, Equatable {
  /// Explicit, in equal steps of time.
  case verlet(timeStep: Double)
  /// Implicit, in steps that keep the error of each below the tolerance: the largest error of the displacement of any
  /// particle, in reduced units of length.
  case implicit(tolerance: Double)

  private enum Name: String, Word { case verlet, implicit }

  /// Reads the step of time of the explicit parts: a melt, and a flow with `integrator = "verlet"`. Nil if there are
  /// none, or with a problem reported.
  static func timeStep(_ table: Table) -> Double? {
    let isImplicit = table.peek("integrator")?.text == Name.implicit.rawValue
    if isImplicit, !table.gives("melt") {
      table.forbid(
        "time_step", because: "has no effect on integrator = \"implicit\"",
        hint: "remove it; 'tolerance' decides about the steps, and only a melt has a step of its own")
      return nil
    }
    return table.number(
      "time_step", .moderate,
      hint: "add time_step = …" + (isImplicit ? " of the melt, which is explicit" : "")
        + "; for Lennard-Jones particles 0.005 is customary")
  }

  /// Reads the integrator. Returns nil if it needs the step of time and there is none.
  init?(_ table: Table, timeStep: Double?) {
    let name: Name = table.choice("integrator", default: .verlet)
    // Far below the 0.3 or so by which active particles move, so that the errors of many steps may add up.
    let standard = 1e-4
    switch name {
    case .verlet:
      table.forbid(
        "tolerance", because: "has no effect on integrator = \"verlet\"",
        hint: "remove it, or set integrator = \"implicit\"", default: "\(standard)")
      guard let timeStep else { return nil }
      self = .verlet(timeStep: timeStep)
    case .implicit:
      let bound = Bound<Double>(words: "between 1e-10 and 0.1, in reduced units of length") { $0 >= 1e-10 && $0 <= 0.1 }
      self = .implicit(tolerance: table.number("tolerance", bound, default: standard))
    }
  }
}
