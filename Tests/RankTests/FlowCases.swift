import Dynamics
import Geometry
import MessagePassing
import Particles
import Statics

/// Equations of motion in words: `substrate`, `pairwise`, `sllod` or `overdamped`.
private func equations(_ kind: String) -> EquationsOfMotion {
  EquationsOfMotion(
    isOverdamped: kind == "overdamped", damping: kind == "overdamped" ? 20 : 1,
    friction: kind == "pairwise" ? .pairwise : .substrate, isSllod: kind == "sllod")
}

private func makeIntegrator(
  _ system: ParticleSystem, _ equations: EquationsOfMotion, timeStep: Double, seed: UInt64? = nil
) throws -> any TimeIntegrator {
  let loading = Loading(equations.shear, of: system)
  return equations.isOverdamped
    ? try OverdampedIntegrator(system, equations, loading: loading, timeStep: timeStep, seed: seed)
    : try VerletIntegrator(system, equations, loading: loading, timeStep: timeStep, seed: seed)
}

/// `MODEL DIMENSION COUNT KIND TEMPERATURE`: a fast flow through two flips of the box, in which particles change their
/// ranks: the bits of positions, velocities, work and heat on the way, and when neighbours were listed.
func flow(_ world: Communicator, _ arguments: [String]) throws {
  let system = try generatedSystem(arguments[0], dimension: Int(arguments[1])!, count: Int(arguments[2])!, world)
  let temperature = Double(arguments[4])!
  try OverlapRelaxation().relax(system)
  let integrator = try makeIntegrator(
    system, equations(arguments[3]), timeStep: 2e-3, seed: temperature > 0 ? 11 : nil)
  try integrator.begin(rate: 4, temperature: TemperatureRamp(constant: temperature))
  for row in 1...4 {
    try integrator.advance(to: 0.1 * Double(row), safePoint: .none)
    let transfer = try integrator.transfer()
    // What is read at the end of the way must be that of the present positions.
    let totals = try system.totals()
    try system.evaluate(.forcesEnergyAndStress)
    let fresh = try system.totals()
    guard fresh == totals else {
      throw Failure.everywhere(.physics, "energy and stress are \(totals), and at the present positions \(fresh)")
    }
    let velocities = try fingerprint(integrator.velocities.values, system)
    let positions = system.makeField(width: system.dimension)
    for i in 0..<system.ownedCount {
      for k in 0..<system.dimension {
        positions.values[i * system.dimension + k] = Double(
          bitPattern: UInt64(bitPattern: system.fixedPosition(i)[k]))
      }
    }
    let places = try fingerprint(positions.values, system)
    if world.isRoot {
      print(
        "row \(row) positions \(places) velocities \(velocities) energy \(hex(totals.energy)) "
          + "work \(hex(transfer.work)) heat \(hex(transfer.heat)) "
          + "rebuilds \(system.statistics.rebuilds) flips \(Int(integrator.loading.flips[1, 0]))")
    }
  }
}

/// `KIND`: a flow that is so hot that particles leave the box within a step: it ends with a failure of kind `physics`.
func explosion(_ world: Communicator, _ arguments: [String]) throws {
  let system = try generatedSystem("lj", dimension: 2, count: 401, world)
  try OverlapRelaxation().relax(system)
  let integrator = try makeIntegrator(system, equations(arguments[0]), timeStep: 5e-3, seed: 1)
  let stage = FlowStage(rate: 0.1, temperature: TemperatureRamp(constant: 1e4), interval: 10, rows: 3)
  try stage.run(integrator, Silence())
}

private final class Silence: FlowObserver {
  func measured(_ record: FlowRecord, of integrator: any TimeIntegrator) {}
}
