/// `[events]`: the definition of a plastic event, and the accuracy of its strain.
public struct EventSection: Sendable, Equatable {
  /// Whether a step that contains an event is repeated in smaller steps, down to ``smallestStep``.
  public var adaptive: Bool
  /// Width of the strain interval to which an event is located.
  public var smallestStep: Double
  /// Smallest irreversible displacement, in d = ρ^(−1/dim). A step contains an event if reversing it leaves some
  /// particle farther than this from where it was.
  public var displacement: Double

  /// Whether the fields that could predict each event are computed in the state before it.
  public var prediction: Bool

  /// - Parameters:
  ///   - strainStep: the strain step of the loading; nil if it is not known.
  ///   - isExact: whether every step of the loading ends in equilibrium.
  init(_ table: Table, strainStep: Double?, isExact: Bool) {
    adaptive = table.boolean("adaptive", default: false)
    smallestStep = table.number("smallest_step", .resolvedStrain, default: 1e-7)
    displacement = table.number("displacement", .positive, default: 0.05)
    prediction = table.boolean("prediction", default: false)
    // These keys do nothing without `adaptive`, so setting one alone is probably a mistake. To keep them for later use,
    // write `adaptive = false` explicitly.
    for key in ["smallest_step", "displacement"] where table.gives(key) && !table.gives("adaptive") {
      table.report(
        "'\(key)' in [\(table.name)] has no effect without 'adaptive'", hint: "add adaptive = true, or remove it",
        key: key)
    }
    if prediction, !adaptive {
      table.report(
        "'prediction' in [\(table.name)] needs located events", hint: "set adaptive = true", key: "prediction")
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
