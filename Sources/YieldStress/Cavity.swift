import Geometry
import Interactions

/// The particles of one cavity that may move nonaffinely, ordered along x, and their bonds. One object is used for many
/// cavities, one after the other.
///
/// With a soft matrix, the particles of a shell around the cavity are free too, but tethered to their affine positions.
/// The stress remains that of the cavity.
final class Cavity {
  let surroundings: Surroundings
  let bonds: CopyBonds
  let shape: CavityShape
  /// Thickness of the shell; 0 for a rigid matrix.
  let shell: Double
  let volume: Double

  /// Number of free particles of the cavity and of the shell.
  private(set) var count = 0
  /// Number of free particles of the cavity proper.
  private(set) var coreCount = 0
  /// First copies of the free particles.
  private(set) var members: [Int] = []
  /// Position of each free particle relative to the centre.
  private(set) var places: [Vector] = []
  /// Whether each free particle belongs to the cavity, not to the shell.
  private(set) var isCore: [Bool] = []
  /// Number of a particle among the free ones, by its first copy; −1 for particles that are not free.
  private let slot: AlignedBuffer<Int32>

  /// A bond with at least one free end. Each bond is listed once.
  struct Bond {
    /// Number of its free end, at which the bond vector begins.
    var from: Int32
    /// Number of the free particle at the other end, higher than ``from``; −1 if that end is not free.
    var to: Int32
    /// Number of its end in ``CopyBonds``.
    var end: Int32
    /// Number of ends in the cavity, 0 … 2; 0 if only the shell contains ends.
    var coreEnds: Int32
  }
  private(set) var bondList: [Bond] = []

  private struct Candidate {
    var key: Int64
    var id: Int64
    var copy: Int32
    var isCore: Bool
    var place: Vector
  }
  private var candidates: [Candidate] = []

  var dimension: Int { surroundings.dimension }
  /// Number of unknowns: components of the free particles' displacements.
  var unknowns: Int { count * dimension }

  init(_ surroundings: Surroundings, _ bonds: CopyBonds, shape: CavityShape, shell: Double) {
    self.surroundings = surroundings
    self.bonds = bonds
    self.shape = shape
    self.shell = shell
    volume = shape.volume(dimension: surroundings.dimension)
    slot = AlignedBuffer(capacity: surroundings.count)
    slot.pointer.update(repeating: -1, count: surroundings.count)
  }

  /// Sets up the cavity around a centre.
  func fill(around centre: FixedVector) {
    for member in members { slot[member] = -1 }
    candidates.removeAll(keepingCapacity: true)
    let outer = shell > 0 ? shape.grown(by: shell) : shape
    surroundings.forEach(near: centre, range: outer.reach(dimension: dimension)) { copy, x in
      guard outer.contains(x) else { return }
      let first = Int(surroundings.identity[copy])
      if bonds.isRattler(first) { return }
      candidates.append(
        Candidate(
          key: surroundings.records[4 * copy] &- centre.x, id: surroundings.ids[copy], copy: Int32(first),
          isCore: shell == 0 || shape.contains(x), place: x))
    }
    // With particles ordered along an axis, the Hessian is a band with the width of a slice through the cavity.
    candidates.sort { $0.key != $1.key ? $0.key < $1.key : $0.id < $1.id }
    count = candidates.count
    coreCount = 0
    members.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    isCore.removeAll(keepingCapacity: true)
    for (k, candidate) in candidates.enumerated() {
      members.append(Int(candidate.copy))
      places.append(candidate.place)
      isCore.append(candidate.isCore)
      if candidate.isCore { coreCount += 1 }
      slot[Int(candidate.copy)] = Int32(k)
    }
    listBonds()
  }

  private func listBonds() {
    bondList.removeAll(keepingCapacity: true)
    let partner = bonds.partner.pointer
    for i in 0..<count {
      for end in bonds.ends(of: members[i]) {
        let j = slot[Int(partner[end])]
        // Each bond between free particles occurs at both of its ends.
        if j >= 0 && j <= Int32(i) { continue }
        let ends: Int32 = (isCore[i] ? 1 : 0) + (j >= 0 && isCore[Int(j)] ? 1 : 0)
        bondList.append(Bond(from: Int32(i), to: j, end: Int32(end), coreEnds: ends))
      }
    }
  }

  /// Returns the number of a particle among the free ones, by any of its copies; −1 if it is not free.
  @inline(__always) func freeNumber(ofCopy copy: Int) -> Int { Int(slot[Int(surroundings.identity[copy])]) }

  /// Calls `visit` with the copy of each free particle of the cavity proper.
  func forEachCoreMember(_ visit: (_ copy: Int) -> Void) {
    for k in 0..<count where isCore[k] { visit(members[k]) }
  }
}
