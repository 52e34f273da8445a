import Geometry
import Interactions

/// The particles of a cavity and those around it at a finite strain: x = D(γ)X + w, where w vanishes outside of the
/// cavity. Positions are relative to the centre.
final class CavityPoints {
  let dimension: Int
  /// Number of free particles. They come first, then points that only move affinely, and images of free ones.
  private(set) var freeCount = 0
  private(set) var count = 0
  private let reference = AlignedBuffer<Double>()
  let position = AlignedBuffer<Double>()
  let parameter = AlignedBuffer<Double>()
  /// Number of the free particle with which a point moves; −1 for the matrix.
  let owner = AlignedBuffer<Int32>()
  /// Whether each free particle belongs to the cavity, not to its shell.
  private(set) var isCore: [Bool] = []
  private(set) var volume = 1.0

  /// Nonaffine displacement w, `dimension` numbers per free particle.
  let displacement = AlignedBuffer<Double>()
  private(set) var strain = 0.0
  private(set) var generator = Tensor()
  private var map = Tensor.identity

  /// Number of components of a displacement field.
  var unknowns: Int { freeCount * dimension }
  /// Number of components, padded to whole vectors.
  var paddedUnknowns: Int { (unknowns + 7) / 8 * 8 }

  init(dimension: Int) { self.dimension = dimension }

  /// Loads a cavity at rest, with all particles within `reach` of it.
  func load(_ cavity: Cavity, around centre: FixedVector, reach: Double) {
    let d = dimension
    freeCount = cavity.count
    isCore = cavity.isCore
    volume = cavity.volume
    let surroundings = cavity.surroundings
    var others: [(key: Int64, id: Int64, copy: Int, place: Vector, owner: Int)] = []
    let region = cavity.shape.grown(by: cavity.shell + reach)
    surroundings.forEach(near: centre, range: region.reach(dimension: d)) { copy, x in
      guard region.contains(x) else { return }
      let free = cavity.freeNumber(ofCopy: copy)
      if free >= 0 && cavity.places[free] == x { return }
      others.append((surroundings.records[4 * copy] &- centre.x, surroundings.ids[copy], copy, x, free))
    }
    others.sort { $0.key != $1.key ? $0.key < $1.key : $0.id < $1.id }
    count = freeCount + others.count
    reference.reserve(count * d)
    position.reserve(count * d)
    parameter.reserve(count)
    owner.reserve(count)
    for i in 0..<freeCount {
      for k in 0..<d { reference[i * d + k] = cavity.places[i][k] }
      parameter[i] = surroundings.parameter(cavity.members[i])
      owner[i] = Int32(i)
    }
    for (n, other) in others.enumerated() {
      let i = freeCount + n
      for k in 0..<d { reference[i * d + k] = other.place[k] }
      parameter[i] = surroundings.parameter(other.copy)
      owner[i] = Int32(other.owner)
    }
    displacement.reserve(paddedUnknowns)
    displacement.pointer.update(repeating: 0, count: paddedUnknowns)
  }

  /// Returns to the reference state, to be strained along a generator.
  func begin(along generator: Tensor) {
    self.generator = generator
    displacement.pointer.update(repeating: 0, count: unknowns)
    setStrain(0)
  }

  /// Moves all particles affinely; w is unchanged.
  func setStrain(_ strain: Double) {
    self.strain = strain
    map = (strain * generator).exponential
    dimension == 2 ? place(Plane.self, freeCount..<count) : place(Volume.self, freeCount..<count)
  }

  /// Updates the positions of the free particles from w, and of their images, which move with them.
  @inline(__always)
  func placeFree<S: Space>(_ space: S.Type) {
    place(S.self, 0..<freeCount)
    for i in freeCount..<count where owner[i] >= 0 { place(S.self, i..<(i + 1)) }
  }

  /// Updates all positions.
  func placeAll<S: Space>(_ space: S.Type) { place(S.self, 0..<count) }

  @inline(never)
  private func place<S: Space>(_ space: S.Type, _ points: Range<Int>) {
    let d = S.dimension
    let m = SpaceMatrix<S>(map)
    let (x, reference, w) = (position.pointer, reference.pointer, displacement.pointer)
    for i in points {
      var p = m * SpaceVector<S>(reference + i * d)
      let free = Int(owner[i])
      if free >= 0 { p = p + SpaceVector<S>(w + free * d) }
      x[i * d] = p.x
      x[i * d + 1] = p.y
      if d == 3 { x[i * d + 2] = p.z }
    }
  }
}
