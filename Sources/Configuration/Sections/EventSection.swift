/// `[events]`: what counts as a plastic event, and how closely it is located.
public struct EventSection: Sendable, Equatable {
  /// Whether a step that holds an event is repeated in smaller steps, down to ``smallestStep``.
  public var adaptive: Bool
  /// The width of the strain interval within which an event is located.
  public var smallestStep: Double
  /// In d = ρ^(−1/dim): a strain step that is taken back leaves some particle farther than this from where it was if
  /// there was an event.
  public var displacement: Double

  /// Whether the fields that should foretell each event are computed in the state before it.
  public var prediction: Bool

  /// - Parameters:
  ///   - strainStep: that of the loading, nil without one.
  ///   - isExact: whether every step of the loading ends in equilibrium.
  init(_ table: Table, strainStep: Double?, isExact: Bool) {
    adaptive = table.boolean("adaptive", default: false)
    smallestStep = table.number("smallest_step", .resolvedStrain, default: 1e-7)
    displacement = table.number("displacement", .positive, default: 0.05)
    prediction = table.boolean("prediction", default: false)
    // Who sets them wants events; where they are wanted later, adaptive = false says so.
    for key in ["smallest_step", "displacement"] where table.gives(key) && !table.gives("adaptive") {
      table.report(
        "'\(key)' in [\(table.name)] has no effect without 'adaptive'", hint: "add adaptive = true, or remove it",
        key: key)
    }
    if prediction, !adaptive {
      table.report(
        "'prediction' in [\(table.name)] needs events to foretell", hint: "set adaptive = true", key: "prediction")
    }
    if adaptive, !isExact {
      table.report(
        "'adaptive' in [\(table.name)] needs steps that converge, and 'unconverged' in [loading] is \"accept\"",
        hint: "keep one of them", key: "adaptive")
    }
    if let strainStep, strainStep > 0, adaptive || table.gives("smallest_step"), smallestStep >= strainStep {
      table.report(
        "'smallest_step' in [\(table.name)] is \(smallestStep) and 'strain_step' in [loading] is \(strainStep)",
        hint: "smallest_step must be less than strain_step",
        key: table.gives("smallest_step") ? "smallest_step" : "adaptive")
    }
  }
}
