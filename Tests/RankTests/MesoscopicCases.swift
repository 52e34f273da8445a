import Checkpoints
import Geometry
import Measurement
import MessagePassing
import Particles
import QuasistaticShear
import Statics

private func expect(_ condition: Bool, _ what: @autoclosure () -> String, _ world: Communicator) throws {
  try world.coordinated { if !condition { throw Failure(.physics, "rank \(world.rank): \(what())") } }
}

/// A number in [0, 1) that stands for two numbers.
private func uniform(_ a: Int, _ b: Int) -> Double {
  Double(mixed(Int(truncatingIfNeeded: mixed(a)) &+ b &* 7919) >> 11) * 0x1p-53
}

// MARK: Clusters

/// Random lattices of many shapes and fillings: sizes, spanning clusters and births must be those that a flood fill of
/// the whole lattice finds.
func clusters(_ world: Communicator, _ arguments: [String]) throws {
  let shapes = [
    [1, 1], [1, 5], [5, 1], [2, 2], [2, 7], [7, 2], [3, 3], [7, 4], [13, 9], [16, 16], [23, 17], [1, 1, 1], [2, 2, 2],
    [1, 3, 2], [3, 1, 4], [4, 2, 1], [5, 4, 3], [8, 8, 8], [11, 3, 5],
  ]
  var total = 0
  for (number, shape) in shapes.enumerated() {
    for (step, fill) in [0, 0.05, 0.2, 0.32, 0.45, 0.6, 0.8, 1].enumerated() {
      let slabs = RowShares(shape[0], over: world)
      let slabSize = shape.dropFirst().reduce(1, *)
      let own = (slabs.own.lowerBound * slabSize)..<(slabs.own.upperBound * slabSize)
      let measured = try ActiveClusters(shape: shape, slabs: slabs, over: world)
      var expected = FloodFill(shape: shape)
      for sample in 0..<3 {
        let active = (0..<(slabs.count * slabSize)).map { uniform($0, (number * 100 + step) * 10 + sample) < fill }
        try measured.add(Array(active[own]))
        expected.add(active)
      }
      let summary = try measured.summary()
      let sizes = Dictionary(uniqueKeysWithValues: summary.sizes.map { ($0.size, Int($0.count)) })
      let what = "\(shape) filled to \(fill):"
      try expect(sizes == expected.sizes, "\(what) sizes \(sizes), not \(expected.sizes)", world)
      try expect(
        summary.spanningCount == expected.spanning,
        "\(what) \(summary.spanningCount) span, not \(expected.spanning)", world)
      try expect(
        summary.birthCount == expected.births, "\(what) \(summary.birthCount) births, not \(expected.births)", world)
      total += summary.clusterCount
    }
  }
  if world.isRoot { print("clusters \(total)") }
}

/// Clusters of a whole lattice, one block after another.
private struct FloodFill {
  let shape: [Int]
  var sizes: [Int: Int] = [:]
  var spanning = 0
  var births = 0
  private var previous: [Bool]?

  init(shape: [Int]) { self.shape = shape }

  mutating func add(_ active: [Bool]) {
    var images = [[Int]?](repeating: nil, count: active.count)
    for seed in active.indices where active[seed] && images[seed] == nil {
      images[seed] = shape.map { _ in 0 }
      var queue = [seed]
      var isSpanning = false
      var next = 0
      while next < queue.count {
        let block = queue[next]
        next += 1
        for (neighbour, away) in neighbours(of: block) where active[neighbour] {
          let image = zip(images[block]!, away).map { $0 + $1 }
          if images[neighbour] == nil {
            images[neighbour] = image
            queue.append(neighbour)
          } else if images[neighbour] != image {
            isSpanning = true
          }
        }
      }
      sizes[queue.count, default: 0] += 1
      if isSpanning { spanning += 1 }
      if let previous, !queue.contains(where: { previous[$0] }) { births += 1 }
    }
    previous = active
  }

  private func neighbours(of block: Int) -> [(block: Int, away: [Int])] {
    var place = shape
    var rest = block
    for k in shape.indices.reversed() { (rest, place[k]) = (rest / shape[k], rest % shape[k]) }
    return shape.indices.flatMap { k in
      [-1, 1].map { step in
        var other = place
        other[k] += step
        var away = shape.map { _ in 0 }
        if other[k] < 0 { away[k] = -1 }
        if other[k] == shape[k] { away[k] = 1 }
        other[k] -= away[k] * shape[k]
        return (zip(shape, other).reduce(0) { $0 * $1.0 + $1.1 }, away)
      }
    }
  }
}

// MARK: All measurements of a flow

/// What is measured of a sequence of configurations.
private struct Measurements {
  let stress: MesoscopicStress
  let activity: CoMovingBlocks
  let difference: StressDifference
  let clusters: ActiveClusters
  let correlation: ActivityCorrelation
  let velocities: ParticleField

  static let (longest, kick) = (20, 9)

  init(_ system: ParticleSystem) throws {
    let communicator = system.communicator
    let d = system.dimension
    stress = MesoscopicStress(shape: d == 2 ? [5, 4] : [3, 2, 4], over: communicator)
    activity = CoMovingBlocks(shape: d == 2 ? [9, 11] : [6, 5, 4], width: 1, over: communicator)
    let grid = stress.blocks
    difference = StressDifference(
      slabs: grid.slabs, slabSize: grid.slabSize, longest: Self.longest, kick: Self.kick, over: communicator)
    clusters = try ActiveClusters(shape: activity.shape, slabs: activity.slabs, over: communicator)
    correlation = ActivityCorrelation(system, depth: 5, threshold: 0.1)
    velocities = system.makeField(width: d)
    for i in 0..<system.ownedCount {
      for k in 0..<d { velocities.values[i * d + k] = uniform(Int(system.id(i)), k) - 0.5 }
    }
  }

  func save(_ system: ParticleSystem, to checkpoint: Checkpoint) throws {
    try system.save(to: checkpoint)
    try system.save(velocities, to: checkpoint, as: "velocities")
    try difference.save(to: checkpoint, as: "difference")
    try clusters.save(to: checkpoint, as: "clusters")
    try correlation.save(to: checkpoint, as: "correlation")
  }

  init(_ system: ParticleSystem, resuming checkpoint: Checkpoint, like other: Measurements) throws {
    stress = MesoscopicStress(shape: other.stress.blocks.shape, over: system.communicator)
    activity = CoMovingBlocks(shape: other.activity.shape, width: 1, over: system.communicator)
    let grid = stress.blocks
    difference = try StressDifference(
      slabs: grid.slabs, slabSize: grid.slabSize, longest: Self.longest, kick: Self.kick, resuming: checkpoint,
      as: "difference")
    clusters = try ActiveClusters(
      shape: activity.shape, slabs: activity.slabs, resuming: checkpoint, as: "clusters")
    correlation = try ActivityCorrelation(system, threshold: 0.1, resuming: checkpoint, as: "correlation")
    velocities = try system.makeField(resuming: checkpoint, as: "velocities")
  }

  /// Moves all particles at random, as a function of their ids, and measures.
  func sample(_ system: ParticleSystem, _ n: Int) throws {
    let d = system.dimension
    let motion = system.makeField(width: d)
    for i in 0..<system.ownedCount {
      for k in 0..<d { motion.values[i * d + k] = uniform(Int(system.id(i)) * 4 + k, n + 1) - 0.5 }
    }
    system.move(along: motion.values, by: 0.04)
    try system.evaluate(.forcesEnergyAndStress)
    try stress.measure(system, velocities: velocities, mass: 1.5)
    var values: [Double] = []
    stress.contract(with: Tensor([[0, 1], [0, 0]]), into: &values)
    let activities = (0..<system.ownedCount).map { i in
      let x = uniform(Int(system.id(i)), 1_000_003 * (n / 3))
      return x < 0.2 ? x / Double(1 + n % 3) : 0
    }
    if n == 11 {
      difference.restart()
      clusters.restart()
    }
    try difference.add(values)
    try activity.measure(system) { i, out in out[0] = activities[i] > 0.1 ? 1 : 0 }
    try clusters.add((0..<activity.blockCount).map { activity.fixedSum(0, of: $0) > 0 })
    try correlation.add(activities)
  }

  /// The bits of all results.
  func results() throws -> String {
    let curve = try difference.curve(interval: 0.5)
    var numbers: [Double] = []
    for lag in curve.lags.indices {
      for estimate in [
        curve.mean(lag), curve.meanMagnitude(lag), curve.meanSquare(lag, drift: 0.1), curve.kurtosis(lag),
      ] {
        numbers += [estimate.value, estimate.error]
      }
    }
    for histogram in try difference.kickHistograms() {
      numbers += (histogram.positive + histogram.negative).enumerated().map { Double($0.offset) * Double($0.element) }
    }
    let summary = try clusters.summary()
    numbers += summary.sizes.flatMap { [Double($0.size), Double($0.count)] }
    numbers += [summary.birthsPerSample.value, summary.birthsPerSample.error, summary.meanSize.error]
    let decay = try correlation.curve(interval: 0.5)
    for lag in 0..<decay.depth { numbers += [decay.correlation(lag).value, decay.correlation(lag).error] }
    var fingerprint: UInt64 = 0
    for number in numbers { fingerprint = mixed(Int(truncatingIfNeeded: fingerprint ^ number.bitPattern)) }
    let shown = [
      curve.meanSquare(0).value, curve.kurtosis(3).value, summary.meanSize.value, decay.correlation(2).value,
    ].map(hex).joined(separator: " ")
    return "\(shown) dropped \(difference.dropped) births \(summary.birthCount) all "
      + String(fingerprint, radix: 16)
  }
}

/// `DIMENSION`: block stresses against a sum over all particles, then 40 samples of everything, suspended after 24 of
/// them and resumed by one rank less; both must end with the same bits.
func mesoscopic(_ world: Communicator, _ arguments: [String]) throws {
  let dimension = Int(arguments[0])!
  let system = try generatedSystem("ipl", dimension: dimension, count: dimension == 2 ? 401 : 701, world)
  try Loading(.simpleShear(flow: 0, gradient: 1), of: system).deform(system, to: 0.31)
  _ = try Minimization(method: .newton, tolerance: .floor, maximumEvaluations: 200_000).run(system)
  let measurements = try Measurements(system)
  for n in 0..<24 { try measurements.sample(system, n) }
  try checkBlocks(measurements, system, world)

  let checkpoint = Checkpoint(over: world)
  try measurements.save(system, to: checkpoint)
  let group = try world.split(group: world.rank < max(1, world.size - 1) ? 0 : 1)
  let handed = try handOver(checkpoint, to: group, in: world)
  for n in 24..<40 { try measurements.sample(system, n) }
  let whole = try measurements.results()
  if world.isRoot { print(whole) }

  // The rank that is left out resumes alone, from the same checkpoint.
  let resumedSystem = try ParticleSystem(resuming: handed, interaction: system.interaction, skin: system.skin)
  let resumed = try Measurements(resumedSystem, resuming: handed, like: measurements)
  for n in 24..<40 { try resumed.sample(resumedSystem, n) }
  let again = try resumed.results()
  try expect(again == whole, "resumed: \(again), not \(whole)", world)
}

/// The same checkpoint, held by other ranks.
private func handOver(_ checkpoint: Checkpoint, to group: Communicator, in world: Communicator) throws -> Checkpoint {
  var columns: [String: Checkpoint.Column] = [:]
  for (name, column) in checkpoint.columns.sorted(by: { $0.key < $1.key }) {
    let rows = RowShares(column.totalRows, over: group).own
    let part = (rows.lowerBound * column.width)..<(rows.upperBound * column.width)
    let numbers: Checkpoint.Numbers =
      switch column.numbers {
      case .reals(let values): .reals(Array(try world.gather(values)[part]))
      case .integers(let values): .integers(Array(try world.gather(values)[part]))
      case .smallIntegers(let values): .smallIntegers(Array(try world.gather(values)[part]))
      }
    columns[name] = .init(numbers, width: column.width, firstRow: rows.lowerBound, totalRows: column.totalRows)
  }
  return Checkpoint(values: checkpoint.values, columns: columns, files: [:], over: group)
}

/// Compares the block stresses with those of all particles, gathered on each rank.
private func checkBlocks(_ measurements: Measurements, _ system: ParticleSystem, _ world: Communicator) throws {
  let blocks = measurements.stress.blocks
  let (d, shape) = (system.dimension, blocks.shape)
  let velocities = measurements.velocities
  let places = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)].filter { $0.0 < d && $0.1 < d }
  var own: [Int64] = []
  for i in 0..<system.ownedCount {
    var position = system.fixedPosition(i)
    _ = system.cell.wrap(&position)
    let s = system.cell.fractions(position)
    var block = 0
    for k in 0..<d { block = block * shape[k] + Int(s[k] * Double(shape[k])) }
    own.append(Int64(block))
    for (a, b) in places {
      let kinetic = 1.5 * velocities.values[i * d + a] * velocities.values[i * d + b]
      own.append(
        Int64(((system.stressShare(of: i)[a, b] - kinetic) / CoMovingBlocks.quantum).rounded(.toNearestOrEven)))
    }
  }
  let all = try world.gather(own)
  var expected = [Int64](repeating: 0, count: blocks.totalCount * places.count)
  for row in stride(from: 0, to: all.count, by: places.count + 1) {
    for k in places.indices { expected[Int(all[row]) * places.count + k] += all[row + 1 + k] }
  }
  var fingerprint: UInt64 = 0
  var complaint: String?
  for block in 0..<blocks.blockCount {
    for k in places.indices {
      let sum = blocks.fixedSum(k, of: block)
      let place = (blocks.blocks.lowerBound + block) * places.count + k
      if sum != expected[place] { complaint = "component \(k) of block \(block) is \(sum), not \(expected[place])" }
      fingerprint &+= mixed(Int(truncatingIfNeeded: mixed(Int(sum))) &+ place)
    }
  }
  try expect(complaint == nil, complaint!, world)
  let bits = try world.reduce(fingerprint, .sum)
  if world.isRoot { print("blocks \(String(bits, radix: 16))") }
}
