import Particles

/// The equations of motion of a glass in simple shear at a rate γ̇:
/// ẋ = v + γ̇A·x, m v̇ = F − drag − [m γ̇A·v] + noise, with the peculiar velocity v and A = e_flow ⊗ e_gradient.
///
/// The drag of the substrate is ζ m v. That of pairs is ζ m Σ_j w(r_ij) (v_i − v_j), with w = (1 − r/r_c)² within the
/// cutoff r_c of the pair. The noise has a temperature by fluctuation and dissipation. For m → 0 at fixed ζm the
/// motion is ζ m (ẋ − γ̇A·x) = F + noise (Docs/Theory/Flow.md).
public struct EquationsOfMotion: Sendable {
  public enum Friction: Sendable, Equatable {
    case substrate, pairwise
  }

  /// Mass m of each particle; in overdamped motion, ζm alone counts.
  public var mass: Double
  /// Whether the motion is the limit m → 0 at fixed ζm.
  public var isOverdamped: Bool
  /// Damping rate ζ, per unit of time.
  public var damping: Double
  public var friction: Friction
  /// Whether the equation contains the term m γ̇A·v, which makes the work that of virial and kinetic stress (SLLOD).
  public var isSllod: Bool
  /// Axes of the flow and of its gradient.
  public let plane: (flow: Int, gradient: Int)

  public init(
    mass: Double = 1, isOverdamped: Bool = false, damping: Double, friction: Friction = .substrate,
    isSllod: Bool = false,
    plane: (flow: Int, gradient: Int) = (0, 1)
  ) {
    self.mass = mass
    self.isOverdamped = isOverdamped
    self.damping = damping
    self.friction = friction
    self.isSllod = isSllod
    self.plane = plane
  }

  /// The deformation of the box.
  public var shear: Loading.Mode { .simpleShear(flow: plane.flow, gradient: plane.gradient) }
  /// Mass that has kinetic energy.
  public var inertia: Double { isOverdamped ? 0 : mass }
}
