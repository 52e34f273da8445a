import Geometry

extension Snapshot {
  /// Takes edges off one another until no tilt is beyond ±1/2, as long boxes come from other programs; returns what was
  /// done, in words.
  public mutating func reduceTilts() -> [String] {
    var report: [String] = []
    let names = ["xy", "xz", "yz"]
    // yz first, since it changes xz.
    for (gradient, flow, name) in [(2, 1, names[2]), (2, 0, names[1]), (1, 0, names[0])] where gradient < dimension {
      let tilt = edges[gradient, flow] / edges[flow, flow]
      guard abs(tilt) > 0.5, edges[flow, flow] != 0 else { continue }
      let excess = tilt.rounded(.toNearestOrAwayFromZero)
      edges[gradient] = edges[gradient] - excess * edges[flow]
      if !particles.images.isEmpty {
        for i in 0..<particles.count {
          particles.images[i * dimension + flow] += Int32(excess) * particles.images[i * dimension + gradient]
        }
      }
      report.append("tilt \(name) reduced from \(tilt) to \(tilt - excess) of an edge: the same lattice")
    }
    return report
  }
}
