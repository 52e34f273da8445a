import Dispatch
import Geometry
import Interactions
import MessagePassing

/// Energy and stress of the whole configuration, or of the region to which a system is confined and its rim.
public struct Totals: Equatable, Sendable {
  /// Potential energy Σ φ over all pairs, in ε.
  public var energy: Double
  /// Stress σ = (1/V) Σ (φ'/r) x⊗x, tension positive.
  public var stress: Tensor
  /// Pressure P = −Tr σ / dimension.
  public var pressure: Double
}

extension ParticleSystem {
  /// Quantities that a force evaluation computes.
  public enum Output {
    case forces, forcesEnergyAndStress
    /// Forces; the shares of V σ_ab of the particles are added to a field of one number per particle.
    case forcesAddingShear(ParticleField, plane: (Int, Int))
  }

  /// Computes the forces at the present positions, and first lists the neighbours again if any particle has moved by
  /// more than half the skin since they were last listed. Collective.
  /// - Parameter travel: a length that no particle of this rank has moved further than since the last evaluation,
  ///   against the affine motion of the box, where that is known. It spares looking at the positions.
  public func evaluate(_ output: Output = .forces, travel: Double = .infinity) throws {
    if try movedBeyondSkin(travel) {
      try rebuild()
    } else {
      try halo.gatherRecords(columns.records.pointer, ownedCount: ownedCount, cell: cell)
    }
    reserveForces()
    switch output {
    case .forces: interaction.forces.alone(arrays, activeList)
    case .forcesEnergyAndStress: interaction.forces.withEnergyAndStress(arrays, activeList)
    case .forcesAddingShear(let field, let plane):
      interaction.forces.addingShear(arrays, activeList, field.values, plane.0 + plane.1 - 1)
    }
    if let region { statistics.regionalRows += region.listedCount } else { statistics.evaluations += 1 }
    onEvaluation?(statistics)
  }

  /// Neighbours of the particles that are worked on.
  var activeList: NeighbourList { region?.list ?? list }

  var arrays: ParticleArrays {
    ParticleArrays(
      records: columns.records.pointer, quantum: cell.quantum, forces: evaluated.forces.pointer,
      contributions: evaluated.contributions.pointer)
  }

  /// Whether any particle has moved so far that a pair may be missing in the lists; the same on all ranks. Collective.
  private func movedBeyondSkin(_ travel: Double) throws -> Bool {
    let reach = sinceListing.reach(cutoff: largestCutoff, skin: skin, dimension: dimension)
    sinceListing.travel += travel
    if travel < .infinity, try communicator.reduce(sinceListing.travel, .maximum) <= reach { return false }
    let largest = try communicator.reduce(squareOfLargestMotion(), .maximum)
    sinceListing.travel = largest.squareRoot()
    return reach <= 0 || largest > reach * reach
  }

  private func squareOfLargestMotion() -> Double {
    var largest = 0.0
    if sinceListing.isDeformed {
      for i in 0..<ownedCount { largest = max(largest, motionSinceListing(i).squaredLength) }
      return largest
    }
    let quantum = cell.quantum
    let now = columns.records.pointer
    let then = columns.reference.pointer
    for run in runs {
      if dimension == 2 {
        for i in run {
          let x = Double(now[4 * i] &- then[3 * i]) * quantum
          let y = Double(now[4 * i + 1] &- then[3 * i + 1]) * quantum
          largest = max(largest, x * x + y * y)
        }
      } else {
        for i in run {
          let x = Double(now[4 * i] &- then[3 * i]) * quantum
          let y = Double(now[4 * i + 1] &- then[3 * i + 1]) * quantum
          let z = Double(now[4 * i + 2] &- then[3 * i + 2]) * quantum
          largest = max(largest, x * x + y * y + z * z)
        }
      }
    }
    return largest
  }

  // MARK: Sums with the same bits on any number of ranks

  /// Sums `count` quantities over the particles: `terms(i, out)` computes them together for
  /// owned particle i. Collective.
  public func sums(
    _ count: Int, _ terms: (_ particle: Int, _ out: UnsafeMutablePointer<Double>) -> Void
  ) throws -> [Double] {
    try sums(count, over: working.cells, terms)
  }

  private func sums(
    _ count: Int, over cells: [Int32], _ terms: (_ particle: Int, _ out: UnsafeMutablePointer<Double>) -> Void
  ) throws -> [Double] {
    let started = DispatchTime.now()
    let accumulators = ExactSums(count: count)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * count) { buffer in
      let out = buffer.baseAddress!
      let partial = out + count
      for cell in cells {
        let range = particles(ofCell: Int(cell))
        if range.isEmpty { continue }
        for k in 0..<count { partial[k] = 0 }
        for i in range {
          terms(i, out)
          for k in 0..<count { partial[k] += out[k] }
        }
        for k in 0..<count { accumulators.add(partial[k], to: k) }
      }
    }
    return try finish(accumulators, started)
  }

  /// Returns the scalar products of pairs of fields of `width` numbers per particle. Collective.
  public func dots(
    _ pairs: [(UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>)], width: Int
  ) throws -> [Double] {
    let started = DispatchTime.now()
    let accumulators = ExactSums(count: pairs.count)
    for (k, pair) in pairs.enumerated() {
      let (a, b) = pair
      for cell in working.cells {
        let c = Int(cell)
        let range = Int(cellStarts[c]) * width..<Int(cellStarts[c + 1]) * width
        var partial = 0.0
        for i in range { partial += a[i] * b[i] }
        accumulators.add(partial, to: k)
      }
    }
    return try finish(accumulators, started)
  }

  private func finish(_ accumulators: ExactSums, _ started: DispatchTime) throws -> [Double] {
    let totals = try accumulators.reduce(over: communicator)
    statistics.sumSeconds += Double(DispatchTime.now().uptimeNanoseconds - started.uptimeNanoseconds) * 1e-9
    return totals
  }

  /// Returns the sum of a field over all particles, component by component. Collective.
  public func sum(ofField values: UnsafeMutablePointer<Double>, width: Int) throws -> [Double] {
    try sums(width) { i, out in for k in 0..<width { out[k] = values[i * width + k] } }
  }

  public func dot(_ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>) throws -> Double {
    try dots([(a, b)], width: dimension)[0]
  }

  /// Returns energy and stress of the last evaluation, which must have computed them. Collective.
  public func totals() throws -> Totals {
    let stride = ParticleArrays.contributionStride(dimension: dimension)
    let shares = evaluated.contributions.pointer
    let s = try sums(stride, over: region?.listedCells ?? working.cells) { i, out in
      for k in 0..<stride { out[k] = shares[i * stride + k] }
    }
    let stress = (1 / cell.volume) * Self.symmetric(s.dropFirst(), dimension)
    return Totals(energy: s[0], stress: stress, pressure: -stress.trace / Double(dimension))
  }

  /// Returns the symmetric tensor with the components xx, yy, xy or xx, yy, zz, xy, xz, yz.
  static func symmetric<Components: Collection<Double>>(_ components: Components, _ dimension: Int) -> Tensor {
    let c = Array(components)
    return dimension == 2
      ? Tensor([[c[0], c[2]], [c[2], c[1]]])
      : Tensor([[c[0], c[3], c[4]], [c[3], c[1], c[5]], [c[4], c[5], c[2]]])
  }

  /// Returns the energy ½ Σ φ of owned particle `i` at the last evaluation.
  public func energy(of i: Int) -> Double {
    evaluated.contributions[i * ParticleArrays.contributionStride(dimension: dimension)]
  }

  /// Returns the share ½ Σ (φ'/r) x⊗x of owned particle `i` in V σ at the last evaluation.
  public func stressShare(of i: Int) -> Tensor {
    let stride = ParticleArrays.contributionStride(dimension: dimension)
    return Self.symmetric((1..<stride).map { evaluated.contributions[i * stride + $0] }, dimension)
  }

  /// Returns the component of ``stressShare(of:)`` in a plane of two axes.
  @inline(__always) public func stressShare(of i: Int, _ a: Int, _ b: Int) -> Double {
    let stride = ParticleArrays.contributionStride(dimension: dimension)
    return evaluated.contributions[i * stride + (dimension == 2 ? 3 : 3 + a + b)]
  }

  /// Shares of the owned particles at the last evaluation, ``shareWidth`` numbers for each, for loops over all of them:
  /// its energy, then its share of V σ as xx, yy, xy or xx, yy, zz, xy, xz, yz.
  public var shares: UnsafePointer<Double> { UnsafePointer(evaluated.contributions.pointer) }
  public var shareWidth: Int { ParticleArrays.contributionStride(dimension: dimension) }

  /// Returns the largest magnitude of a component of a field, over all ranks; infinite if any component
  /// is not a number. Collective.
  public func largestComponent(_ values: UnsafeMutablePointer<Double>, width: Int) throws -> Double {
    try largestComponent(values, width: width, of: runs)
  }

  func largestComponent(_ values: UnsafeMutablePointer<Double>, width: Int, of runs: [Range<Int>]) throws -> Double {
    var largest = 0.0
    for run in runs {
      for i in (run.lowerBound * width)..<(run.upperBound * width) {
        let magnitude = abs(values[i])
        // NaN counts as the largest value, so that a maximum does not lose it.
        if !(magnitude <= largest) { largest = magnitude.isNaN ? .infinity : magnitude }
      }
    }
    return try communicator.reduce(largest, .maximum)
  }

  /// Returns the largest length of a vector of a field, over all ranks. Collective.
  public func largestLength(_ values: UnsafeMutablePointer<Double>) throws -> Double {
    var largest = 0.0
    for run in runs {
      for i in run {
        var squared = 0.0
        for k in 0..<dimension { squared += values[i * dimension + k] * values[i * dimension + k] }
        if !(squared <= largest) { largest = squared.isNaN ? .infinity : squared }
      }
    }
    return try communicator.reduce(largest, .maximum).squareRoot()
  }

  // MARK: Motion

  /// Moves each particle by `scale` times its vector of `direction`, rounded to quanta.
  /// - Parameter everywhere: whether to move all particles, not only those that are worked on: some may have left the
  ///   cells of a region on their way.
  public func move(along direction: UnsafeMutablePointer<Double>, by scale: Double, everywhere: Bool = false) {
    let factor = scale / cell.quantum
    let d = dimension
    let coordinates = columns.records.pointer
    for run in everywhere ? [0..<ownedCount] : runs {
      for i in run {
        for k in 0..<d {
          coordinates[4 * i + k] &+= Int64((factor * direction[i * d + k]).rounded(.toNearestOrEven))
        }
      }
    }
  }

  // MARK: Hessian

  /// Computes result = H·v. `field` needs no ghost values: they are gathered here. Collective.
  public func multiplyHessian(_ field: ParticleField, into result: ParticleField) throws {
    precondition(!isConfined, "products of a region are those of assembled blocks")
    result.buffer.reserve((ownedCount + 1) * dimension)
    try gather(field)
    interaction.hessian.product(arrays, list, field.values, result.values)
    statistics.hessianProducts += 1
  }

  /// Writes the diagonal blocks of the Hessian into a field of dimension² numbers.
  public func hessianDiagonal(into blocks: ParticleField) {
    blocks.buffer.reserve((ownedCount + 1) * dimension * dimension)
    interaction.hessian.diagonal(arrays, activeList, blocks.values)
  }

  /// Does work that is left out of the statistics.
  public func withoutCounting<Result>(_ work: () throws -> Result) rethrows -> Result {
    let before = statistics
    defer { statistics = before }
    return try work()
  }

  /// Resets the statistics to earlier ones, after work that is discarded.
  public func resetStatistics(to earlier: EvaluationStatistics) { statistics = earlier }

  // MARK: Bonds

  /// Returns the bonds at the positions of the last evaluation.
  public func makeBondNetwork() -> BondNetwork {
    let network = BondNetwork(dimension: dimension)
    interaction.bonds.collect(arrays, list, ownedCount, network)
    return network
  }

  /// Returns the parameter of particle `i`, owned or ghost, in the pair potential: its size or its species.
  public func parameter(of i: Int) -> Double { Double(bitPattern: UInt64(bitPattern: columns.records[4 * i + 3])) }

  /// Returns the number of bonds, the mean magnitude of their forces, and the largest stiffness φ'' among them, at the
  /// positions of the last evaluation. Collective.
  public func bondStatistics() throws -> BondStatistics {
    let measures = AlignedBuffer<Double>(capacity: 3 * (ownedCount + 1))
    interaction.bonds.measure(arrays, list, measures.pointer)
    var ends = 0
    var stiffness = 0.0
    for i in 0..<ownedCount {
      ends += Int(measures[3 * i])
      stiffness = max(stiffness, measures[3 * i + 2])
    }
    ends = try communicator.reduce(ends, .sum)
    let total = try sums(1) { i, out in out[0] = measures[3 * i + 1] }[0]
    return BondStatistics(
      count: ends / 2, meanForce: ends == 0 ? 0 : total / Double(ends),
      largestStiffness: try communicator.reduce(stiffness, .maximum))
  }
}

/// Statistics of the bonds: the pairs that interact.
public struct BondStatistics: Sendable {
  /// Number of pairs within their cutoff.
  public let count: Int
  /// Mean bond force ⟨|φ'|⟩.
  public let meanForce: Double
  /// Largest stiffness φ'' of any bond.
  public let largestStiffness: Double
}

extension ParticleSystem {
  /// Half the number of entries of this rank's full lists: the pairs of a half list.
  public var listedPairs: Int { list.entryCount / 2 }
  /// Slots of the neighbour lists per entry, minus one: the cost of padding.
  public var padding: Double { Double(list.slotCount * Lanes.count) / Double(max(1, list.entryCount)) - 1 }
}

extension ParticleSystem {
  /// Gives the ghosts the values of their owners. Collective.
  public func gather(_ field: ParticleField) throws {
    field.buffer.reserve((ownedCount + ghostCount + 1) * field.width, keeping: ownedCount * field.width)
    try field.values.withMemoryRebound(to: Int64.self, capacity: (ownedCount + ghostCount) * field.width) {
      try halo.gather($0, width: field.width, ownedCount: ownedCount)
    }
  }

  /// Returns the identifiers of owned particles and of ghosts as a field. Collective.
  public func ghostedIdentifiers() throws -> ParticleField {
    let ids = makeField(width: 1)
    for i in 0..<ownedCount { ids.values[i] = Double(id(i)) }
    try gather(ids)
    return ids
  }

  /// Fits affine maps to the motion of the listed neighbours of each particle within the cutoff, ``AffineFit``.
  /// `motion` needs no ghost values: they are gathered here. Collective.
  public func fitAffineMaps(to motion: ParticleField, into result: AlignedBuffer<Double>) throws {
    result.reserve((ownedCount + 1) * AffineFit.stride(dimension: dimension))
    try gather(motion)
    interaction.neighbours.fit(arrays, list, motion.values, result.pointer)
  }

  /// Visits each owned particle with its listed neighbours within the cutoff; each neighbour is given by
  /// its local number and x_j − x_i.
  public func forEachNeighbourhood(_ visit: (Int, [(Int, Vector)]) -> Void) {
    var neighbours: [(Int, Vector)] = []
    for chunk in 0..<list.chunkCount {
      for lane in 0..<Lanes.count {
        let i = Int(list.rows[chunk * Lanes.count + lane])
        guard i < ownedCount else { continue }
        neighbours.removeAll(keepingCapacity: true)
        for slot in list.firstSlot[chunk]..<list.firstSlot[chunk + 1] {
          let j = Int(list.neighbours[slot * Lanes.count + lane])
          if j == i { continue }
          let x = cell.position(fixedPosition(j) &- fixedPosition(i))
          if x.length < interaction.cutoff(parameter(of: i), parameter(of: j)) { neighbours.append((j, x)) }
        }
        visit(i, neighbours)
      }
    }
  }
}
