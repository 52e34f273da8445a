import Configuration
import Dynamics
import MessagePassing
import Particles

extension Model {
  /// Returns the equations of motion that [flow] describes.
  /// - Throws: an input failure if the plane has an axis that two dimensions do not have.
  static func equations(_ configuration: FlowConfiguration, dimension: Int) throws -> EquationsOfMotion {
    let flow = configuration.flow
    let mode = try configuration.places.namingPlace(of: "flow.plane") {
      try loading(flow.deformation, dimension: dimension)
    }
    let motion = flow.motion
    return EquationsOfMotion(
      mass: motion.mass, isOverdamped: motion.dynamics == .overdamped, damping: motion.damping,
      friction: motion.friction == .substrate ? .substrate : .pairwise,
      isSllod: motion.sllod, plane: (mode.plane.0, mode.plane.1))
  }

  /// Verifies that the step of time is stable at the present positions, whose forces are known. Collective.
  /// - Throws: an input failure that names the largest stable step.
  static func checkTimeStep(_ configuration: FlowConfiguration, _ system: ParticleSystem) throws {
    guard let step = configuration.flow.integrator.timeStep else { return }
    let motion = configuration.flow.motion
    let stable = try StableStep(system)
    let limit =
      motion.dynamics == .langevin
      ? stable.verlet(mass: motion.mass) : stable.overdamped(friction: motion.damping * motion.mass)
    guard step < limit else {
      throw Failure.everywhere(
        .input,
        "\(configuration.places.nearest("flow.time_step")): flow.time_step is \(step), and for the stiffest vibration "
          + "of these particles the largest stable step is \(limit.shown); a quarter of it is accurate")
    }
  }
}
