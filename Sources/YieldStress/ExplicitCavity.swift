import Geometry
import Interactions

/// A cavity that is sheared explicitly: the forces on its free particles at a finite strain, their energy, the stress,
/// and the Newton steps that bring them to rest.
final class ExplicitCavity {
  /// The limits of a minimisation.
  struct Tolerances {
    /// Largest force component at rest.
    var force: Double
    /// Longest step, both of Newton's method before a descent takes over and in descents.
    var step: Double
  }

  let tolerances: Tolerances
  private let interaction: PairInteraction
  private let matrixStiffness: Double
  private let points: CavityPoints
  private let pairs: CavityPairs

  private let force = AlignedBuffer<Double>()
  private let step = AlignedBuffer<Double>()
  /// Buffer for the displacements before a step.
  let trial = AlignedBuffer<Double>()
  private let hessian = CavityHessian()
  /// Whether the last factorisation succeeded and may still be used.
  var hasFactor = false
  /// Work since construction.
  private(set) var work = ShearingWork()

  /// Largest nonaffine displacement of a particle of the cavity. Beyond it, neighbours may be missing among the points.
  private let furthest: Double

  /// Margin of the list of pairs beyond their cutoff, and largest displacement of particles, in units of d.
  private static let listMargin = 0.4
  private static let furthest = 2.0

  var freeCount: Int { points.freeCount }
  /// Number of components of a displacement field.
  var unknowns: Int { points.unknowns }
  /// Nonaffine displacements w of the free particles.
  var displacement: AlignedBuffer<Double> { points.displacement }
  /// Largest entry on the diagonal of the Hessian that was assembled last.
  var largestDiagonal: Double { hessian.largestDiagonal }
  private var dimension: Int { points.dimension }

  init(
    _ interaction: PairInteraction, largestCutoff: Double, spacing: Double, tolerances: Tolerances,
    matrixStiffness: Double
  ) {
    self.interaction = interaction
    self.tolerances = tolerances
    self.matrixStiffness = matrixStiffness
    points = CavityPoints(dimension: interaction.dimension)
    pairs = CavityPairs(
      interaction, points, largestCutoff: largestCutoff, margin: Self.listMargin * spacing)
    furthest = Self.furthest * spacing
  }

  /// Returns the distance from the free particles, in the reference state, within which the matrix is needed for
  /// strains up to the given one.
  static func reach(_ generator: Tensor, largestStrain: Double, largestCutoff: Double, spacing: Double, dimension: Int)
    -> Double
  {
    // |X| ≤ ‖D⁻¹‖ |x|, for a listed pair whose first end has the largest displacement.
    let shortest = [-1.0, 1.0].map {
      ($0 * largestStrain * generator).exponential.smallestSingularValue(dimension: dimension)
    }.min()!
    return (largestCutoff + (listMargin + furthest) * spacing) / shortest
  }

  // MARK: The state

  /// Loads a cavity at rest.
  func load(_ cavity: Cavity, around centre: FixedVector, reach: Double) {
    points.load(cavity, around: centre, reach: reach)
    let room = points.paddedUnknowns
    for buffer in [force, step, trial] {
      buffer.reserve(room)
      buffer.pointer.update(repeating: 0, count: room)
    }
  }

  /// Returns to the reference state, to be strained along a generator.
  func begin(along generator: Tensor) {
    points.begin(along: generator)
    hasFactor = false
    pairs.clear()
  }

  /// Moves all particles affinely; w is unchanged.
  func setStrain(_ strain: Double) { points.setStrain(strain) }

  /// Whether all particles are so close to their affine positions that no neighbours can be missing.
  var isWithinReach: Bool {
    (0..<freeCount).allSatisfy { i in
      let square = (0..<dimension).reduce(0) {
        $0 + displacement[i * dimension + $1] * displacement[i * dimension + $1]
      }
      return square <= furthest * furthest
    }
  }

  // MARK: Forces

  /// Computes the forces on the free particles and returns the largest component.
  func evaluate() -> Double { dimension == 2 ? evaluate(Plane.self) : evaluate(Volume.self) }

  private func evaluate<S: Space>(_ space: S.Type) -> Double {
    pairs.update(S.self)
    interaction.columns.stiffness(pairs.columns)
    work.evaluations += 1
    return addForces(S.self)
  }

  @inline(never)
  private func addForces<S: Space>(_ space: S.Type) -> Double {
    let d = S.dimension
    let (f, w, ends, owner) = (force.pointer, displacement.pointer, pairs.ends.pointer, points.owner.pointer)
    let (vector, first) = (pairs.vector.pointer, pairs.columns.first.pointer)
    f.update(repeating: 0, count: freeCount * d)
    for k in 0..<pairs.count {
      let pull = first[k] * SpaceVector<S>(vector + k * d)
      pull.add(to: f + Int(ends[2 * k]) * d)
      let j = Int(owner[Int(ends[2 * k + 1])])
      if j >= 0 { pull.subtract(from: f + j * d) }
    }
    if matrixStiffness > 0 {
      for i in 0..<freeCount where !points.isCore[i] {
        for c in 0..<d { f[i * d + c] -= matrixStiffness * w[i * d + c] }
      }
    }
    return largestComponent(of: force)
  }

  /// Returns the largest component of a field in magnitude; infinite if any is not a number.
  private func largestComponent(of field: AlignedBuffer<Double>) -> Double {
    var largest = 0.0
    for k in 0..<unknowns {
      if !(abs(field[k]) <= largest) { largest = abs(field[k]).isNaN ? .infinity : abs(field[k]) }
    }
    return largest
  }

  /// Returns the potential energy of the listed pairs and of the tethers, at the positions of the last evaluation.
  func energy() -> Double {
    interaction.columns.energy(pairs.columns)
    var sum = 0.0
    for k in 0..<pairs.count { sum += pairs.columns.energy[k] }
    if matrixStiffness > 0 {
      for i in 0..<freeCount where !points.isCore[i] {
        for c in 0..<dimension {
          sum += 0.5 * matrixStiffness * displacement[i * dimension + c] * displacement[i * dimension + c]
        }
      }
    }
    return sum
  }

  /// Returns σ:A of the cavity at the last evaluation, per reference volume, for the three weights in
  /// the order of ``StressWeight``.
  func stress() -> [Double] {
    var both = 0.0
    var one = 0.0
    for k in 0..<pairs.count {
      var r = Vector.zero
      for c in 0..<dimension { r[c] = pairs.vector[k * dimension + c] }
      let work = pairs.columns.first[k] * r.dot(points.generator * r)
      let j = pairs.other(k)
      switch (points.isCore[Int(pairs.ends[2 * k])], j >= 0 && points.isCore[j]) {
      case (true, true): both += work
      case (false, false): break
      default: one += work
      }
    }
    return StressWeight.allCases.map { (both + $0.share * one) / points.volume }
  }

  // MARK: Newton steps

  /// Factors H + shift·1 at the present positions. Returns false if it is not positive definite.
  func factor(shift: Double = 0) -> Bool {
    dimension == 2 ? assemble(Plane.self, shift: shift) : assemble(Volume.self, shift: shift)
    work.factorisations += 1
    hasFactor = hessian.factor()
    return hasFactor
  }

  @inline(never)
  private func assemble<S: Space>(_ space: S.Type, shift: Double) {
    let d = S.dimension
    let (ends, owner, vector) = (pairs.ends.pointer, points.owner.pointer, pairs.vector.pointer)
    let (first, second) = (pairs.columns.first.pointer, pairs.columns.second.pointer)
    hessian.assemble(S.self, count: freeCount, bondCount: pairs.count) { k in
      first[k] == 0 && second[k] == 0
        ? nil
        : CavityHessian.Bond(
          from: Int(ends[2 * k]), to: Int(owner[Int(ends[2 * k + 1])]), vector: UnsafePointer(vector + k * d),
          first: first[k], second: second[k])
    } hold: { i in
      shift + (points.isCore[i] ? 0 : matrixStiffness)
    }
    guard interaction.isContact else { return }
    // A particle without contacts has no stiffness, and does not affect others, so a weak spring may hold it.
    for k in 0..<unknowns { hessian.matrix[k, k] += Self.holdOfLoose * largestDiagonal }
  }

  /// Stiffness of the spring that holds a particle without contacts, relative to the largest entry on the diagonal.
  private static let holdOfLoose = 1e-9

  /// Computes the Newton step from the last factorisation and returns its largest component.
  func solveStep() -> Double {
    step.pointer.update(repeating: 0, count: hessian.matrix.paddedSize)
    step.pointer.update(from: force.pointer, count: unknowns)
    hessian.matrix.solve(step.pointer)
    return largestComponent(of: step)
  }

  /// Moves the free particles by a fraction of the step.
  func move(by factor: Double) {
    for k in 0..<unknowns { displacement[k] += factor * step[k] }
  }
}
