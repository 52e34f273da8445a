import Geometry
import Interactions

/// The bonds of all particles that are free in some cavity of this rank, with the derivatives of the pair energy to
/// fourth order. They are computed once and used by all cavities.
///
/// The ends of a particle are in the order of the partners' identifiers, so that sums over them
/// have the same bits on any rank.
final class CopyBonds {
  let dimension: Int
  /// First end of each copy; one more entry than copies. Copies that are free in no cavity have no ends, and nor have
  /// all but the first copy of a particle.
  private let firstEnd = AlignedBuffer<Int32>()
  /// First copy of the partner of each end.
  let partner = AlignedBuffer<Int32>()
  /// Bond vector x_j − x_i, `dimension` numbers per end.
  let vector = AlignedBuffer<Double>()
  /// Derivatives of φ with respect to r²/2, first to fourth, four numbers per end.
  let derivatives = AlignedBuffer<Double>()
  /// Whether a copy is a rattler that was not excluded from the beginning. Rattlers are never free.
  private let isRattler: [Bool]
  private(set) var endCount = 0
  /// Largest φ'' of all bonds.
  private(set) var largestStiffness = 0.0

  /// Lists the bonds.
  /// - Parameter complete: for each first copy of a particle that is free in some cavity, a copy of it around which
  ///   no neighbour is missing; −1 for other copies.
  init(_ surroundings: Surroundings, _ interaction: PairInteraction, largestCutoff: Double, complete: [Int32]) {
    let d = surroundings.dimension
    dimension = d
    var isRattler = [Bool](repeating: false, count: surroundings.count)
    firstEnd.reserve(exactly: surroundings.count + 1)
    var found: [(id: Int64, partner: Int32, vector: Vector, parameter: Double)] = []
    var count = 0
    let particles = complete.count { $0 >= 0 }
    var done = 0
    for i in 0..<surroundings.count {
      firstEnd[i] = Int32(count)
      guard complete[i] >= 0 else { continue }
      let own = surroundings.parameter(i)
      found.removeAll(keepingCapacity: true)
      let squaredCutoff = largestCutoff * largestCutoff
      surroundings.forEach(near: surroundings.position(Int(complete[i])), range: largestCutoff) { j, x in
        let squared = x.squaredLength
        guard squared < squaredCutoff, squared > 0 else { return }
        let other = surroundings.parameter(j)
        let cutoff = interaction.cutoff(own, other)
        guard squared < cutoff * cutoff else { return }
        let id = surroundings.ids[j]
        var place = found.count
        while place > 0 && Self.precedes(id, x, found[place - 1].id, found[place - 1].vector) { place -= 1 }
        found.insert((id, surroundings.identity[j], x, other), at: place)
      }
      if count + found.count > partner.capacity {
        // Reserve room for all bonds, extrapolated from those so far, since large buffers should not be copied often.
        let mean = Double(count + found.count) / Double(done + 1)
        let room = count + found.count + Int(1.03 * mean * Double(particles - done)) + 64
        partner.reserve(exactly: room, keeping: count)
        vector.reserve(exactly: room * d, keeping: count * d)
        derivatives.reserve(exactly: room * 4, keeping: count * 4)
      }
      done += 1
      var pulls = false
      for end in found {
        let r = end.vector.length
        let pair = interaction.derivatives(r, own, end.parameter)
        let s = BondStiffness(pair, distance: r)
        partner[count] = end.partner
        for k in 0..<d { vector[count * d + k] = end.vector[k] }
        derivatives[4 * count] = s.first
        derivatives[4 * count + 1] = s.second
        derivatives[4 * count + 2] = s.third
        derivatives[4 * count + 3] = s.fourth
        if s.first > 0 { pulls = true }
        largestStiffness = max(largestStiffness, pair.second)
        count += 1
      }
      isRattler[i] = found.isEmpty || (found.count <= d && !pulls)
    }
    firstEnd[surroundings.count] = Int32(count)
    endCount = count
    self.isRattler = isRattler
  }

  /// Returns the order of two bonds. Bonds to two images of one particle are distinguished by their directions.
  private static func precedes(_ id: Int64, _ x: Vector, _ otherID: Int64, _ y: Vector) -> Bool {
    if id != otherID { return id < otherID }
    return x.x != y.x ? x.x < y.x : x.y != y.y ? x.y < y.y : x.z < y.z
  }

  @inline(__always) func ends(of copy: Int) -> Range<Int> { Int(firstEnd[copy])..<Int(firstEnd[copy + 1]) }

  func isRattler(_ copy: Int) -> Bool { isRattler[copy] }
}
