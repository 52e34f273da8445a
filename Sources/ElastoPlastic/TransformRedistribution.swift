import ElasticLattice
import FourierGrid

/// Redistribution by one transform per sweep, however many blocks fail.
final class TransformRedistribution: Redistribution {
  let transform: LatticeTransform
  private let kernel: StressKernel

  init(_ kernel: StressKernel, _ transform: LatticeTransform) {
    self.kernel = kernel
    self.transform = transform
  }

  func redistribute(own: FailureList, all: FailureList, total: Int, to blocks: BlockStresses) throws {
    blocks.statistics.transforms += 1
    transform.clearField()
    for (site, amplitude) in zip(own.sites, own.amplitudes) {
      transform.deposit(amplitude, at: kernel.lattice.coordinates(of: site))
    }
    transform.convolve(with: kernel, factor: 1 / Double(kernel.lattice.siteCount))
    blocks.add(fieldOf: transform)
  }
}
