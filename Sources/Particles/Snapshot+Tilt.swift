import Geometry
import MessagePassing

extension Snapshot {
  /// Subtracts edges from one another until no tilt is beyond ±1/2, since other programs write strongly tilted boxes.
  ///
  /// The tilt of an edge along another one is its component along that edge, if the other edge lies on an axis; in a
  /// lower triangular cell, it is the component below the diagonal. A rotated cell has none.
  /// - Returns: messages that say what was done.
  /// - Throws: an input failure of this rank if image numbers would no longer fit 32 bits.
  public mutating func reduceTilts() throws -> [String] {
    var report: [String] = []
    let axes = ["x", "y", "z"]
    let isLowerTriangular = edges[0, 1] == 0 && edges[0, 2] == 0 && edges[1, 2] == 0
    // yz first, since it changes xz.
    for (gradient, flow) in [(2, 1), (2, 0), (1, 0), (0, 1), (0, 2), (1, 2)] where max(gradient, flow) < dimension {
      let isAlongAxis = (0..<3).allSatisfy { $0 == flow || edges[flow, $0] == 0 }
      guard edges[flow, flow] != 0, isAlongAxis || (isLowerTriangular && flow < gradient) else { continue }
      let tilt = edges[gradient, flow] / edges[flow, flow]
      guard abs(tilt) > 0.5 else { continue }
      let excess = tilt.rounded(.toNearestOrAwayFromZero)
      let name = axes[flow] + axes[gradient]
      guard abs(excess) <= 1e6 else {
        throw Failure(.input, "the cell has a tilt \(name) of \(tilt.shown) edges, more than a million; reduce it")
      }
      edges[gradient] = edges[gradient] - excess * edges[flow]
      if !particles.images.isEmpty {
        for i in 0..<particles.count {
          let (shift, tooFar) = Int32(excess).multipliedReportingOverflow(
            by: particles.images[i * dimension + gradient])
          let (image, tooLarge) = particles.images[i * dimension + flow].addingReportingOverflow(shift)
          guard !tooFar, !tooLarge else {
            throw Failure(
              .input,
              "particle \(particles.ids[i]): its image flags are too large for a tilt \(name) of \(tilt.shown) edges; "
                + "set them to 0")
          }
          particles.images[i * dimension + flow] = image
        }
      }
      report.append("tilt \(name) reduced from \(tilt.shown) to \((tilt - excess).shown) of an edge: the same lattice")
    }
    return report
  }
}
