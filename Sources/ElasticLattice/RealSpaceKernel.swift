import FourierGrid
import Geometry
import MessagePassing

/// The kernel in real space, g(r) = (1/N) Σ_q G(q) exp(iqr), in two parts: a window around the block that has yielded,
/// which is added at once, and the rest, whose addition may be deferred.
///
/// g is even along each axis, so a table of the first quadrant (octant) contains all of it. This is the only table of
/// the size of the lattice that every rank holds completely, with N/4 numbers (N/8 in three dimensions): a rank needs g
/// between its own blocks and any other.
public final class RealSpaceKernel {
  public let lattice: Lattice
  /// Half width of the window along each axis, in blocks.
  public let reach: (Int, Int, Int)
  /// g in the window, [2 reach.0 + 1][2 reach.1 + 1][2 reach.2 + 1]; the central entry is r = 0.
  public let near: AlignedBuffer<Double>
  /// g outside of the window and 0 inside, [|r_0|][|r_1|][|r_2|], each distance up to half of the lattice.
  public let far: AlignedBuffer<Double>
  /// Distance in ``far`` from one |r_0| to the next, and from one |r_1| to the next.
  public let farStrides: (Int, Int)
  /// Spectrum of ``far`` divided by the number of sites, in the order of the transform.
  public let farSpectrum: AlignedBuffer<Double>

  /// Returns the half width of the cheapest window: 16 blocks in two dimensions, 5 in three. The initialiser reduces it
  /// in small lattices, where the window must not overlap with itself.
  public static func standardReach(_ lattice: Lattice) -> Int { lattice.dimension == 2 ? 16 : 5 }

  /// Returns the number of entries of ``far``.
  public static func tableSize(_ lattice: Lattice) -> Int {
    (lattice.extents.0 / 2 + 1) * (lattice.extents.1 / 2 + 1) * (lattice.extents.2 / 2 + 1)
  }

  /// Tabulates the kernel. Collective.
  /// - Parameter wanted: half width of the window; nil for no window.
  public init(
    _ kernel: StressKernel, transform: LatticeTransform, reach wanted: Int?,
    over communicator: Communicator
  ) throws {
    let lattice = kernel.lattice
    self.lattice = lattice
    let (n0, n1, n2) = lattice.extents
    farStrides = ((n1 / 2 + 1) * (n2 / 2 + 1), n2 / 2 + 1)
    far = AlignedBuffer(capacity: Self.tableSize(lattice))
    // Compute g on the own planes.
    for k in 0..<(2 * transform.spectralCount) { transform.spectrum[k] = k % 2 == 0 ? 1 : 0 }
    transform.multiply(by: kernel, factor: 1 / Double(lattice.siteCount))
    transform.backward()
    try Self.share(transform, into: far, over: communicator)
    guard let wanted else {
      // Without a window, all of the kernel is far.
      reach = (0, 0, 0)
      near = AlignedBuffer()
      farSpectrum = AlignedBuffer()
      return
    }
    reach = (min(wanted, (n0 - 1) / 2), min(wanted, (n1 - 1) / 2), min(wanted, (n2 - 1) / 2))
    near = AlignedBuffer(capacity: (2 * reach.0 + 1) * (2 * reach.1 + 1) * (2 * reach.2 + 1))
    farSpectrum = AlignedBuffer(capacity: transform.spectralCount)
    moveWindow()
    transformFar(transform)
  }

  /// Sends the own planes up to half of the lattice to all ranks, one plane after the other. Collective.
  private static func share(
    _ transform: LatticeTransform, into far: AlignedBuffer<Double>, over communicator: Communicator
  ) throws {
    let (n0, n1, n2) = transform.lattice.extents
    let (h1, h2) = (n1 / 2 + 1, n2 / 2 + 1)
    let owners = try communicator.gather(transform.planes.upperBound)
    for x in 0...(n0 / 2) {
      let owner = owners.firstIndex { x < $0 } ?? 0
      let plane = UnsafeMutableBufferPointer(start: far.pointer + x * h1 * h2, count: h1 * h2)
      if communicator.rank == owner {
        for y in 0..<h1 {
          let row = transform.field + ((x - transform.planes.lowerBound) * n1 + y) * transform.rowStride
          for z in 0..<h2 { plane[y * h2 + z] = row[z] }
        }
      }
      try communicator.broadcast(plane, from: owner)
    }
  }

  /// Moves the window from ``far`` to ``near``.
  private func moveWindow() {
    var k = 0
    for x in -reach.0...reach.0 {
      for y in -reach.1...reach.1 {
        for z in -reach.2...reach.2 {
          near[k] = far[abs(x) * farStrides.0 + abs(y) * farStrides.1 + abs(z)]
          k += 1
        }
      }
    }
    for x in 0...reach.0 {
      for y in 0...reach.1 { for z in 0...reach.2 { far[x * farStrides.0 + y * farStrides.1 + z] = 0 } }
    }
  }

  /// Computes the spectrum of g outside of the window.
  private func transformFar(_ transform: LatticeTransform) {
    let (n0, n1, n2) = lattice.extents
    for x in transform.planes {
      for y in 0..<n1 {
        let row = transform.field + ((x - transform.planes.lowerBound) * n1 + y) * transform.rowStride
        let source = far.pointer + min(x, n0 - x) * farStrides.0 + min(y, n1 - y) * farStrides.1
        for z in 0..<n2 { row[z] = source[min(z, n2 - z)] }
      }
    }
    transform.forward()
    for k in 0..<transform.spectralCount { farSpectrum[k] = transform.spectrum[2 * k] / Double(lattice.siteCount) }
  }
}
