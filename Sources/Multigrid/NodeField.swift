import Geometry
import Particles

/// A fixed number of singles per node of a grid, over the box that a rank holds and its ghosts.
final class NodeField {
  /// Numbers per node; even, so that a node is a whole number of 64-bit words.
  let stride: Int
  let grown: CellBox
  let buffer: AlignedBuffer<Float>

  init(_ grid: NodeGrid, stride: Int) {
    self.stride = stride
    grown = grid.grown
    let extent = grown.extent
    buffer = AlignedBuffer(capacity: extent.x * extent.y * extent.z * stride)
  }

  var values: UnsafeMutablePointer<Float> { buffer.pointer }
  /// Total count of numbers, ghosts included.
  var count: Int { grown.count * stride }

  /// Returns the index of the first number of a node.
  @inline(__always) func place(_ node: SIMD3<Int>) -> Int { grown.index(of: node) * stride }

  /// Visits the rows of a box along x. `place` is the index of the first number of the row;
  /// its nodes follow each other.
  @inline(__always) func forEachRow(of box: CellBox, _ visit: (_ place: Int, _ y: Int, _ z: Int) -> Void) {
    guard !box.isEmpty else { return }
    for z in box.lower.z..<box.upper.z {
      for y in box.lower.y..<box.upper.y { visit(place(SIMD3(box.lower.x, y, z)), y, z) }
    }
  }

  /// Index increments from a node to the next one along each axis.
  var steps: SIMD3<Int> { stride &* SIMD3(1, grown.extent.x, grown.extent.x * grown.extent.y) }

  func clear() { buffer.pointer.update(repeating: 0, count: count) }

  func gather(_ halo: NodeHalo) throws {
    try buffer.pointer.withMemoryRebound(to: Int64.self, capacity: count / 2) { try halo.gather($0, words: stride / 2) }
  }
}
