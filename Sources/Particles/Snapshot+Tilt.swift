import Geometry

extension Snapshot {
  /// Takes edges off one another until no tilt is beyond ±1/2, as long boxes come from other programs; returns what was
  /// done, in words.
  ///
  /// A tilt is the part of an edge along another one that lies on an axis, or, in a lower triangular cell, the component
  /// below the diagonal; a cell that is turned has none.
  public mutating func reduceTilts() -> [String] {
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
      edges[gradient] = edges[gradient] - excess * edges[flow]
      if !particles.images.isEmpty {
        for i in 0..<particles.count {
          particles.images[i * dimension + flow] += Int32(excess) * particles.images[i * dimension + gradient]
        }
      }
      report.append("tilt \(axes[flow] + axes[gradient]) reduced from \(tilt) to \(tilt - excess) of an edge: the same lattice")
    }
    return report
  }
}
