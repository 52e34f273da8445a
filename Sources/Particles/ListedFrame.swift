import Geometry

/// What has happened to the box and to the particles since the neighbours were listed.
///
/// A list holds all pairs that were closer than their cutoff plus the skin. If space is mapped by D and particles move
/// by up to u against it, a pair within its cutoff c was closer than (c + 2u)/s before, where s is the smallest
/// singular value of D. So the list is complete as long as u ≤ (s (c + skin) − c)/2
/// (Docs/Design/011-deforming-frame.md).
struct ListedFrame {
  /// Affine map of the box since then.
  private(set) var map = Tensor.identity
  /// Edges of the box at that time, in quanta; nil if it has not been deformed.
  private(set) var edges: [FixedVector]?
  /// A length that no particle of this rank has moved further than, against the affine map; infinite if unknown.
  var travel = 0.0

  var isDeformed: Bool { edges != nil }

  init() {}

  /// Restores a frame that was saved.
  init(map: Tensor, edges: [FixedVector]) {
    self.map = map
    self.edges = edges
    travel = .infinity
  }

  mutating func deform(by change: Tensor, from cell: Cell) {
    if edges == nil { edges = (0..<3).map(cell.fixedEdge) }
    map = change * map
    // The displacements against the map are mapped along.
    let growth = change - .identity
    travel *= 1 + growth.contracted(with: growth).squareRoot()
  }

  /// Returns how far a particle may move against the map before neighbours have to be listed again.
  func reach(cutoff: Double, skin: Double, dimension: Int) -> Double {
    guard isDeformed else { return skin / 2 }
    let shrinking = min(1, map.smallestSingularValue(dimension: dimension))
    return (shrinking * (cutoff + skin) - cutoff) / 2
  }
}
