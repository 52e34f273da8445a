import Geometry
import Interactions
import MessagePassing
import Particles
import Preparation
import Statics
import Storage

/// `MODEL DIMENSION COUNT SWEEPS`: SWAP Monte Carlo from a random start, then the whole of a short equilibration;
/// prints the configuration, the energy to the last bit, what was accepted, and the verdict.
func swapMonteCarlo(_ world: Communicator, _ arguments: [String]) throws {
  let (dimension, count, sweeps) = (Int(arguments[1])!, Int(arguments[2])!, Int(arguments[3])!)
  let system = try generatedSystem(arguments[0], dimension: dimension, count: count, world)
  try OverlapRelaxation().relax(system)
  try system.evaluate(.forcesEnergyAndStress)
  let window = system.interaction.parameter == .size ? 0.2 : Double.infinity
  let monteCarlo = try SwapMonteCarlo(
    system, rule: MoveRule(temperature: 1, step: 0.1, swapFraction: 0.3, sizeWindow: window), block: 1, seed: 5)
  for _ in 0..<sweeps { try monteCarlo.sweep() }
  let tally = try monteCarlo.takeTally()
  let hash = try StateHash.sha256(of: monteCarlo.particles.snapshot(), over: world)
  if world.isRoot { print("moves \(hash) \(hex(monteCarlo.energy)) \(tally)") }

  let truth = try monteCarlo.system(skin: 0.3).totals().energy
  guard abs(monteCarlo.energy - truth) <= 1e-11 * abs(truth) else {
    throw Failure.everywhere(.physics, "the energy is \(truth), and \(monteCarlo.energy) was kept")
  }
  let equilibration = Equilibration(burnIn: sweeps, sweeps: 2 * sweeps, skin: 0.3)
  let record = try equilibration.run(monteCarlo, temperature: 1.5) { _ in }
  let liquid = try StateHash.sha256(of: record.liquid, over: world)
  let v = record.verdict
  let numbers = [
    v.hot.mean, v.hot.error, v.overlapTime, v.energyTime, v.lastOverlap, v.squaredDisplacement, v.orientation.order,
    v.orientation.coherence, v.structure.peak, v.structure.largest, v.demixing, record.step,
  ]
  if world.isRoot { print("stay \(liquid) \(numbers.map(hex).joined(separator: " ")) \(v.reasons)") }
}
