/// The equation of motion of `[flow]`: ẋ = v + γ̇A·x and m v̇ = F + drag + noise, with the velocity v relative to the
/// affine flow.
public struct FlowMotion: Sendable, Equatable {
  public enum Dynamics: String, Word {
    /// With inertia.
    case langevin
    /// Without mass: the drag balances the force at every moment.
    case overdamped
  }

  public enum Friction: String, Word {
    /// Drag of each particle against the affine flow, −ζ m v.
    case substrate
    /// Drag of each particle against those within range, −ζ m Σ_j (1 − r/r_c)² (v_i − v_j), which conserves momentum.
    case pairwise
  }

  public var dynamics: Dynamics
  public var friction: Friction
  /// Whether the force −m γ̇A·v acts, with which the total stress, kinetic part included, does the work of the flow.
  public var sllod: Bool
  /// ζ, in inverse units of time; 0 for no drag.
  public var damping: Double
  /// Mass of every particle; 1 without inertia, where ``damping`` is ζm.
  public var mass: Double
  /// Temperature in units of ε/k_B, kept by the noise of the drag.
  public var temperature: Double

  init?(_ table: Table) {
    let dynamics: Dynamics = table.choice("dynamics", default: .langevin)
    let temperature = table.number("temperature", .notNegative, default: 0)
    let need = Self.needOfDrag(table, dynamics, temperature)
    let damping = table.number(
      "damping",
      Bound(words: "between 1e-9 and 1e9 in reduced units" + (need.map { ": \($0)" } ?? ", or 0 for no drag")) {
        $0 >= 1e-9 && $0 <= 1e9 || $0 == 0 && need == nil
      },
      hint: "add damping = …, the rate ζ of the drag −ζmv; there is no default because the flow depends on it")
    if damping == 0 {
      table.forbid("friction", because: "has no effect on damping = 0", hint: "remove it, or give a damping")
    }
    friction = damping == 0 ? .substrate : table.choice("friction", default: .substrate)
    let isExplicit = !FlowIntegrator.isImplicit(table) || table.gives("melt")
    if dynamics == .overdamped, friction == .pairwise, isExplicit {
      table.report(
        "'friction' in [\(table.name)] is \"pairwise\", and without mass the velocities then follow from the forces by "
          + "a linear system, which the explicit method does not solve",
        hint: "set friction = \"substrate\", or dynamics = \"langevin\"", key: "friction")
    }
    if dynamics == .overdamped {
      table.forbid(
        "mass", because: "has no effect on dynamics = \"overdamped\"",
        hint: "remove it; the drag per velocity, ζm, is 'damping' there", default: "1.0")
      table.forbid(
        "sllod", because: "has no effect on dynamics = \"overdamped\"", hint: "remove it; without mass it is no force",
        default: "false")
    }
    mass = dynamics == .overdamped ? 1 : table.number("mass", .moderate, default: 1)
    sllod = dynamics == .overdamped ? false : table.boolean("sllod", default: false)
    guard let damping else { return nil }
    self.dynamics = dynamics
    self.temperature = temperature
    self.damping = damping
  }

  /// Returns why the motion needs drag; nil if it can do without.
  private static func needOfDrag(_ table: Table, _ dynamics: Dynamics, _ temperature: Double) -> String? {
    if dynamics == .overdamped { return "overdamped motion is the balance of drag and force" }
    if temperature > 0 || table.gives("melt") { return "a temperature is kept by the noise of the drag" }
    if FlowIntegrator.hasImplicitRates(table) {
      return "implicit steps go over oscillations, which must die out"
    }
    return nil
  }
}
