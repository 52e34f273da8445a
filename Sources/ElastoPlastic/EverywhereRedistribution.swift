import ElasticLattice
import FourierGrid

/// Redistribution that adds the kernel of each failure to every block.
final class EverywhereRedistribution: Redistribution {
  let transform: LatticeTransform
  /// Kernel without a window: all of it is far.
  private let kernel: RealSpaceKernel

  init(_ kernel: RealSpaceKernel, _ transform: LatticeTransform) {
    self.kernel = kernel
    self.transform = transform
  }

  func redistribute(own: FailureList, all: FailureList, total: Int, to blocks: BlockStresses) throws {
    let (n0, n1, n2) = kernel.lattice.extents
    transform.clearField()
    for (site, amplitude) in zip(all.sites, all.amplitudes) {
      let place = kernel.lattice.coordinates(of: site)
      for x in transform.planes {
        let dx = min(abs(x - place.0), n0 - abs(x - place.0))
        for y in 0..<n1 {
          let dy = min(abs(y - place.1), n1 - abs(y - place.1))
          addRow(
            transform.field + ((x - transform.planes.lowerBound) * n1 + y) * transform.rowStride,
            kernel.far.pointer + dx * kernel.farStrides.0 + dy * kernel.farStrides.1, n2, place.2, amplitude)
        }
      }
    }
    blocks.add(fieldOf: transform)
  }
}

@inline(never)
private func addRow(
  _ row: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, _ count: Int, _ centre: Int, _ amplitude: Double
) {
  for z in 0..<count {
    let d = abs(z - centre)
    row[z] += amplitude * g[min(d, count - d)]
  }
}
