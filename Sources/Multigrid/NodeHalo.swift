import Geometry
import MessagePassing
import Particles

/// The exchange that gives the ghost nodes of a grid the values of their owners.
final class NodeHalo {
  /// Nodes exchanged with one peer, as indices into the array over the grown box, in an order that both sides share.
  private struct Transfer {
    let peer: Int
    let places: [Int32]
  }

  private let sends: [Transfer]
  private let receives: [Transfer]
  /// Periodic images of nodes that this rank holds itself.
  private let images: [(source: Int32, target: Int32)]
  private let messages: MessageBatch
  private let outgoing = AlignedBuffer<Int64>()
  private let incoming = AlignedBuffer<Int64>()

  init(_ grid: NodeGrid, rank worldRank: Int, communicator: Communicator) {
    let rank = grid.isReplicated ? 0 : worldRank
    let own = grid.box
    let grown = grid.grown
    let layer = grown.upper &- own.upper
    // A grid of a single node has itself as a neighbour twice over.
    let reach = (layer &+ grid.counts &- SIMD3<Int>(1, 1, 1)) / grid.counts
    var sends: [Transfer] = []
    var receives: [Transfer] = []
    var images: [(source: Int32, target: Int32)] = []

    func places(_ box: CellBox) -> [Int32] {
      var result: [Int32] = []
      result.reserveCapacity(box.count)
      box.forEachCell { result.append(Int32(grown.index(of: $0))) }
      return result
    }

    for (peer, share) in grid.boxes.enumerated() {
      let around = CellBox(lower: share.lower &- layer, upper: share.upper &+ layer)
      for z in -reach.z...reach.z {
        for y in -reach.y...reach.y {
          for x in -reach.x...reach.x {
            let offset = SIMD3<Int>(x, y, z) &* grid.counts
            let taken = grown.intersection(share.shifted(by: offset))
            if peer == rank {
              if offset != SIMD3<Int>(0, 0, 0), !taken.isEmpty {
                let sources = places(taken.shifted(by: SIMD3<Int>(0, 0, 0) &- offset))
                images += zip(sources, places(taken)).map { (source: $0, target: $1) }
              }
              continue
            }
            if !taken.isEmpty { receives.append(Transfer(peer: peer, places: places(taken))) }
            let given = around.intersection(own.shifted(by: offset))
            if !given.isEmpty {
              sends.append(Transfer(peer: peer, places: places(given.shifted(by: SIMD3<Int>(0, 0, 0) &- offset))))
            }
          }
        }
      }
    }
    self.sends = sends
    self.receives = receives
    self.images = images
    messages = MessageBatch(communicator)
  }

  /// Fills the ghosts of an array over the grown box, `words` words per node. Collective, except on a replicated grid.
  func gather(_ values: UnsafeMutablePointer<Int64>, words: Int) throws {
    incoming.reserve(receives.reduce(0) { $0 + $1.places.count } * words)
    outgoing.reserve(sends.reduce(0) { $0 + $1.places.count } * words)
    var start = 0
    for transfer in receives {
      try messages.receive(incoming.pointer + start, count: transfer.places.count * words, from: transfer.peer)
      start += transfer.places.count * words
    }
    start = 0
    for transfer in sends {
      let first = start
      for place in transfer.places {
        for w in 0..<words { outgoing[start + w] = values[Int(place) * words + w] }
        start += words
      }
      try messages.send(outgoing.pointer + first, count: start - first, to: transfer.peer)
    }
    for image in images {
      for w in 0..<words { values[Int(image.target) * words + w] = values[Int(image.source) * words + w] }
    }
    try messages.finish()
    // Messages between two ranks arrive in the order of sending, which is that of the shifts on both sides.
    start = 0
    for transfer in receives {
      for place in transfer.places {
        for w in 0..<words { values[Int(place) * words + w] = incoming[start + w] }
        start += words
      }
    }
  }
}
