import Interactions

/// Work restricted to a part of the box. Regions consist of whole global cells, so they are the
/// same on any number of ranks.
extension ParticleSystem {
  /// Whether only a part of the particles moves.
  public var isConfined: Bool { region != nil }
  /// Number of particles that move, over all ranks.
  public var movingCount: Int { region?.movingCount ?? totalCount }
  /// Number of particles whose forces an evaluation computes: those that move and those of the rim, over all ranks.
  public var evaluatedCount: Int { region?.listedCount ?? totalCount }

  /// Number of evaluations and Hessian products since the system was made; those of regions count by
  /// their share of the particles.
  public var workDone: Int { statistics.work(particles: totalCount) }

  /// Confines evaluations, sums, products and motion to the cells of the particles that `isChosen` selects and `layers`
  /// of cells around them, until ``release()``. Collective.
  ///
  /// Energies are then those of the region and its rim. They change as those of the whole system do, as long as
  /// neighbours are not listed again. Forces must be evaluated next.
  /// - Returns: false if more than `largestShare` of all particles would move; nothing is confined then.
  public func confine(
    layers: Int, largestShare: Double, toCellsOf isChosen: (_ particle: Int) -> Bool
  ) throws -> Bool {
    var isMoving = (0..<(cellStarts.count - 1)).map { particles(ofCell: $0).contains(where: isChosen) }
    for _ in 0..<layers { isMoving = try grown(isMoving) }
    return try confine(to: isMoving, largestShare)
  }

  /// Lets the rim move too. Forces must be evaluated next. Collective.
  /// - Returns: false if more than `largestShare` of all particles would move; the region is unchanged then.
  public func growRegion(largestShare: Double) throws -> Bool {
    guard let region else { return false }
    return try confine(to: zip(region.isMoving, region.isRim).map { $0 || $1 }, largestShare)
  }

  private func confine(to isMoving: [Bool], _ largestShare: Double) throws -> Bool {
    let moving = isMoving.indices.reduce(0) { $0 + (isMoving[$1] ? particles(ofCell: $1).count : 0) }
    guard Double(try communicator.reduce(moving, .sum)) <= largestShare * Double(totalCount) else { return false }
    region = Region(isMoving: isMoving)
    try updateRegion()
    return true
  }

  /// Ends the confinement: all particles move again. Forces must be evaluated next.
  public func release() {
    region = nil
    activateAllCells()
  }

  /// Returns the largest force component in the rim, over all ranks. Collective.
  public func largestForceInRim() throws -> Double {
    try largestComponent(forces, width: dimension, of: region?.rimRuns ?? [])
  }

  /// Returns the largest force component on particles that do not move, from the last evaluation of the whole system.
  /// It must be called before neighbours are listed again. Collective.
  public func largestForceOutside() throws -> Double {
    var outside: [Range<Int>] = []
    var next = 0
    for run in runs {
      outside.append(next..<run.lowerBound)
      next = run.upperBound
    }
    outside.append(next..<ownedCount)
    return try largestComponent(forces, width: dimension, of: outside)
  }

  /// Adds the cells around the given ones, on all ranks. Collective.
  private func grown(_ cells: [Bool]) throws -> [Bool] {
    let marks = makeField(width: 1)
    for c in cells.indices where cells[c] { for i in particles(ofCell: c) { marks.values[i] = 1 } }
    try gather(marks)
    let around = cellsAround
    return cells.indices.map { c in
      cells[c] || around(c).contains { !$0.isEmpty && marks.values[Int($0.lowerBound)] != 0 }
    }
  }

  /// Updates all lists of the region from the cells that move and the present order of particles. Collective.
  func updateRegion() throws {
    guard let region else { return activateAllCells() }
    let withRim = try grown(region.isMoving)
    region.isRim = zip(withRim, region.isMoving).map { $0 && !$1 }
    let moving = cells(where: region.isMoving)
    working.become(moving.cells, moving.runs)
    region.rimRuns = cells(where: region.isRim).runs
    region.listedCells = cells(where: withRim).cells
    var isListed = [Bool](repeating: false, count: ownedCount + 1)
    for run in runs + region.rimRuns { for i in run { isListed[i] = true } }
    region.list.select(from: list) { isListed[Int($0)] }
    var counts = [runs, region.rimRuns].map { $0.reduce(0) { $0 + $1.count } }
    try communicator.reduce(&counts, .sum)
    region.movingCount = counts[0]
    region.listedCount = counts[0] + counts[1]
  }

  private func activateAllCells() {
    working.become((0..<Int32(cellStarts.count - 1)).map { $0 }, [0..<ownedCount])
  }

  private func cells(where isWanted: [Bool]) -> (cells: [Int32], runs: [Range<Int>]) {
    var cells: [Int32] = []
    var runs: [Range<Int>] = []
    for c in isWanted.indices where isWanted[c] {
      cells.append(Int32(c))
      let run = particles(ofCell: c)
      if let last = runs.last, last.upperBound == run.lowerBound {
        runs[runs.count - 1] = last.lowerBound..<run.upperBound
      } else if !run.isEmpty {
        runs.append(run)
      }
    }
    return (cells, runs)
  }
}
