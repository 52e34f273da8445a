import Geometry

/// Full neighbour lists in the layout of the kernels: one particle per lane.
///
/// As many particles as there are lanes (the rows of a chunk) are computed side by side. Slot s of a chunk holds the
/// s-th neighbour of each. Shorter lists are padded with the particle itself, which contributes exactly nothing. Rows
/// of similar length share a chunk, so that polydisperse lists need little padding. The neighbours of a particle are in
/// an order that depends only on the global cells and ids, so that its sums are the same on any number of ranks.
public final class NeighbourList {
  /// Local numbers of the particles of each chunk; the padding of the last chunk is the owned count.
  public let rows = AlignedBuffer<Int32>()
  /// First slot of each chunk; one more entry than chunks.
  public let firstSlot = AlignedBuffer<Int>()
  /// Local numbers of the neighbours, one lane's width per slot.
  public let neighbours = AlignedBuffer<Int32>()
  /// Scale of each listed pair, in the order of `neighbours`; empty for potentials without scales.
  public let scales = AlignedBuffer<Double>()
  public internal(set) var chunkCount = 0
  public internal(set) var slotCount = 0
  /// Number of entries of all full lists without the padding: twice the pairs of a half list.
  public internal(set) var entryCount = 0
  /// Two particles at the same point, if there are any. Their pair is not listed, since it has no direction.
  public internal(set) var coincidence: (Int32, Int32)?

  public init() {}

  /// Copies all chunks of `whole` in which `isWanted` is true for at least one row.
  public func select(from whole: NeighbourList, where isWanted: (_ row: Int32) -> Bool) {
    let width = Lanes.count
    rows.reserve(whole.chunkCount * width)
    firstSlot.reserve(whole.chunkCount + 1)
    chunkCount = 0
    slotCount = 0
    firstSlot[0] = 0
    for chunk in 0..<whole.chunkCount {
      let members = whole.rows.pointer + chunk * width
      guard (0..<width).contains(where: { isWanted(members[$0]) }) else { continue }
      let slots = whole.firstSlot[chunk]..<whole.firstSlot[chunk + 1]
      let (kept, added) = (slotCount * width, slots.count * width)
      (rows.pointer + chunkCount * width).update(from: members, count: width)
      neighbours.reserve(kept + added, keeping: kept)
      (neighbours.pointer + kept).update(from: whole.neighbours.pointer + slots.lowerBound * width, count: added)
      if whole.scales.capacity > 0 {
        scales.reserve(kept + added, keeping: kept)
        (scales.pointer + kept).update(from: whole.scales.pointer + slots.lowerBound * width, count: added)
      }
      chunkCount += 1
      slotCount += slots.count
      firstSlot[chunkCount] = slotCount
    }
  }
}

/// Local numbers of the particles of one cell and of the cells around it.
public struct CellNeighbourhood {
  /// Owned particles of the cell.
  public var owned: Range<Int32>
  /// Particles of the cells around it and of itself, in the global order of cells.
  public var candidates: [Range<Int32>]

  public init(owned: Range<Int32>, candidates: [Range<Int32>]) {
    self.owned = owned
    self.candidates = candidates
  }
}
