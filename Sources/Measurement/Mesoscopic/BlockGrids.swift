/// Numbers of blocks along each edge of the box.
public struct BlockGrids: Sendable, Equatable {
  /// Blocks whose stresses are followed.
  public var blocks: [Int]
  /// Small blocks, of which clusters of activity are made.
  public var small: [Int]

  public init(blocks: [Int], small: [Int]) {
    self.blocks = blocks
    self.small = small
  }
}
