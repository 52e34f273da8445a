import Checkpoints
import Dynamics
import Foundation
import Geometry
import Interactions
import Measurement
import MessagePassing
import Multigrid
import Particles
import QuasistaticShear
import Statics
import Storage

private func expect(_ condition: Bool, _ what: @autoclosure () -> String, _ world: Communicator) throws {
  try world.coordinated { if !condition { throw Failure(.physics, "rank \(world.rank): \(what())") } }
}

/// `ipl` or `lj`, generated at the density of the papers; nothing is brought to rest yet.
func generatedSystem(_ model: String, dimension: Int, count: Int, _ world: Communicator) throws -> ParticleSystem {
  let pair: PairModel
  let density: Double
  let composition: RandomPlacement.Composition
  if model == "lj" {
    pair = .binaryLJ(cutoff: 2.5, truncation: .smooth)
    density = 1.2
    composition = .species(fractionOfFirst: 0.65, diameters: pair.speciesDiameters)
  } else {
    pair = .polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1)
    density = dimension == 2 ? 0.86 : 0.58
    composition = .sizes(
      RandomPlacement.Sizes(exponent: -3, minimum: 1, maximum: dimension == 2 ? 2.22 : 1.6, isStratified: true))
  }
  let start = RandomPlacement(dimension: dimension, count: count, density: density, seed: 7, composition: composition)
    .snapshot(over: world)
  return try ParticleSystem(start, interaction: pair.compiled(dimension: dimension), skin: 0.3, communicator: world)
}

/// Moves each particle by up to `amplitude` in each direction, by its id alone.
private func shake(_ system: ParticleSystem, amplitude: Double) {
  let field = system.makeField(width: system.dimension)
  for i in 0..<system.ownedCount {
    for k in 0..<system.dimension {
      field.values[i * system.dimension + k] = Double(mixed(Int(system.id(i)) * 4 + k) >> 11) * 0x1p-52 - 1
    }
  }
  system.move(along: field.values, by: amplitude)
}

// MARK: The halo

/// `DIMENSION COUNT`: each particle carries its id, its rank and its position into the ghosts; each ghost must then be
/// whole edges away from where its owner is, and the neighbours must be all those that a search over all pairs finds.
func halo(_ world: Communicator, _ arguments: [String]) throws {
  let (dimension, count) = (Int(arguments[0])!, Int(arguments[1])!)
  let system = try generatedSystem("ipl", dimension: dimension, count: count, world)
  let loading = Loading(.simpleShear(flow: 0, gradient: 1), of: system)
  for (round, strain) in [0.0, 0.31, 0.77, -0.4, 2.5].enumerated() {
    if round > 0 {
      shake(system, amplitude: 0.8)
      try loading.deform(system, to: strain)
    }
    try checkGhosts(system, world)
    let fingerprint = try checkNeighbours(system, world)
    if world.isRoot { print("strain \(strain): neighbours \(fingerprint)") }
  }
  let ghosts = try world.gather(system.ghostCount)
  let owned = try world.gather(system.ownedCount)
  try expect(owned.reduce(0, +) == count, "\(owned) particles are owned", world)
  try expect(ghosts.allSatisfy { $0 > 0 }, "\(ghosts) ghosts", world)
}

private func checkGhosts(_ system: ParticleSystem, _ world: Communicator) throws {
  let field = system.makeField(width: 5)
  for i in 0..<system.ownedCount {
    field.values[5 * i] = Double(system.id(i))
    field.values[5 * i + 1] = Double(world.rank)
    let place = system.fixedPosition(i)
    for k in 0..<3 { field.values[5 * i + 2 + k] = Double(bitPattern: UInt64(bitPattern: place[k])) }
  }
  try system.gather(field)
  var complaint: String?
  var seen = Set<[Int64]>()
  for g in system.ownedCount..<(system.ownedCount + system.ghostCount) {
    let (id, owner) = (Int64(field.values[5 * g]), Int(field.values[5 * g + 1]))
    var home = FixedVector.zero
    for k in 0..<3 { home[k] = Int64(bitPattern: field.values[5 * g + 2 + k].bitPattern) }
    let away = system.fixedPosition(g) &- home
    let fractions = system.cell.fractions(away)
    let shift = SIMD3<Int32>(
      Int32(fractions.x.rounded()), Int32(fractions.y.rounded()),
      system.dimension == 3 ? Int32(fractions.z.rounded()) : 0)
    let what = "ghost \(g) of particle \(id) of rank \(owner) in image \(shift)"
    if id < 1 || id > Int64(system.totalCount) || owner < 0 || owner >= world.size {
      complaint = "\(what) has no owner"
    }
    if system.cell.lattice(shift) != away { complaint = "\(what) is not whole edges away" }
    if owner == world.rank && shift == SIMD3<Int32>() { complaint = "\(what) stands on its owner" }
    if (0..<3).contains(where: { abs(shift[$0]) > 1 }) { complaint = "\(what) is too far away" }
    if !seen.insert([id, Int64(shift.x), Int64(shift.y), Int64(shift.z)]).inserted {
      complaint = "\(what) is there twice"
    }
  }
  try expect(complaint == nil, complaint!, world)
}

/// A number that stands for the neighbours of all particles, the same on any number of ranks.
private func checkNeighbours(_ system: ParticleSystem, _ world: Communicator) throws -> UInt64 {
  // A test may hold what the engine must not: all particles on each rank.
  let ids = try world.gather((0..<system.ownedCount).map(system.id))
  let places = try world.gather((0..<system.ownedCount).flatMap { i in (0..<3).map { system.fixedPosition(i)[$0] } })
  let sizes = try world.gather((0..<system.ownedCount).map(system.diameter))
  let names = system.makeField(width: 1)
  for i in 0..<system.ownedCount { names.values[i] = Double(system.id(i)) }
  try system.gather(names)
  var complaint: String?
  var fingerprint: UInt64 = 0
  system.forEachNeighbourhood { i, neighbours in
    var expected: [Int64] = []
    for j in ids.indices where ids[j] != system.id(i) {
      let other = FixedVector(places[3 * j], places[3 * j + 1], places[3 * j + 2])
      let x = system.cell.position(system.cell.minimumImage(other &- system.fixedPosition(i)))
      if x.length < system.interaction.cutoff(system.diameter(i), sizes[j]) { expected.append(ids[j]) }
    }
    let found = neighbours.map { Int64(names.values[$0.0]) }
    if found.sorted() != expected.sorted() {
      complaint = "the neighbours of \(system.id(i)) are \(found), not \(expected)"
    }
    // The order counts, since sums follow it.
    for (position, id) in found.enumerated() {
      fingerprint &+= mixed(Int(system.id(i)) * 1_000_003 + Int(id) * 1009 + position)
    }
  }
  try expect(complaint == nil, complaint!, world)
  return try world.reduce(fingerprint, .sum)
}

// MARK: Same bits

/// `MODEL DIMENSION COUNT METHOD…`: minimises from a random start by the first method, shakes and shears the result,
/// prints the bits of forces, energy and stress there, and those of the minimum that each method finds from there.
func sameBits(_ world: Communicator, _ arguments: [String]) throws {
  let system = try generatedSystem(arguments[0], dimension: Int(arguments[1])!, count: Int(arguments[2])!, world)
  let methods = arguments.dropFirst(3).map { Minimization.Method(rawValue: $0)! }
  let start = try minimum(system, methods[0])
  if world.isRoot { print("start \(start)") }

  let loading = Loading(.simpleShear(flow: 0, gradient: 1), of: system)
  try loading.deform(system, to: 0.63)
  shake(system, amplitude: 0.05)
  let displaced = system.save()
  try system.evaluate(.forcesEnergyAndStress)
  let evaluated = try values(system)
  if world.isRoot { print("displaced \(evaluated)") }
  for method in methods {
    try system.restore(displaced)
    let result = try minimum(system, method)
    if world.isRoot { print("\(method.rawValue) \(result)") }
  }
}

/// `MODEL DIMENSION COUNT FRICTION OVERDAMPED RATE STRAIN`: a flow in implicit steps, with the numbers of steps and the
/// bits at the end.
func implicitFlow(_ world: Communicator, _ arguments: [String]) throws {
  let system = try generatedSystem(arguments[0], dimension: Int(arguments[1])!, count: Int(arguments[2])!, world)
  _ = try minimum(system, .newton)
  let equations = EquationsOfMotion(
    isOverdamped: Bool(arguments[4])!, damping: 1, friction: arguments[3] == "pairwise" ? .pairwise : .substrate)
  let integrator = try ImplicitIntegrator(
    system, equations, loading: Loading(equations.shear, of: system),
    limits: ImplicitIntegrator.Limits(tolerance: 1e-3))
  let rate = Double(arguments[5])!
  try integrator.begin(rate: rate)
  // Rows fall within steps, before and after a flip of the box.
  let rows = 7
  for row in 1...rows {
    try integrator.advance(to: Double(row) / Double(rows) * Double(arguments[6])! / rate)
    let (energy, motion) = (try system.totals().energy, try fingerprint(integrator.velocities.values, system))
    if world.isRoot { print("row \(hex(energy)) \(motion) flips \(integrator.loading.flips)") }
  }
  let (counts, transfer) = (integrator.counts, try integrator.transfer())
  let (bits, velocities) = (try values(system), try fingerprint(integrator.velocities.values, system))
  if world.isRoot {
    print("steps \(counts.steps) rejected \(counts.rejected) products \(counts.products)")
    print("\(bits) velocities \(velocities) work \(hex(transfer.work)) heat \(hex(transfer.heat))")
  }
}

private func minimum(_ system: ParticleSystem, _ method: Minimization.Method) throws -> String {
  let result = try Minimization(method: method, tolerance: .floor, maximumEvaluations: 200_000).run(system)
  guard result.reason == .converged else {
    throw Failure.everywhere(.notConverged, "\(method) ended by \(result.reason.rawValue) at \(result.forceMax)")
  }
  let hash = try StateHash.sha256(of: system.snapshot(), over: system.communicator)
  return "\(hash) evaluations \(result.evaluations) products \(result.hessianProducts) " + (try values(system))
}

/// The bits of the energy, the stress, and a number that stands for those of all forces.
private func values(_ system: ParticleSystem) throws -> String {
  let totals = try system.totals()
  let forces = try fingerprint(system.forces, system)
  let stress = totals.stress.block(system.dimension).flatMap { $0 }.map(hex).joined(separator: " ")
  return "energy \(hex(totals.energy)) stress \(stress) forces \(forces)"
}

/// A number that stands for the bits of all vectors.
func fingerprint(_ values: UnsafeMutablePointer<Double>, _ system: ParticleSystem) throws -> String {
  var sum: UInt64 = 0
  for i in 0..<system.ownedCount {
    for k in 0..<system.dimension {
      let bits = values[i * system.dimension + k].bitPattern
      sum &+= mixed(Int(truncatingIfNeeded: mixed(Int(truncatingIfNeeded: bits))) &+ Int(system.id(i)) * 3 + k)
    }
  }
  return String(try system.communicator.reduce(sum, .sum), radix: 16)
}

// MARK: Drag

/// `MODEL DIMENSION COUNT`: the bits of products, decays and noise of the pairwise drag, on lists that are fresh, that
/// are older than the positions, and fresh again after particles have changed their ranks.
func drag(_ world: Communicator, _ arguments: [String]) throws {
  let system = try generatedSystem(arguments[0], dimension: Int(arguments[1])!, count: Int(arguments[2])!, world)
  let d = system.dimension
  let velocity = system.makeField(width: d)
  for i in 0..<system.ownedCount {
    for k in 0..<d { velocity.values[i * d + k] = Double(mixed(Int(system.id(i)) * 3 + k) % 2001) / 1000 - 1 }
  }
  let product = system.makeField(width: d)
  try system.evaluate()
  let drag = try PairwiseDrag(system)
  for (step, amplitude) in [0, 0.02, 0.5].enumerated() {
    shake(system, amplitude: amplitude)
    try system.evaluate()
    try drag.update()
    try drag.multiply(velocity, into: product)
    let multiplied = try fingerprint(product.values, system)
    try drag.decay(velocity, by: 0.2 / drag.bound)
    let decayed = try fingerprint(velocity.values, system)
    try drag.addNoise(to: velocity, amplitude: 0.1, step: step, seed: 5)
    let noisy = try fingerprint(velocity.values, system)
    if world.isRoot { print("bound \(hex(drag.bound)) product \(multiplied) decay \(decayed) noise \(noisy)") }
  }
}

// MARK: Windows of local deformation

/// `MODEL DIMENSION COUNT`: the bits of D²min and of a component of the displacement gradient of overlapping windows in
/// a flow in which particles change their ranks and the box is flipped. On the way, a system and windows that are
/// resumed from a checkpoint take over.
func windows(_ world: Communicator, _ arguments: [String]) throws {
  var system = try generatedSystem(arguments[0], dimension: Int(arguments[1])!, count: Int(arguments[2])!, world)
  let d = system.dimension
  let radius = 2.1 * system.spacing
  let map = Tensor(Vector(1, 0.21, 0), Vector(0, 1, 0), Vector(0, 0, 1))
  var open: [(start: Int, window: StrainWindow)] = []
  for step in 0..<8 {
    if step % 2 == 0 { open.append((step, try StrainWindow(system, radius: radius))) }
    if step == 5 {
      let checkpoint = Checkpoint(over: world)
      try system.save(to: checkpoint)
      for (start, window) in open { try window.save(system, to: checkpoint, as: "window\(start)") }
      system = try ParticleSystem(resuming: checkpoint, interaction: system.interaction, skin: system.skin)
      open = try open.map {
        ($0.start, try StrainWindow(system, radius: 0, resuming: checkpoint, as: "window\($0.start)"))
      }
    }
    shake(system, amplitude: 0.3)
    var strained = Tensor()
    for k in 0..<3 { strained[k] = map * system.cell.edges[k] }
    try system.deform(by: map, edges: strained, strain: system.strain)
    _ = try system.reduceTilt(of: 1, along: 0)
    guard let (start, window) = open.first, step - start == 3 else { continue }
    open.removeFirst()
    let measured = try window.measure(system, withGradients: true)
    let (sums, means) = (measured.d2min(.sum), measured.d2min(.mean))
    let field = system.makeField(width: d)
    for i in 0..<system.ownedCount {
      field.values[i * d] = means[i]
      for k in 1..<d { field.values[i * d + k] = measured.displacementGradient(of: i)[0, k] }
    }
    let bits = try fingerprint(field.values, system)
    let active = try world.reduce(sums.count { $0 > 1 }, .sum)
    if world.isRoot { print("window \(start) to \(step): \(active) active, \(bits)") }
  }
}

// MARK: Events

/// `MODEL DIMENSION COUNT STEPS`: strain steps of 2e-3 by Newton's method, which follows events in regions of their
/// own: the bits after each, and the work done in regions.
func events(_ world: Communicator, _ arguments: [String]) throws {
  let system = try generatedSystem(arguments[0], dimension: Int(arguments[1])!, count: Int(arguments[2])!, world)
  _ = try minimum(system, .newton)
  let loading = Loading(.simpleShear(flow: 0, gradient: 1), of: system)
  for step in 1...Int(arguments[3])! {
    try loading.deform(system, to: 2e-3 * Double(step))
    let result = try Minimization(method: .newton, tolerance: .floor, maximumEvaluations: 200_000)
      .run(system, from: .nearEquilibrium)
    let bits = try values(system)
    if world.isRoot { print("step \(step) \(result.reason.rawValue) regional \(result.regionalRows) \(bits)") }
  }
}

// MARK: Multigrid

/// `MODEL DIMENSION COUNT`: the bits of V-cycles, with coarse grids held by all ranks and with grids shared out down to
/// the last.
func multigrid(_ world: Communicator, _ arguments: [String]) throws {
  let system = try generatedSystem(arguments[0], dimension: Int(arguments[1])!, count: Int(arguments[2])!, world)
  try OverlapRelaxation().relax(system)
  try system.evaluate()
  let d = system.dimension
  let field = system.makeField(width: d)
  let result = system.makeField(width: d)
  for i in 0..<system.ownedCount {
    for k in 0..<d { field.values[i * d + k] = Double(mixed(Int(system.id(i)) * 3 + k) % 2001) / 1000 - 1 }
  }
  for (name, limit) in [("replicated", 1000), ("shared", 30)] {
    let cycle = try Multigrid(system, largestReplicated: limit)
    for shift in [0, 2.5] {
      try cycle.refresh(shift: shift)
      try cycle.apply(field.values, into: result.values)
      let squared = try system.dot(result.values, result.values)
      let bits = try fingerprint(result.values, system)
      if world.isRoot { print("\(name) shift \(shift) \(hex(squared)) \(bits)") }
    }
  }
}

// MARK: Distribution

/// `COUNT`: peak resident memory of each rank above an empty run, and what the rank holds: a system in two dimensions
/// that is made, evaluated, moved, listed anew, hashed and written.
func distribution(_ world: Communicator, _ arguments: [String]) throws {
  let count = Int(arguments[0])!
  // What MPI and HDF5 need for themselves: small runs of all that follows.
  try work(1000, arguments[1] + ".empty", world)
  let empty = peakKilobytes()
  let (owned, ghosts) = try work(count, arguments[1], world)
  let above = peakKilobytes() - empty
  let memory = try world.gather(above)
  let holdings = try world.gather(owned)
  let surroundings = try world.gather(ghosts)
  if world.isRoot {
    print("owned \(holdings.max()!) ghosts \(surroundings.max()!) memory \(memory.max()!)")
  }
}

@discardableResult
private func work(_ count: Int, _ path: String, _ world: Communicator) throws -> (owned: Int, ghosts: Int) {
  let system = try generatedSystem("ipl", dimension: 2, count: count, world)
  try system.evaluate(.forcesEnergyAndStress)
  shake(system, amplitude: 0.3)
  try system.evaluate(.forcesEnergyAndStress)
  let saved = system.save()
  let hash = try StateHash.sha256(of: system.snapshot(), over: world)
  try StateFile.write(
    system.snapshot(), to: path, provenance: Provenance(version: "0", build: "", config: ""), over: world)
  let back = try StateFile.read(path, over: world)
  try expect(try StateHash.sha256(of: back, over: world) == hash, "the file differs", world)
  try system.restore(saved)
  return (system.ownedCount, system.ghostCount)
}

private func peakKilobytes() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss
}
