import Checkpoints
import Geometry
import Interactions
import MessagePassing
import Particles

/// Self-overlap, the share of particles that are still near their reference position: Q(t) = ⟨θ(a − |u|)⟩ with a = 0.3,
/// where u is the displacement since the reference.
///
/// In two dimensions u is relative to the mean of the particle's neighbours at the reference, since long waves
/// carry whole cages along; in three dimensions it is relative to the centre of mass. A particle keeps its
/// identity when it exchanges its size.
final class SelfOverlap {
  /// Name in checkpoints.
  private static let key = "/reference"

  /// Distance a within which a particle counts as not having moved, in units of length.
  static let distance = 0.3

  let start: Int
  private let communicator: Communicator
  private let reference: ParticleSystem
  private let blocks: IdentifierBlocks
  /// Unwrapped positions at the reference, in its storage order, in units of length.
  private let origins: [Double]
  /// Neighbours at the reference; those of particle i are `neighbours[firsts[i] ..< firsts[i + 1]]`.
  private var neighbours: [Int32] = []
  private var firsts: [Int32] = [0]
  private let motion: ParticleField

  /// Takes the present configuration as reference. Collective.
  convenience init(_ particles: BlockedParticles, sweep: Int, skin: Double) throws {
    try self.init(particles.snapshot(), sweep: sweep, skin: skin, like: particles)
  }

  /// Restores the saved reference. Collective.
  convenience init(
    _ particles: BlockedParticles, skin: Double, resuming checkpoint: Checkpoint, as name: String
  ) throws {
    try self.init(
      try Snapshot(resuming: checkpoint, as: name + Self.key), sweep: try checkpoint.value(Int.self, of: name),
      skin: skin,
      like: particles)
  }

  /// Saves the reference. Collective.
  func save(to checkpoint: Checkpoint, as name: String) throws {
    try checkpoint.put(start, as: name)
    try reference.snapshot().save(to: checkpoint, as: name + Self.key)
  }

  private init(_ snapshot: Snapshot, sweep: Int, skin: Double, like particles: BlockedParticles) throws {
    start = sweep
    communicator = particles.communicator
    reference = try ParticleSystem(
      snapshot, interaction: particles.interaction, skin: skin, communicator: communicator)
    let d = reference.dimension
    blocks = try reference.identifierBlocks()
    let table = reference.snapshot().particles
    var origins: [Double] = []
    for i in 0..<table.count {
      var position = FixedVector()
      var image = SIMD3<Int32>()
      for k in 0..<d {
        position[k] = table.fixedPositions[d * i + k]
        image[k] = table.images[d * i + k]
      }
      let x = reference.cell.position(position &+ reference.cell.lattice(image))
      for k in 0..<d { origins.append(x[k]) }
    }
    self.origins = origins
    motion = reference.makeField(width: d)
    var lists = [[Int32]](repeating: [], count: reference.ownedCount)
    if d == 2 { reference.forEachNeighbourhood { i, found in lists[i] = found.map { Int32($0.0) } } }
    for list in lists {
      neighbours += list
      firsts.append(Int32(neighbours.count))
    }
  }

  /// Returns the present unwrapped positions in blocks of identifiers. Collective.
  private static func positions(_ particles: BlockedParticles) throws -> [Double] {
    let d = particles.cell.dimension
    let blocks = try IdentifierBlocks(
      ids: (0..<particles.ownedCount).map(particles.id), totalCount: particles.totalCount, over: particles.communicator)
    var column: [Double] = []
    column.reserveCapacity(particles.ownedCount * d)
    for i in 0..<particles.ownedCount {
      let x = particles.unwrapped(i)
      for k in 0..<d { column.append(x[k]) }
    }
    return try blocks.column(column, width: d)
  }

  /// Measures Q and the mean of u² at present. Collective.
  func measure(_ particles: BlockedParticles) throws -> (overlap: Double, squaredDisplacement: Double) {
    let d = reference.dimension
    let now = try blocks.values(ofColumn: try Self.positions(particles), width: d)
    for k in now.indices { motion.values[k] = now[k] - origins[k] }
    try reference.gather(motion)
    let n = Double(reference.totalCount)
    let common = d == 3 ? try reference.sum(ofField: motion.values, width: d).map { $0 / n } : [0, 0]
    var staying = 0
    var lengths = [Double](repeating: 0, count: reference.ownedCount)
    for i in 0..<reference.ownedCount {
      var u = Vector.zero
      for k in 0..<d { u[k] = motion.values[i * d + k] - common[k] }
      let cage = Int(firsts[i])..<Int(firsts[i + 1])
      if !cage.isEmpty {
        var mean = Vector.zero
        for c in cage { for k in 0..<d { mean[k] += motion.values[Int(neighbours[c]) * d + k] } }
        u -= mean / Double(cage.count)
      }
      lengths[i] = u.squaredLength
      if lengths[i] <= Self.distance * Self.distance { staying += 1 }
    }
    let squared = try reference.sums(1) { i, out in out[0] = lengths[i] }[0]
    return (Double(try communicator.reduce(staying, .sum)) / n, squared / n)
  }
}
