import Geometry

extension Snapshot {
  /// Returns the configuration in the box that simple shear makes thinnest: tilted by half an edge, just before it is
  /// flipped. Edges that are tilted already stay.
  /// - Parameter generator: generator A of the deformation.
  public func mostTilted(by generator: Tensor) -> Snapshot {
    var tilted = self
    for flow in 0..<dimension {
      for gradient in 0..<dimension where gradient != flow && generator[flow, gradient] != 0 {
        guard edges[flow][gradient] == 0 else { continue }
        tilted.edges[gradient][flow] = 0.5 * edges[flow][flow]
      }
    }
    return tilted
  }
}
