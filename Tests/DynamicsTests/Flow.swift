import Dynamics
import Particles
import Statics
import Testing

/// A glass that flows by Verlet's method.
struct Flow {
  let system: ParticleSystem
  let equations: EquationsOfMotion
  let integrator: VerletIntegrator

  init(_ system: ParticleSystem, _ equations: EquationsOfMotion, timeStep: Double) throws {
    self.system = system
    self.equations = equations
    integrator = try VerletIntegrator(
      system, equations, loading: Loading(equations.shear, of: system), timeStep: timeStep)
  }

  var shearStress: Double {
    get throws { try system.totals().stress[equations.plane.flow, equations.plane.gradient] }
  }

  /// Returns the kinetic and the potential energy together.
  func energy() throws -> Double {
    try system.totals().energy + KineticStress(integrator.velocities, mass: equations.mass, in: system).energy
  }
}

/// Brings a system to rest.
func relax(
  _ system: ParticleSystem, to tolerance: Double = 1e-10, from start: Minimization.Start = .nearEquilibrium
) throws {
  let result = try Minimization(
    method: .newton, preconditioner: .multigrid, tolerance: .largestComponent(tolerance), maximumEvaluations: 100_000
  ).run(system, from: start)
  try #require(result.reason == .converged)
}
