import ElasticLattice
import ElastoPlastic
import FourierGrid
import Geometry
import MessagePassing
import Statistics

private final class Catalogue: AvalancheObserver {
  var sizes: [Int] = []
  var sweeps: [Int] = []
  func completed(_ avalanche: Avalanche, of model: ElastoPlasticModel) throws {
    sizes.append(avalanche.failures)
    sweeps.append(avalanche.sweeps)
  }
  func reached(strain: Double, of model: ElastoPlasticModel) throws {
    _ = try StateSample(model, edges: ResidualStrengths.edges)
  }
}

/// An elasto-plastic run whose catalogue and last bits are printed: neither may depend on the number of ranks.
/// Arguments: the shape ("13x9"), the rule ("sparse", "mixed", "transform", "everywhere"), the signs ("forward",
/// "both"), or "ties" for thresholds of which many are alike.
func elastoPlastic(_ world: Communicator, _ arguments: [String]) throws {
  let shape = arguments[0].split(separator: "x").map { Int($0)! }
  let rule: UpdateRule =
    switch arguments[1] {
    case "transform": .transform
    case "everywhere": .everywhere
    case "mixed": .sparse(failures: 2, pending: 9)
    default: .sparse(failures: 1000, pending: 50)
    }
  let isBoth = arguments[2] == "both"
  let hasTies = arguments[2] == "ties"
  let lattice = Lattice(shape: shape)
  let eigenstrain: ElastoPlasticModel.Eigenstrain =
    isBoth ? .drawn(.exponential(mean: 0.008)) : .single(0.065)
  let model = try ElastoPlasticModel(
    .init(
      modulus: (1, hasTies ? 1 : 0.8),
      thresholds: .distribution(hasTies ? .samples([0.1, 0.12]) : .weibull(shape: 2, mean: 0.08)),
      renewal: .distribution(hasTies ? .samples([0.1]) : .gaussian(mean: 0.08, deviation: 0.03)),
      eigenstrain: eigenstrain, bothSigns: isBoth,
      seed: 5),
    kernel: StressKernel(lattice), rule: rule, maximumSweeps: 100_000,
    transform: try LatticeTransform(lattice, over: world), over: world)
  let catalogue = Catalogue()
  try model.run(LoadingPath(.strain, to: isBoth ? 0.1 : 0.2), samples: [0.05], observer: catalogue)
  let mean = try model.blocks.meanStress()
  // Exact sums of what tells blocks apart.
  let sums = ExactSums(count: 2)
  for i in 0..<model.blocks.ownCount {
    let weight = Double((model.blocks.firstSite + i) % 101 + 1)
    sums.add(model.blocks.stress[i] * weight, to: 0)
    sums.add(model.blocks.thresholds[i] * weight, to: 1)
  }
  let totals = try sums.reduce(over: world)
  if world.isRoot {
    print("avalanches \(model.avalanches) failures \(model.failures) sweeps \(model.sweeps)")
    print("sizes \(catalogue.sizes.map(String.init).joined(separator: " "))")
    print("rounds \(catalogue.sweeps.map(String.init).joined(separator: " "))")
    print("bits \(hex(mean)) \(hex(model.stress)) \(hex(totals[0])) \(hex(totals[1]))")
  }
}

/// Smooths fields on a tilted cell and takes their gradients; prints bits, which may not depend on the number of ranks.
/// Argument: the shape ("13x9").
func fourierGrid(_ world: Communicator, _ arguments: [String]) throws {
  let lattice = Lattice(shape: arguments[0].split(separator: "x").map { Int($0)! })
  let cell = Cell(
    dimension: lattice.dimension,
    edges: lattice.dimension == 2
      ? Tensor([[11, 0], [3.5, 9]]) : Tensor([[11, 0, 0], [3.5, 9, 0], [-2, 1.25, 7.5]]), range: 1)
  let transform = try LatticeTransform(lattice, over: world)
  let waves = WaveVectors(lattice, cell: cell)
  let first = transform.planes.lowerBound * lattice.planeSize
  let count = transform.planes.count * lattice.planeSize
  func noise(_ component: Int) -> [Double] {
    (0..<count).map { Double(mixed(2 * (first + $0) + component) >> 11) * 0x1p-53 }
  }
  var field = GridField([noise(0), noise(1)], on: transform)
  field.smooth(transform, waves, .gaussian(0.3))
  let slopes = field.gradient(of: 1, transform, waves)
  let all = field.components + slopes.components
  let sums = ExactSums(count: all.count)
  for (c, values) in all.enumerated() {
    for (k, value) in values.enumerated() { sums.add(value * Double((first + k) % 101 + 1), to: c) }
  }
  let bits = try sums.reduce(over: world).map(hex)
  if world.isRoot { print("bits \(bits.joined(separator: " "))") }
}
