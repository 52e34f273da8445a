import Geometry

/// Pairs of particles as columns, evaluated several at a time: for small systems with lists of their own.
///
/// Columns are padded to whole lanes with pairs at zero distance, which contribute exactly nothing.
public final class PairColumns {
  public private(set) var count = 0
  /// Parameters of the two particles of each pair.
  public let a = AlignedBuffer<Double>()
  public let b = AlignedBuffer<Double>()
  /// Scale of each pair.
  let scale = AlignedBuffer<Double>()
  /// Squared distance r², to be set before an evaluation.
  public let squared = AlignedBuffer<Double>()
  /// Results φ, φ'/r and φ''/r² − φ'/r³, exactly zero beyond the cutoff.
  public let energy = AlignedBuffer<Double>()
  public let first = AlignedBuffer<Double>()
  public let second = AlignedBuffer<Double>()

  public init() {}

  var paddedCount: Int { (count + Lanes.count - 1) / Lanes.count * Lanes.count }

  /// Allocates `count` pairs, whose parameters have to be set then.
  public func resize(_ count: Int) {
    self.count = count
    let room = paddedCount
    for column in [a, b, scale, squared, energy, first, second] { column.reserve(room) }
    for k in count..<room {
      a[k] = 1
      b[k] = 1
      squared[k] = 0
    }
  }
}

/// Loops over columns of pairs.
public struct ColumnLoops {
  /// Computes the scales of pairs whose parameters are set.
  public let scale: (PairColumns) -> Void
  /// Computes φ'/r and φ''/r² − φ'/r³ of all pairs.
  public let stiffness: (PairColumns) -> Void
  /// Computes φ of all pairs.
  public let energy: (PairColumns) -> Void

  @inline(__always)
  init<Potential: PairPotential>(_ potential: Potential) {
    scale = { scaleColumns(potential, $0) }
    stiffness = { stiffnessOfColumns(potential, $0) }
    energy = { energyOfColumns(potential, $0) }
  }
}

/// Computes the scales from the parameters.
@inline(never)  // as findNeighbours
func scaleColumns<Potential: PairPotential>(_ potential: Potential, _ columns: PairColumns) {
  var k = 0
  while k < columns.paddedCount {
    potential.scale(Lanes(loading: columns.a.pointer + k), Lanes(loading: columns.b.pointer + k))
      .store(to: columns.scale.pointer + k)
    k += Lanes.count
  }
}

/// Computes `first` and `second` of all pairs.
@inline(never)
func stiffnessOfColumns<Potential: PairPotential>(_ potential: Potential, _ columns: PairColumns) {
  let (a, b, scale, squared) = (columns.a.pointer, columns.b.pointer, columns.scale.pointer, columns.squared.pointer)
  let (first, second) = (columns.first.pointer, columns.second.pointer)
  var k = 0
  while k < columns.paddedCount {
    let pair = potential.stiffness(
      potential.row(Lanes(loading: a + k)), Lanes(loading: b + k), Lanes(loading: scale + k),
      Lanes(loading: squared + k))
    pair.first.store(to: first + k)
    pair.second.store(to: second + k)
    k += Lanes.count
  }
}

/// Computes `energy` of all pairs.
@inline(never)
func energyOfColumns<Potential: PairPotential>(_ potential: Potential, _ columns: PairColumns) {
  let (a, b, scale, squared) = (columns.a.pointer, columns.b.pointer, columns.scale.pointer, columns.squared.pointer)
  let energy = columns.energy.pointer
  var k = 0
  while k < columns.paddedCount {
    potential.interaction(
      potential.row(Lanes(loading: a + k)), Lanes(loading: b + k), Lanes(loading: scale + k),
      Lanes(loading: squared + k)
    ).energy.store(to: energy + k)
    k += Lanes.count
  }
}
