import CAllocationCount
import Geometry
import Interactions
import MessagePassing
import Particles

/// 50 force evaluations with energy and stress, the halo included, allocate nothing on any rank, beyond what Open MPI
/// itself takes for 50 reductions of one number.
func evaluationAllocatesNothing(_ world: Communicator, _ arguments: [String]) throws {
  let model = PairModel.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1)
  let sizes = RandomPlacement.Sizes(exponent: -3, minimum: 1, maximum: 2.22, isStratified: true)
  let start = RandomPlacement(dimension: 2, count: 2000, density: 0.86, seed: 3, composition: .sizes(sizes))
  let system = try ParticleSystem(
    start.snapshot(over: world), interaction: model.compiled(dimension: 2), skin: 0.3, communicator: world)
  try system.evaluate(.forcesEnergyAndStress)
  CAllocationCount_start()
  for _ in 0..<50 { try system.evaluate(.forcesEnergyAndStress) }
  let count = Int(CAllocationCount_stop())
  CAllocationCount_start()
  for _ in 0..<50 { _ = try world.reduce(1.0, .maximum) }
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
        .physics, "50 evaluations took \(count) allocations on rank \(world.rank), 50 reductions \(library)")
    }
  }
}
