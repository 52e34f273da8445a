import Geometry
import Interactions

/// The pairs of the points of a cavity within the cutoff plus a margin. Each pair is listed once, and its first end is
/// free. The list is rebuilt when particles have moved too far.
final class CavityPairs {
  private let interaction: PairInteraction
  private let points: CavityPoints
  private let largestCutoff: Double
  private let margin: Double
  /// Numbers of the points at both ends of each pair.
  let ends = AlignedBuffer<Int32>()
  /// Vector from the first end to the other, `dimension` numbers per pair.
  let vector = AlignedBuffer<Double>()
  let columns = PairColumns()
  /// Displacements and strain for which the pairs were listed.
  private let listed = AlignedBuffer<Double>()
  private var listedStrain = Double.nan

  var count: Int { columns.count }

  init(_ interaction: PairInteraction, _ points: CavityPoints, largestCutoff: Double, margin: Double) {
    self.interaction = interaction
    self.points = points
    self.largestCutoff = largestCutoff
    self.margin = margin
  }

  /// Discards the list.
  func clear() { listedStrain = .nan }

  /// Returns the free particle at the second end of a pair; −1 if that end is not free.
  @inline(__always) func other(_ k: Int) -> Int { Int(points.owner[Int(ends[2 * k + 1])]) }

  /// Rebuilds the list if necessary, and updates vectors and distances.
  func update<S: Space>(_ space: S.Type) {
    if !isComplete() { list(S.self) }
    measure(S.self)
  }

  /// Returns whether all pairs within the cutoff are still listed.
  private func isComplete() -> Bool {
    if listedStrain.isNaN { return false }
    var moved = 0.0
    for k in 0..<points.unknowns { moved = max(moved, abs(points.displacement[k] - listed[k])) }
    let affine = abs(points.strain - listedStrain) * (largestCutoff + margin) * generatorNorm
    return 2 * moved * Double(points.dimension).squareRoot() + affine < margin
  }

  private var generatorNorm: Double { (0..<3).map { points.generator[$0].squaredLength }.reduce(0, +).squareRoot() }

  @inline(never)
  private func list<S: Space>(_ space: S.Type) {
    let d = S.dimension
    points.placeAll(S.self)
    var found: [(Int32, Int32)] = []
    let (x, owner, parameter) = (points.position.pointer, points.owner.pointer, points.parameter.pointer)
    let (freeCount, pointCount) = (points.freeCount, points.count)
    let reach = (largestCutoff + margin) * (largestCutoff + margin)
    for i in 0..<freeCount {
      let own = SpaceVector<S>(x + i * d)
      for j in (i + 1)..<max(i + 1, pointCount) {
        let r = SpaceVector<S>(x + j * d) - own
        let squared = r.dot(r)
        if squared > reach { continue }
        // For an image of a free particle, the pair also occurs at its other end.
        if j >= freeCount && owner[j] >= 0 && owner[j] <= Int32(i) { continue }
        let cutoff = interaction.cutoff(parameter[i], parameter[j]) + margin
        if squared < cutoff * cutoff { found.append((Int32(i), Int32(j))) }
      }
    }
    columns.resize(found.count)
    ends.reserve(2 * found.count)
    vector.reserve(d * found.count)
    for (k, pair) in found.enumerated() {
      ends[2 * k] = pair.0
      ends[2 * k + 1] = pair.1
      columns.a[k] = parameter[Int(pair.0)]
      columns.b[k] = parameter[Int(pair.1)]
    }
    interaction.columns.scale(columns)
    listed.reserve(points.unknowns)
    listed.pointer.update(from: points.displacement.pointer, count: points.unknowns)
    listedStrain = points.strain
  }

  @inline(never)
  private func measure<S: Space>(_ space: S.Type) {
    let d = S.dimension
    points.placeFree(S.self)
    let (x, ends, vector, squared) = (
      points.position.pointer, ends.pointer, vector.pointer, columns.squared.pointer
    )
    for k in 0..<columns.count {
      let r = SpaceVector<S>(x + Int(ends[2 * k + 1]) * d) - SpaceVector<S>(x + Int(ends[2 * k]) * d)
      vector[k * d] = r.x
      vector[k * d + 1] = r.y
      if d == 3 { vector[k * d + 2] = r.z }
      squared[k] = r.dot(r)
    }
  }
}
