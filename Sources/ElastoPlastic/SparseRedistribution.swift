import ElasticLattice
import FourierGrid

/// Redistribution without a transform for sweeps of few failures. The kernel of each failure is added at once to the
/// blocks in a window around it, to the candidates exactly, and to the tiles as a bound. The rest is added only when
/// the blocks are settled.
final class SparseRedistribution: Redistribution {
  private let kernel: RealSpaceKernel
  private let tileBounds: TileBounds
  private let failureLimit: Int
  private let pendingLimit: Int
  private let manyFailures: TransformRedistribution
  private let waiting: PendingFailures

  var transform: LatticeTransform { manyFailures.transform }

  /// Creates the redistribution.
  /// - Parameters:
  ///   - limits: largest number of failures of a sweep that is redistributed in this way, and largest number of
  ///     pending failures before they are settled.
  ///   - manyFailures: redistribution for larger sweeps.
  init(
    _ kernel: RealSpaceKernel, bothSigns: Bool, limits: (failures: Int, pending: Int),
    manyFailures: TransformRedistribution
  ) {
    self.kernel = kernel
    self.manyFailures = manyFailures
    failureLimit = limits.failures
    pendingLimit = limits.pending
    tileBounds = TileBounds(kernel, Tiling(kernel.lattice), isSigned: !bothSigns)
    waiting = PendingFailures(kernel)
  }

  func redistribute(own: FailureList, all: FailureList, total: Int, to blocks: BlockStresses) throws {
    guard total <= failureLimit else {
      if waiting.count > 0 { try settle(blocks) }
      try manyFailures.redistribute(own: own, all: all, total: total, to: blocks)
      return
    }
    blocks.statistics.sparseSweeps += 1
    for (site, amplitude) in zip(all.sites, all.amplitudes) {
      let place = kernel.lattice.coordinates(of: site)
      waiting.append(place, amplitude)
      if blocks.bothSigns {
        addWindow(place, amplitude, to: blocks, BothDirections.self)
      } else {
        addWindow(place, amplitude, to: blocks, Forward.self)
      }
      blocks.tiles.raise(by: tileBounds, from: place, abs(amplitude))
      waiting.add(place, amplitude, to: blocks.candidates)
    }
    if waiting.count >= pendingLimit { try settle(blocks) }
  }

  func settle(_ blocks: BlockStresses) throws {
    guard waiting.count > 0 else { return settleLoad(of: blocks) }
    blocks.statistics.transforms += 1
    transform.clearField()
    waiting.deposit(into: transform)
    waiting.removeAll()
    transform.convolve(with: kernel.farSpectrum.pointer)
    blocks.add(fieldOf: transform)
  }

  func addPending(to candidates: Candidates, from first: Int) { waiting.addAll(to: candidates, from: first) }

  var pending: FailureList { waiting.list }

  func resume(pending: FailureList, of blocks: BlockStresses) {
    waiting.removeAll()
    for (site, amplitude) in zip(pending.sites, pending.amplitudes) {
      let place = kernel.lattice.coordinates(of: site)
      waiting.append(place, amplitude)
      blocks.tiles.raise(by: tileBounds, from: place, abs(amplitude))
    }
  }

  /// Adds the kernel of a failure to the blocks in the window around it.
  private func addWindow<Sign: YieldDirection>(
    _ place: (Int, Int, Int), _ amplitude: Double, to blocks: BlockStresses, _ sign: Sign.Type
  ) {
    let (r0, r1, r2) = kernel.reach
    let (n0, n1, n2) = kernel.lattice.extents
    for dx in -r0...r0 {
      var x = place.0 + dx
      x += x < 0 ? n0 : x >= n0 ? -n0 : 0
      guard blocks.planes.contains(x) else { continue }
      let tilePlane = blocks.tiles.plane(of: x)
      for dy in -r1...r1 {
        var y = place.1 + dy
        y += y < 0 ? n1 : y >= n1 ? -n1 : 0
        let row = blocks.row(x, y, tilePlane: tilePlane)
        let g = kernel.near.pointer + ((dx + r0) * (2 * r1 + 1) + dy + r1) * (2 * r2 + 1)
        // The row has at most two pieces, if the window crosses the edge of the lattice.
        var start = place.2 - r2
        var left = 2 * r2 + 1
        var taken = 0
        start += start < 0 ? n2 : 0
        while left > 0 {
          let count = min(left, n2 - start)
          row.add(g + taken, times: amplitude, to: start..<(start + count), Sign.self)
          taken += count
          left -= count
          start = 0
        }
      }
    }
  }
}
