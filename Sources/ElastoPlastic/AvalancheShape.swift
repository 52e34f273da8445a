import ElasticLattice
import Foundation
import FourierGrid
import MessagePassing

/// Distribution of the failures of an avalanche in space, as counts along each axis. These
/// suffice for the radii of gyration.
struct AvalancheShape {
  private let extents: [Int]
  private let axes: [Int]
  private let offsets: [Int]
  private var counts: [Int]
  private var last: Int?

  init(_ lattice: Lattice) {
    extents = [lattice.extents.0, lattice.extents.1, lattice.extents.2]
    axes = lattice.dimension == 2 ? [0, 2] : [0, 1, 2]
    offsets = [0, extents[0], extents[0] + extents[1]]
    counts = [Int](repeating: 0, count: extents.reduce(0, +))
  }

  mutating func add(_ sites: [Int], of lattice: Lattice) {
    for site in sites {
      let (x, y, z) = lattice.coordinates(of: site)
      counts[x] += 1
      counts[offsets[1] + y] += 1
      counts[offsets[2] + z] += 1
    }
  }

  /// Returns the counts of all ranks, for a checkpoint. Collective.
  func total(over communicator: Communicator) throws -> [Int] {
    var total = counts
    try communicator.reduce(&total, .sum)
    return total
  }

  /// Adds counts from a checkpoint. Only one rank may do so.
  mutating func add(total: [Int]) { for k in counts.indices { counts[k] += total[k] } }

  /// Returns the periodic radii of gyration of the failures of all ranks, in blocks, and resets the counts.
  /// Collective unless `total` is 1.
  ///
  /// Along each axis, it is the root mean square distance, by the nearest image, from the circular mean.
  mutating func gyration(total: Int, over communicator: Communicator) throws -> [Double] {
    defer { for k in counts.indices { counts[k] = 0 } }
    if total == 1 { return axes.map { _ in 0 } }
    try communicator.reduce(&counts, .sum)
    return axes.map { axis in
      let n = extents[axis]
      let occupied = (0..<n).filter { counts[offsets[axis] + $0] > 0 }
      if occupied.count == 1 { return 0 }
      var (c, s) = (0.0, 0.0)
      for k in occupied {
        let weight = Double(counts[offsets[axis] + k])
        let angle = 2 * Double.pi * Double(k) / Double(n)
        c += weight * cos(angle)
        s += weight * sin(angle)
      }
      let centre = atan2(s, c) / (2 * Double.pi) * Double(n)
      var square = 0.0
      for k in occupied {
        var d = Double(k) - centre
        d -= Double(n) * (d / Double(n)).rounded()
        square += Double(counts[offsets[axis] + k]) * d * d
      }
      return (square / Double(total)).squareRoot()
    }
  }
}
