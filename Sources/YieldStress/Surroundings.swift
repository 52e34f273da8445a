import Geometry
import Interactions
import MessagePassing
import Particles

/// Copies of all particles within some distance of the points of this rank, whoever owns the particles, periodic images
/// included. The copies are binned, so that those near a place are found quickly.
///
/// The points of a rank lie together, so its copies are those of a box in fractions of the edges. Search
/// results do not depend on how points and particles are distributed over the ranks, except for the numbers
/// and the order of the copies.
final class Surroundings {
  let cell: Cell
  private(set) var count = 0
  /// Three coordinates of each copy in quanta, shifted to the image, and the bits of the potential's parameter.
  let records = AlignedBuffer<Int64>()
  let ids = AlignedBuffer<Int64>()
  /// Number of the first copy of the same particle, which may be the copy itself.
  let identity = AlignedBuffer<Int32>()

  // Bins in Cartesian coordinates, x fastest; the copies are sorted by bins.
  private var origin = Vector.zero
  private var inverseWidth = 1.0
  private var bins = SIMD3<Int>(1, 1, 1)
  private let firstOfBin = AlignedBuffer<Int32>()

  var dimension: Int { cell.dimension }

  /// Collects the copies. Collective.
  /// - Parameters:
  ///   - points: positions in quanta, in or near the cell.
  ///   - reach: distance from a point up to which all particles are copied.
  ///   - binWidth: most frequent distance of searches for neighbours.
  ///   - isAbsent: whether an owned particle is excluded.
  init(
    _ system: ParticleSystem, around points: [FixedVector], reach: Double, binWidth: Double, isAbsent: (Int) -> Bool
  ) throws {
    cell = system.cell
    let words = try Self.copies(of: system, around: points, reach: reach, isAbsent: isAbsent)
    count = words.count / Self.wordsPerCopy
    sort(words, binWidth: binWidth)
  }

  // MARK: Exchange

  private static let wordsPerCopy = 5

  /// Returns identifier, three coordinates and parameter of each copy; the copies of one particle follow each other.
  private static func copies(
    of system: ParticleSystem, around points: [FixedVector], reach: Double, isAbsent: (Int) -> Bool
  ) throws -> [Int64] {
    let communicator = system.communicator
    let cell = system.cell
    let d = cell.dimension
    // In fractions of the edges, a distance is at most its ratio to the width along each of them.
    var box = FractionBox()
    for point in points { box.include(cell.fractions(point)) }
    if !points.isEmpty { box.grow(by: reach / cell.widths) }
    let boxes: [Double] = try communicator.gather(box.numbers)

    var own: [(particle: Int, fractions: Vector, position: FixedVector)] = []
    own.reserveCapacity(system.ownedCount)
    var extent = FractionBox()
    for i in 0..<system.ownedCount where !isAbsent(i) {
      var position = system.fixedPosition(i)
      _ = cell.wrap(&position)
      let s = cell.fractions(position)
      own.append((i, s, position))
      extent.include(s)
    }
    var words: [Int64] = []
    var counts = [Int](repeating: 0, count: communicator.size)
    for rank in 0..<communicator.size {
      let wanted = FractionBox(boxes[(6 * rank)..<(6 * rank + 6)])
      let shifts = wanted.shifts(thatMeet: extent, dimension: d).map { shift in
        (
          offset: cell.lattice(shift), fractions: Vector(Double(shift.x), Double(shift.y), Double(shift.z))
        )
      }
      guard !shifts.isEmpty else { continue }
      for particle in own {
        for shift in shifts where wanted.contains(particle.fractions + shift.fractions, dimension: d) {
          let position = particle.position &+ shift.offset
          words.append(system.id(particle.particle))
          for k in 0..<3 { words.append(position[k]) }
          words.append(Int64(bitPattern: system.parameter(of: particle.particle).bitPattern))
          counts[rank] += 1
        }
      }
    }
    return try Exchange(communicator, sendCounts: counts).forward(words, width: wordsPerCopy)
  }

  // MARK: Bins

  private func sort(_ words: [Int64], binWidth: Double) {
    let w = Self.wordsPerCopy
    let quantum = cell.quantum
    func position(_ k: Int) -> Vector {
      Vector(Double(words[w * k + 1]) * quantum, Double(words[w * k + 2]) * quantum, Double(words[w * k + 3]) * quantum)
    }
    var lower = Vector(repeating: .infinity)
    var upper = Vector(repeating: -.infinity)
    for k in 0..<count {
      lower = pointwiseMin(lower, position(k))
      upper = pointwiseMax(upper, position(k))
    }
    origin = count == 0 ? .zero : lower
    let extent = count == 0 ? .zero : upper - lower
    inverseWidth = 1 / binWidth
    for k in 0..<dimension { bins[k] = Int(extent[k] * inverseWidth) + 1 }
    let binCount = bins.x * bins.y * bins.z
    firstOfBin.reserve(exactly: binCount + 1)
    for b in 0...binCount { firstOfBin[b] = 0 }
    var binOf = [Int32](repeating: 0, count: count)
    for k in 0..<count {
      let b = bin(of: position(k))
      binOf[k] = Int32(b.x + bins.x * (b.y + bins.y * b.z))
      firstOfBin[Int(binOf[k]) + 1] += 1
    }
    for b in 0..<binCount { firstOfBin[b + 1] += firstOfBin[b] }
    var next = (0..<binCount).map { firstOfBin[$0] }
    records.reserve(exactly: 4 * count)
    ids.reserve(exactly: count)
    identity.reserve(exactly: count)
    var first: Int32 = 0
    for k in 0..<count {
      let place = Int(next[Int(binOf[k])])
      next[Int(binOf[k])] += 1
      ids[place] = words[w * k]
      for c in 0..<4 { records[4 * place + c] = words[w * k + 1 + c] }
      if k == 0 || words[w * k] != words[w * (k - 1)] { first = Int32(place) }
      identity[place] = first
    }
  }

  @inline(__always) private func bin(of x: Vector) -> SIMD3<Int> {
    let s = (x - origin) * inverseWidth
    return SIMD3<Int>(
      min(max(Int(s.x), 0), bins.x - 1), min(max(Int(s.y), 0), bins.y - 1), min(max(Int(s.z), 0), bins.z - 1))
  }

  // MARK: Reading

  @inline(__always) func position(_ copy: Int) -> FixedVector {
    FixedVector(records[4 * copy], records[4 * copy + 1], records[4 * copy + 2])
  }

  @inline(__always) func parameter(_ copy: Int) -> Double {
    Double(bitPattern: UInt64(bitPattern: records[4 * copy + 3]))
  }

  /// Visits the copies in the bins within `range` of a place, with their displacement from it: all copies that are
  /// closer, and some that are farther.
  @inline(__always)
  func forEach(near place: FixedVector, range: Double, _ visit: (_ copy: Int, _ displacement: Vector) -> Void) {
    guard count > 0 else { return }
    let x = cell.position(place)
    // Coordinates are rounded when they are converted to numbers of bins.
    let margin = Vector(repeating: range * (1 + 1e-9))
    let lower = bin(of: x - margin)
    let upper = bin(of: x + margin)
    let quantum = cell.quantum
    let records = records.pointer
    for bz in lower.z...upper.z {
      for by in lower.y...upper.y {
        let row = bins.x * (by + bins.y * bz)
        for copy in Int(firstOfBin[row + lower.x])..<Int(firstOfBin[row + upper.x + 1]) {
          let r = records + 4 * copy
          visit(
            copy,
            Vector(
              Double(r[0] &- place.x) * quantum, Double(r[1] &- place.y) * quantum, Double(r[2] &- place.z) * quantum))
        }
      }
    }
  }

  /// Returns the copy closest to a place; of two at the same distance, the one with the lower identifier. Nil if there
  /// is none within `range`.
  func closest(to place: FixedVector, within range: Double) -> Int? {
    var best: (squared: Double, id: Int64, copy: Int)?
    // Most places have a particle nearby, so try a smaller range first.
    for reach in [range / 2, range] where best == nil {
      forEach(near: place, range: reach) { copy, x in
        let squared = x.squaredLength
        guard squared <= reach * reach else { return }
        if let found = best, (found.squared, found.id) <= (squared, ids[copy]) { return }
        best = (squared, ids[copy], copy)
      }
    }
    return best?.copy
  }
}

/// A box in fractions of the edges of a cell, which may extend beyond the cell.
private struct FractionBox {
  var lower = Vector(repeating: .infinity)
  var upper = Vector(repeating: -.infinity)

  init() {}
  init(_ numbers: ArraySlice<Double>) {
    let n = Array(numbers)
    lower = Vector(n[0], n[1], n[2])
    upper = Vector(n[3], n[4], n[5])
  }

  var numbers: [Double] { [lower.x, lower.y, lower.z, upper.x, upper.y, upper.z] }

  mutating func include(_ s: Vector) {
    lower = pointwiseMin(lower, s)
    upper = pointwiseMax(upper, s)
  }

  mutating func grow(by s: Vector) {
    // Fractions are rounded.
    lower -= s + Vector(repeating: 1e-9)
    upper += s + Vector(repeating: 1e-9)
  }

  func contains(_ s: Vector, dimension: Int) -> Bool {
    for k in 0..<dimension where s[k] < lower[k] || s[k] > upper[k] { return false }
    return true
  }

  /// Returns the shifts, in whole edges, by which a box in the cell can be moved so that it intersects this one.
  func shifts(thatMeet other: FractionBox, dimension: Int) -> [SIMD3<Int32>] {
    guard lower.x <= upper.x, other.lower.x <= other.upper.x else { return [] }
    var ranges = [ClosedRange<Int32>](repeating: 0...0, count: 3)
    for k in 0..<dimension {
      let first = Int32((lower[k] - other.upper[k]).rounded(.up))
      let last = Int32((upper[k] - other.lower[k]).rounded(.down))
      guard first <= last else { return [] }
      ranges[k] = first...last
    }
    return ranges[2].flatMap { z in ranges[1].flatMap { y in ranges[0].map { x in SIMD3<Int32>(x, y, z) } } }
  }
}
