import Geometry
import MessagePassing

extension ParticleSystem {
  /// Largest distance of the edges of a frame from a basis of the deformed box, in edges.
  private static let mismatch = 1e-6

  /// Moves the particles to another configuration of them, such as the next frame of a trajectory, and lists the
  /// neighbours again. Displacement trackers get the motion less that of the map, over any number of edges. Collective.
  ///
  /// Particles are recognised by their identifiers, which may be on other ranks in the frame.
  /// - Parameter map: the affine map that takes the present box to that of the frame.
  /// - Returns: how often each edge of the frame contains each present one: the identity, unless the box was flipped.
  /// - Throws: an input failure if the box of the frame is not the present one, mapped.
  public func move(to frame: Snapshot, by map: Tensor) throws -> Tensor {
    let basis = try basis(of: frame, map)
    settle()
    if basis != .identity { changeImages(to: basis) }
    follow(map, edges: frame.edges, strain: frame.strain)
    let places = try communicator.coordinated { try self.words(of: frame) }
    let rows = try IdentifierBlocks(ids: frame.particles.ids, totalCount: totalCount, over: communicator, kind: .input)
    let width = 2 * dimension
    let targets: [Int64] = try identifierBlocks().values(ofColumn: rows.column(places, width: width), width: width)
    for i in 0..<ownedCount {
      var (position, edges) = (FixedVector.zero, SIMD3<Int32>())
      for k in 0..<dimension {
        position[k] = targets[width * i + k]
        edges[k] = Int32(targets[width * i + dimension + k]) - columns.images[3 * i + k]
      }
      // Wrapping brings the edges that a particle has crossed into its image numbers.
      position = position &+ cell.lattice(edges)
      for k in 0..<dimension { columns.records[4 * i + k] = position[k] }
    }
    try rebuild()
    return basis
  }

  /// Returns the whole numbers N with edges of the frame = N · edges of the mapped box.
  private func basis(of frame: Snapshot, _ map: Tensor) throws -> Tensor {
    let numbers = frame.edges * (cell.edges * map.transposed).inverse
    var basis = Tensor.identity
    var distance = 0.0
    for k in 0..<dimension {
      for m in 0..<dimension {
        basis[k, m] = numbers[k, m].rounded()
        distance = max(distance, abs(numbers[k, m] - basis[k, m]))
      }
    }
    guard distance <= Self.mismatch, abs(abs(basis.determinant) - 1) < 0.5 else {
      throw Failure.everywhere(
        .input,
        "the box at strain \(frame.strain.shown) is not that at strain \(strain.shown), deformed by the difference: "
          + "its edges are off by \(distance.shown) of an edge")
    }
    return basis
  }

  /// Gives the particles the image numbers of the same places in another basis of the lattice.
  private func changeImages(to basis: Tensor) {
    let inverse = basis.inverse.transposed
    for i in 0..<ownedCount {
      var image = Vector.zero
      for k in 0..<dimension { image[k] = Double(columns.images[3 * i + k]) }
      let changed = inverse * image
      for k in 0..<dimension { columns.images[3 * i + k] = Int32(changed[k].rounded()) }
    }
  }

  /// Returns the fixed-point position and the image numbers of each particle that this rank has of a frame.
  private func words(of frame: Snapshot) throws -> [Int64] {
    let table = frame.particles
    var words: [Int64] = []
    words.reserveCapacity(table.count * 2 * dimension)
    for i in 0..<table.count {
      let (position, away) = try place(of: i, in: table, quantum: frame.quantum)
      for k in 0..<dimension { words.append(position[k]) }
      for k in 0..<dimension {
        words.append(Int64(away[k] + (table.images.isEmpty ? 0 : table.images[i * dimension + k])))
      }
    }
    return words
  }
}
