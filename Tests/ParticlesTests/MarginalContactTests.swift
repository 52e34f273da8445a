import Geometry
import Interactions
import MessagePassing
import Particles
import TestSupport
import Testing

/// Spheres that touch to the last bit: whether a pair is a bond is one question with one answer, wherever bonds are
/// counted.
@Suite(.serialized, .oneAtATime) struct MarginalContactTests {
  @Test(arguments: [PairModel.harmonic, .hertz], [2, 3]) func bondsAreCountedAlike(model: PairModel, dimension: Int)
    throws
  {
    let communicator = try MessagePassing.startForTests()
    let side = dimension == 2 ? 14 : 7
    let count = dimension == 2 ? side * side : side * side * side
    // A third is no number of quanta, so that distances are rounded in different ways.
    let spacing = 1 + 1 / 3.0
    var table = ParticleTable()
    for k in 0..<count {
      table.ids.append(Int64(k + 1))
      table.species.append(0)
      for axis in 0..<dimension {
        let place = axis == 0 ? k % side : axis == 1 ? k / side % side : k / side / side
        table.positions.append((Double(place) + 0.25) * spacing)
        table.images.append(0)
      }
      // Steps of one unit in the last place, on both sides of the distance.
      table.diameters.append(spacing + Double(k % 9 - 4) * spacing.ulp)
    }
    var edges = Tensor.identity
    for k in 0..<dimension { edges[k, k] = Double(side) * spacing }
    var snapshot = Snapshot(dimension: dimension, edges: edges, totalCount: count, particles: table)
    snapshot.hasDiameters = true
    let system = try ParticleSystem(
      snapshot, interaction: model.compiled(dimension: dimension), skin: 0.3, communicator: communicator)
    try system.evaluate(.forcesEnergyAndStress)
    let counted = try system.bondStatistics().count
    #expect(counted == system.makeBondNetwork().endCount / 2)
    // Neither all nor none, or it would prove nothing.
    #expect(counted > 0 && counted < dimension * count)
  }
}
