import CAllocationCount
import Dynamics
import Geometry
import Interactions
import MessagePassing
import Particles
import Statics

/// 50 force evaluations with energy and stress, the halo included, allocate nothing on any rank, beyond what Open MPI
/// itself takes for 50 reductions of one number.
func evaluationAllocatesNothing(_ world: Communicator, _ arguments: [String]) throws {
  let system = try sample(skin: 0.3, world)
  try system.evaluate(.forcesEnergyAndStress)
  try expectNone("evaluations", world) { for _ in 0..<50 { try system.evaluate(.forcesEnergyAndStress) } }
}

/// `KIND`: 50 steps of a flow without re-neighbouring allocate nothing: `substrate`, `sllod`, or `overdamped`. What a
/// pair of particles does to one another by drag and noise is in `pairwise`.
func stepsOfAFlowAllocateNothing(_ world: Communicator, _ arguments: [String]) throws {
  let kind = arguments[0]
  // With a skin as wide as this, slow particles need no new lists.
  let system = try sample(skin: 1, world)
  try OverlapRelaxation().relax(system)
  try system.rebuild()
  let equations = EquationsOfMotion(
    isOverdamped: kind == "overdamped", damping: 10, friction: kind == "pairwise" ? .pairwise : .substrate,
    isSllod: kind == "sllod")
  let loading = Loading(equations.shear, of: system)
  let integrator: any TimeIntegrator =
    equations.isOverdamped
    ? try OverdampedIntegrator(system, equations, loading: loading, timeStep: 1e-4, seed: 1)
    : try VerletIntegrator(system, equations, loading: loading, timeStep: 1e-4, seed: 1)
  try integrator.begin(rate: 1e-2, temperature: TemperatureRamp(constant: 1e-3))
  try integrator.advance(to: 1e-3, safePoint: .none)
  let rebuilds = system.statistics.rebuilds
  // The steps ask once for each evaluation whether neighbours are to be listed; drag between pairs takes its bound too.
  let reductions = kind == "pairwise" || kind == "overdamped" ? 100 : 50
  try expectNone("steps", reductions: reductions, world) { try integrator.advance(to: 6e-3, safePoint: .none) }
  try world.coordinated {
    guard system.statistics.rebuilds == rebuilds else { throw Failure(.physics, "neighbours were listed on the way") }
  }
}

private func sample(skin: Double, _ world: Communicator) throws -> ParticleSystem {
  let model = PairModel.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1)
  let sizes = RandomPlacement.Sizes(exponent: -3, minimum: 1, maximum: 2.22, isStratified: true)
  let start = RandomPlacement(dimension: 2, count: 2000, density: 0.86, seed: 3, composition: .sizes(sizes))
  return try ParticleSystem(
    start.snapshot(over: world), interaction: model.compiled(dimension: 2), skin: skin, communicator: world)
}

/// Expects work, done 50 times over, to allocate nothing on any rank, beyond what Open MPI itself takes for
/// as many reductions of one number.
private func expectNone(
  _ what: String, reductions: Int = 50, _ world: Communicator, _ work: () throws -> Void
) throws {
  CAllocationCount_start()
  try work()
  let count = Int(CAllocationCount_stop())
  CAllocationCount_start()
  for _ in 0..<reductions { _ = try world.reduce(1.0, .maximum) }
  let library = Int(CAllocationCount_stop())
  // A counter that counts nothing would find nothing.
  CAllocationCount_start()
  let probe = AlignedBuffer<Double>(capacity: 1000)
  let probed = CAllocationCount_stop()
  try world.coordinated {
    guard probed > 0, probe.capacity == 1000 else { throw Failure(.physics, "the counter does not count") }
    // Open MPI's lists of free requests grow now and then; a single allocation of ours would count 50 times.
    guard count <= library + 5 else {
      throw Failure(
        .physics, "50 \(what) took \(count) allocations on rank \(world.rank), \(reductions) reductions \(library)")
    }
  }
}
