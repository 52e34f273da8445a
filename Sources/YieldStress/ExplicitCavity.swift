import Geometry
import Interactions

/// The particles of a cavity and those around it at a finite strain: x = D(γ)X + w, where w vanishes outside of the
/// cavity. Forces, Hessian and minimisation over w; positions are kept relative to the centre.
final class ExplicitCavity {
  /// What a minimisation needs to know.
  struct Tolerances {
    /// Largest force component at rest.
    var force: Double
    /// The longest step that is taken without care, and in descents.
    var step: Double
  }

  private let interaction: PairInteraction
  private let largestCutoff: Double
  private let tolerances: Tolerances
  private let matrixStiffness: Double

  // The cavity at hand: free particles first, then those that only move affinely, and images of free ones.
  private(set) var freeCount = 0
  private var pointCount = 0
  private let reference = AlignedBuffer<Double>()
  private let position = AlignedBuffer<Double>()
  private let parameter = AlignedBuffer<Double>()
  /// The free particle that a point moves with; −1 for the matrix.
  private let owner = AlignedBuffer<Int32>()
  private var isCore: [Bool] = []
  private var volume = 1.0
  private let dimension: Int

  /// w, `dimension` numbers per free particle.
  let displacement = AlignedBuffer<Double>()
  private(set) var strain = 0.0
  private var generator = Tensor()
  private var map = Tensor.identity

  // Pairs within the cutoff plus a margin, each once, the first end free.
  private let pairs = PairColumns()
  private let ends = AlignedBuffer<Int32>()
  private let vector = AlignedBuffer<Double>()
  private let margin: Double
  /// Where the particles were when the pairs were listed, and how far the list lasts.
  private let listed = AlignedBuffer<Double>()
  private var listedStrain = Double.nan

  private let force = AlignedBuffer<Double>()
  private let step = AlignedBuffer<Double>()
  private let trial = AlignedBuffer<Double>()
  private let diagonal = AlignedBuffer<Double>()
  private let firstColumn = AlignedBuffer<Int32>()
  private let hessian = EnvelopeCholesky()
  private var hasFactor = false
  private var largestDiagonal = 0.0
  /// Since construction.
  private(set) var work = ShearingWork()

  /// How far a particle of the cavity may move nonaffinely; beyond, its neighbours may not be among the points.
  private let furthest: Double

  /// In d: pairs are listed up to this beyond their cutoff, and particles may move by so much.
  private static let listMargin = 0.4
  private static let furthest = 2.0

  init(
    _ interaction: PairInteraction, largestCutoff: Double, spacing: Double, tolerances: Tolerances,
    matrixStiffness: Double
  ) {
    self.interaction = interaction
    self.largestCutoff = largestCutoff
    self.tolerances = tolerances
    self.matrixStiffness = matrixStiffness
    dimension = interaction.dimension
    margin = Self.listMargin * spacing
    furthest = Self.furthest * spacing
  }

  /// How far from the free particles the matrix must be there, in the reference, for strains up to the given one.
  static func reach(_ generator: Tensor, largestStrain: Double, largestCutoff: Double, spacing: Double, dimension: Int)
    -> Double
  {
    // |X| ≤ ‖D⁻¹‖ |x|, for a pair in the list whose first end has moved by as much as it may.
    let shortest = [-1.0, 1.0].map {
      ($0 * largestStrain * generator).exponential.smallestSingularValue(dimension: dimension)
    }.min()!
    return (largestCutoff + (listMargin + furthest) * spacing) / shortest
  }

  // MARK: The state

  /// Takes over a cavity at rest.
  func load(_ cavity: Cavity, around centre: Int, reach: Double) {
    let d = dimension
    freeCount = cavity.count
    isCore = cavity.isCore
    volume = cavity.volume
    let surroundings = cavity.surroundings
    var others: [(key: Int64, id: Int64, copy: Int, place: Vector, owner: Int)] = []
    let place = surroundings.position(centre)
    let region = cavity.shape.grown(by: cavity.shell + reach)
    surroundings.forEach(near: place, range: region.reach(dimension: d)) { copy, x in
      guard region.contains(x) else { return }
      let free = cavity.freeNumber(ofCopy: copy)
      if free >= 0 && cavity.places[free] == x { return }
      others.append((surroundings.records[4 * copy] &- place.x, surroundings.ids[copy], copy, x, free))
    }
    others.sort { $0.key != $1.key ? $0.key < $1.key : $0.id < $1.id }
    pointCount = freeCount + others.count
    reference.reserve(pointCount * d)
    position.reserve(pointCount * d)
    parameter.reserve(pointCount)
    owner.reserve(pointCount)
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
    let room = (freeCount * d + 7) / 8 * 8
    for buffer in [displacement, force, step, trial, listed] {
      buffer.reserve(room)
      buffer.pointer.update(repeating: 0, count: room)
    }
  }

  /// Back to the reference, to be strained along a generator.
  func begin(along generator: Tensor) {
    self.generator = generator
    displacement.pointer.update(repeating: 0, count: freeCount * dimension)
    hasFactor = false
    listedStrain = .nan
    setStrain(0)
  }

  /// Moves all particles affinely; w stays.
  func setStrain(_ strain: Double) {
    self.strain = strain
    map = (strain * generator).exponential
    dimension == 2 ? place(Plane.self, freeCount..<pointCount) : place(Volume.self, freeCount..<pointCount)
  }

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

  // MARK: Pairs

  /// Whether all pairs within the cutoff are listed still.
  private func listIsGood() -> Bool {
    if listedStrain.isNaN { return false }
    var moved = 0.0
    for k in 0..<(freeCount * dimension) { moved = max(moved, abs(displacement[k] - listed[k])) }
    let affine = abs(strain - listedStrain) * (largestCutoff + margin) * generatorNorm
    return 2 * moved * Double(dimension).squareRoot() + affine < margin
  }

  private var generatorNorm: Double { (0..<3).map { generator[$0].squaredLength }.reduce(0, +).squareRoot() }

  @inline(never)
  private func listPairs<S: Space>(_ space: S.Type) {
    let d = S.dimension
    place(S.self, 0..<pointCount)
    var found: [(Int32, Int32)] = []
    let x = position.pointer
    let reach = (largestCutoff + margin) * (largestCutoff + margin)
    for i in 0..<freeCount {
      let own = SpaceVector<S>(x + i * d)
      for j in (i + 1)..<max(i + 1, pointCount) {
        let r = SpaceVector<S>(x + j * d) - own
        let squared = r.dot(r)
        if squared > reach { continue }
        // An image of a free particle: the pair is met a second time, at its other end.
        if j >= freeCount && owner[j] >= 0 && owner[j] <= Int32(i) { continue }
        let cutoff = interaction.cutoff(parameter[i], parameter[j]) + margin
        if squared < cutoff * cutoff { found.append((Int32(i), Int32(j))) }
      }
    }
    pairs.resize(found.count)
    ends.reserve(2 * found.count)
    vector.reserve(d * found.count)
    for (k, pair) in found.enumerated() {
      ends[2 * k] = pair.0
      ends[2 * k + 1] = pair.1
      pairs.a[k] = parameter[Int(pair.0)]
      pairs.b[k] = parameter[Int(pair.1)]
    }
    interaction.columns.scale(pairs)
    listed.pointer.update(from: displacement.pointer, count: freeCount * d)
    listedStrain = strain
  }

  // MARK: Forces

  /// Forces on the free particles; returns the largest component.
  private func evaluate() -> Double { dimension == 2 ? evaluate(Plane.self) : evaluate(Volume.self) }

  private func evaluate<S: Space>(_ space: S.Type) -> Double {
    if !listIsGood() { listPairs(S.self) }
    measurePairs(S.self)
    interaction.columns.stiffness(pairs)
    work.evaluations += 1
    return addForces(S.self)
  }

  /// Positions of the free particles and vectors of the pairs.
  @inline(never)
  private func measurePairs<S: Space>(_ space: S.Type) {
    let d = S.dimension
    place(S.self, 0..<freeCount)
    // Images of free particles move with them.
    for i in freeCount..<pointCount where owner[i] >= 0 { place(S.self, i..<(i + 1)) }
    let (x, ends, vector, squared) = (position.pointer, ends.pointer, vector.pointer, pairs.squared.pointer)
    for k in 0..<pairs.count {
      let r = SpaceVector<S>(x + Int(ends[2 * k + 1]) * d) - SpaceVector<S>(x + Int(ends[2 * k]) * d)
      vector[k * d] = r.x
      vector[k * d + 1] = r.y
      if d == 3 { vector[k * d + 2] = r.z }
      squared[k] = r.dot(r)
    }
  }

  @inline(never)
  private func addForces<S: Space>(_ space: S.Type) -> Double {
    let d = S.dimension
    let (f, w, ends, vector, first) = (
      force.pointer, displacement.pointer, ends.pointer, vector.pointer, pairs.first.pointer
    )
    f.update(repeating: 0, count: freeCount * d)
    for k in 0..<pairs.count {
      let pull = first[k] * SpaceVector<S>(vector + k * d)
      pull.add(to: f + Int(ends[2 * k]) * d)
      let j = Int(owner[Int(ends[2 * k + 1])])
      if j >= 0 { pull.subtract(from: f + j * d) }
    }
    if matrixStiffness > 0 {
      for i in 0..<freeCount where !isCore[i] {
        for c in 0..<d { f[i * d + c] -= matrixStiffness * w[i * d + c] }
      }
    }
    var largest = 0.0
    for k in 0..<(freeCount * d) { if !(abs(f[k]) <= largest) { largest = abs(f[k]).isNaN ? .infinity : abs(f[k]) } }
    return largest
  }

  /// The potential energy of the listed pairs and of the tethers, at the positions of the last evaluation.
  private func energy() -> Double {
    interaction.columns.energy(pairs)
    var sum = 0.0
    for k in 0..<pairs.count { sum += pairs.energy[k] }
    if matrixStiffness > 0 {
      for i in 0..<freeCount where !isCore[i] {
        for c in 0..<dimension {
          sum += 0.5 * matrixStiffness * displacement[i * dimension + c] * displacement[i * dimension + c]
        }
      }
    }
    return sum
  }

  /// σ:A of the cavity at the last evaluation, for the three weights in the order of ``StressWeight``; per volume of
  /// the reference.
  func stress() -> [Double] {
    var both = 0.0
    var one = 0.0
    for k in 0..<pairs.count {
      var r = Vector.zero
      for c in 0..<dimension { r[c] = vector[k * dimension + c] }
      let work = pairs.first[k] * r.dot(generator * r)
      let j = Int(owner[Int(ends[2 * k + 1])])
      switch (isCore[Int(ends[2 * k])], j >= 0 && isCore[j]) {
      case (true, true): both += work
      case (false, false): break
      default: one += work
      }
    }
    return StressWeight.allCases.map { (both + $0.share * one) / volume }
  }

  // MARK: Hessian

  /// H + shift·1, not factored yet.
  private func assemble(shift: Double) {
    dimension == 2 ? assemble(Plane.self, shift: shift) : assemble(Volume.self, shift: shift)
  }

  @inline(never)
  private func assemble<S: Space>(_ space: S.Type, shift: Double) {
    let d = S.dimension
    let (ends, vector, first, second) = (ends.pointer, vector.pointer, pairs.first.pointer, pairs.second.pointer)
    firstColumn.reserve(freeCount)
    for i in 0..<freeCount { firstColumn[i] = Int32(i) }
    for k in 0..<pairs.count where first[k] != 0 || second[k] != 0 {
      let j = Int(owner[Int(ends[2 * k + 1])])
      if j >= 0 { firstColumn[j] = min(firstColumn[j], ends[2 * k]) }
    }
    hessian.prepare(size: freeCount * d) { d * Int(firstColumn[$0 / d]) }
    let entries = d * d
    diagonal.reserve(freeCount * entries)
    diagonal.pointer.update(repeating: 0, count: freeCount * entries)
    for k in 0..<pairs.count where first[k] != 0 || second[k] != 0 {
      let i = Int(ends[2 * k])
      let j = Int(owner[Int(ends[2 * k + 1])])
      let x = vector + k * d
      for a in 0..<d {
        for b in 0..<d {
          let block = second[k] * x[a] * x[b] + (a == b ? first[k] : 0)
          diagonal[i * entries + a * d + b] += block
          if j >= 0 {
            diagonal[j * entries + a * d + b] += block
            hessian[j * d + a, i * d + b] -= block
          }
        }
      }
    }
    largestDiagonal = 0
    for i in 0..<freeCount {
      let tether = isCore[i] ? 0 : matrixStiffness
      for a in 0..<d {
        for b in 0...a { hessian[i * d + a, i * d + b] = diagonal[i * entries + a * d + b] }
        hessian[i * d + a, i * d + a] += shift + tether
        largestDiagonal = max(largestDiagonal, diagonal[i * entries + a * d + a])
      }
    }
    guard interaction.isContact else { return }
    // A particle that has lost its contacts is held by nothing, and in nobody's way.
    for k in 0..<(freeCount * d) { hessian[k, k] += Self.holdOfLoose * largestDiagonal }
  }

  /// The stiffness that holds a particle without contacts, in units of the largest on the diagonal.
  private static let holdOfLoose = 1e-9

  /// Factors H + shift·1 at the present positions; false where it is not positive definite.
  private func factor(shift: Double = 0) -> Bool {
    assemble(shift: shift)
    work.factorisations += 1
    hasFactor = hessian.factor(smallestPivot: 1e-12 * largestDiagonal) == nil
    return hasFactor
  }

  /// The Newton step of the last factorisation; returns its largest component.
  private func solveStep() -> Double {
    let n = freeCount * dimension
    step.pointer.update(repeating: 0, count: hessian.paddedSize)
    step.pointer.update(from: force.pointer, count: n)
    hessian.solve(step.pointer)
    var largest = 0.0
    for k in 0..<n { if !(abs(step[k]) <= largest) { largest = abs(step[k]).isNaN ? .infinity : abs(step[k]) } }
    return largest
  }

  private func move(by factor: Double) {
    for k in 0..<(freeCount * dimension) { displacement[k] += factor * step[k] }
  }

  // MARK: Minimisation

  /// Brings the free particles to rest at the present strain, along the branch that they are on while it exists. False
  /// where that fails.
  ///
  /// Newton's method, with one factorisation for as long as it reduces the forces quickly: between close strains the
  /// Hessian hardly changes. Where it is not positive definite or the steps are long, a careful descent takes over.
  func relax() -> Bool {
    var residual = evaluate()
    var stagnant = 0
    for _ in 0..<60 {
      if residual <= tolerances.force { return isWithinReach }
      var isFresh = false
      if !hasFactor {
        guard factor() else { return descend() }
        isFresh = true
      }
      if solveStep() > tolerances.step {
        guard !isFresh, factor(), solveStep() <= tolerances.step else { return descend() }
        isFresh = true
      }
      move(by: 1)
      let next = evaluate()
      if next > 0.2 * residual {
        if next < 20 * tolerances.force { stagnant += 1 }
        // The rounding of the forces has been reached.
        if stagnant > 3 { return isWithinReach }
        hasFactor = false
      }
      residual = next
    }
    return descend()
  }

  /// Newton steps with a shift that makes the Hessian positive definite, shortened until the energy falls.
  private func descend() -> Bool {
    var residual = evaluate()
    var shift = 0.0
    var energyNow = energy()
    let n = freeCount * dimension
    for _ in 0..<3000 {
      if residual <= tolerances.force && factor() { return isWithinReach }
      while !factor(shift: shift) {
        shift = max(10 * shift, 1e-4 * largestDiagonal)
        if shift > 1e6 * largestDiagonal { return false }
      }
      let length = solveStep()
      guard length.isFinite else { return false }
      var fraction = min(1, tolerances.step / length)
      trial.pointer.update(from: displacement.pointer, count: n)
      var accepted = false
      while fraction > 1e-10 {
        move(by: fraction)
        residual = evaluate()
        let next = energy()
        // At the bottom, energies differ by less than their rounding.
        if next <= energyNow + 1e-14 * abs(energyNow) {
          energyNow = next
          accepted = true
          break
        }
        displacement.pointer.update(from: trial.pointer, count: n)
        fraction *= 0.5
      }
      if !accepted {
        residual = evaluate()
        if residual < 100 * tolerances.force && shift == 0 { return isWithinReach }
        shift = max(10 * shift, 1e-4 * largestDiagonal)
        if shift > 1e6 * largestDiagonal { return false }
      } else {
        shift = shift > 1e-6 * largestDiagonal ? shift / 10 : 0
      }
      // The list may have changed, and with it what the energy adds up.
      energyNow = energy()
      hasFactor = false
    }
    return false
  }

  /// No particle is so far from its place that neighbours may be missing.
  private var isWithinReach: Bool {
    (0..<freeCount).allSatisfy { i in
      let square = (0..<dimension).reduce(0) {
        $0 + displacement[i * dimension + $1] * displacement[i * dimension + $1]
      }
      return square <= furthest * furthest
    }
  }
}
