import Checkpoints
import Geometry
import Interactions
import MessagePassing
import Particles

/// SWAP Monte Carlo of a liquid (Ninarello, Berthier and Coslovich), with the same bits on any number of ranks.
///
/// A sweep makes as many trial moves as there are particles. It draws a new origin for the checkerboard of blocks and
/// an order of its colours, independent of the configuration. Then it treats the blocks colour by colour, all blocks of
/// one colour at once. Each block's random numbers are a function of seed, sweep and block.
public final class SwapMonteCarlo {
  public let particles: BlockedParticles
  public var rule: MoveRule
  /// Potential energy, in ε: that of the start plus the changes of all accepted moves up to the last ``takeTally()``.
  public private(set) var energy: Double
  /// Trial moves of this rank since the last ``takeTally()``.
  private var tally = MoveTally()

  private let communicator: Communicator
  private let moves: RandomStream
  private let shifts: RandomStream
  private let replica: Int
  private let arena: BlockArena
  private var sweepsDone = 0
  private let changes = ExactSums(count: 1)
  private let blockFractions: Tensor
  private let blockLower: Vector
  private let blockUpper: Vector

  /// Starts from the configuration of a system whose energy has been evaluated. Collective.
  /// - Parameters:
  ///   - block: the smallest width of the blocks in units of the largest cutoff, at least 1.
  ///   - replica: the number of the replica; runs with the same seed and different numbers are independent.
  public init(
    _ system: ParticleSystem, rule: MoveRule, block: Double, seed: UInt64, replica: Int = 0
  ) throws {
    communicator = system.communicator
    self.rule = rule
    self.replica = replica
    particles = try BlockedParticles(system, blockWidth: block * system.largestCutoff)
    energy = try system.totals().energy
    moves = RandomStream(seed: seed, purpose: .trialMove)
    shifts = RandomStream(seed: seed, purpose: .blockShift)
    arena = BlockArena(
      dimension: system.dimension, cutoff: system.interaction.cutoff, parameters: particles.parameterRange,
      largestCutoff: system.largestCutoff, spacing: system.spacing)
    let (cell, counts) = (particles.cell, particles.grid.counts)
    var fractions = cell.fractionsOfPosition
    var lower = Vector.zero
    var upper = Vector.zero
    for k in 0..<cell.dimension {
      fractions[k] = Double(counts[k]) * fractions[k]
      let edge = (1 / Double(counts[k])) * cell.edges[k]
      for c in 0..<cell.dimension { if edge[c] < 0 { lower[c] += edge[c] } else { upper[c] += edge[c] } }
    }
    (blockFractions, blockLower, blockUpper) = (fractions, lower, upper)
    try particles.arrange(shift: .zero)
  }

  // MARK: Saving and resuming

  private struct State: Codable {
    var rule: MoveRule
    var energy: Double
    /// Changes of energy, unrounded, that are not yet included in ``energy``.
    var changes: [Int64]
    var tally: MoveTally
    var sweepsDone: Int
  }

  /// Names in checkpoints.
  private enum Key {
    static let state = "liquid"
    static let particles = "liquid/particles"
  }

  /// Saves the liquid. Collective.
  public func save(to checkpoint: Checkpoint) throws {
    try checkpoint.put(
      State(
        rule: rule, energy: energy, changes: try changes.limbs(over: communicator),
        tally: try tally.total(over: communicator), sweepsDone: sweepsDone), as: Key.state)
    try particles.save(to: checkpoint, as: Key.particles)
  }

  /// Resumes from a saved liquid. Collective.
  /// - Parameter system: a system made of the saved configuration (``configuration(in:)``).
  public convenience init(
    _ system: ParticleSystem, resuming checkpoint: Checkpoint, block: Double, seed: UInt64,
    replica: Int = 0
  ) throws {
    let state = try checkpoint.value(State.self, of: Key.state)
    try system.evaluate(.forcesEnergyAndStress)
    try self.init(system, rule: state.rule, block: block, seed: seed, replica: replica)
    try particles.resume(checkpoint, as: Key.particles)
    energy = state.energy
    sweepsDone = state.sweepsDone
    // The saved sums are those of all ranks: only the root takes them.
    if communicator.isRoot {
      changes.add(limbs: state.changes)
      tally = state.tally
    }
  }

  /// Reads the saved configuration. Collective.
  public static func configuration(in checkpoint: Checkpoint) throws -> Snapshot {
    try Snapshot(resuming: checkpoint, as: Key.particles)
  }

  /// Makes one sweep: as many trial moves as there are particles. Collective.
  public func sweep() throws {
    let number = UInt64(sweepsDone)
    // The upper word distinguishes replicas; 2⁴⁸ sweeps fit below.
    let words = (UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32) ^ UInt32(replica) << 16)
    let (shift, colours) = checkerboard(words)
    try particles.arrange(shift: shift)
    for (turn, colour) in colours.enumerated() {
      if turn > 0 { try particles.updateGhosts(ofColour: colours[turn - 1]) }
      sweepColour(colour, shift, words)
    }
    sweepsDone += 1
  }

  /// Returns the origin of the blocks, each component in [0, 1), and a random order of the colours; both depend on the
  /// seed and the sweep alone.
  private func checkerboard(_ sweep: (UInt32, UInt32)) -> (Vector, [Int]) {
    func pair(_ draw: UInt32) -> (Double, Double) {
      let w = shifts.words(draw, 0, sweep.0, sweep.1)
      return (RandomStream.unit(w.0, w.1), RandomStream.unit(w.2, w.3))
    }
    let (x, y) = pair(0)
    let shift = Vector(x, y, particles.grid.dimension == 3 ? pair(1).0 : 0)
    var colours = Array(0..<particles.grid.colourCount)
    for k in stride(from: colours.count - 1, to: 0, by: -1) {
      colours.swapAt(k, min(k, Int(pair(UInt32(2 + k)).0 * Double(k + 1))))
    }
    return (shift, colours)
  }

  /// Makes the trial moves in all blocks of a colour that this rank owns.
  private func sweepColour(_ colour: Int, _ shift: Vector, _ sweep: (UInt32, UInt32)) {
    let (grid, cell) = (particles.grid, particles.cell)
    var around: [Range<Int32>] = []
    particles.brick.forEachCell { b in
      guard grid.colour(of: b) == colour else { return }
      let own = particles.particles(of: b, around: &around)
      guard !own.isEmpty else { return }
      var corner = Vector.zero
      for k in 0..<cell.dimension {
        corner += ((Double(b[k]) + shift[k]) / Double(grid.counts[k])) * cell.edges[k]
      }
      let frame = BlockArena.Frame(
        origin: cell.fixed(corner), quantum: cell.quantum, fractions: blockFractions, lower: blockLower,
        upper: blockUpper)
      arena.load(
        frame, records: particles.columns.records.pointer, ids: particles.columns.ids.pointer, own: own, others: around)
      let stream = MoveStream(random: moves, block: UInt32(truncatingIfNeeded: grid.number(of: b)), sweep: sweep)
      let result = particles.interaction.trialMoves.make(arena, rule, stream)
      arena.store(to: particles.columns.records.pointer)
      tally.add(result)
      changes.add(result.energyChange, to: 0)
    }
  }

  /// Updates ``energy`` and returns the moves of all ranks since the last call. Collective.
  public func takeTally() throws -> MoveTally {
    energy += try changes.reduce(over: communicator)[0]
    let total = try tally.total(over: communicator)
    tally = MoveTally()
    return total
  }

  /// Changes the step towards a given acceptance of displacements. It is meant for a burn-in only, since a step that
  /// follows the configuration breaks detailed balance.
  public func tuneStep(_ tally: MoveTally, to acceptance: Double) {
    guard tally.displacements > 0 else { return }
    let factor = min(max(tally.displacementAcceptance / acceptance, 0.7), 1.4)
    let spacing = meanSpacing(
      volume: particles.cell.volume, count: particles.totalCount, dimension: particles.cell.dimension)
    rule.step = min(rule.step * factor, spacing / 2)
  }

  /// Returns the present configuration as a separate system, with energy and stress evaluated. Collective.
  public func system(skin: Double) throws -> ParticleSystem {
    let system = try ParticleSystem(
      particles.snapshot(), interaction: particles.interaction, skin: skin, communicator: communicator)
    try system.evaluate(.forcesEnergyAndStress)
    return system
  }
}

extension MoveTally {
  /// Returns the sum of the tallies of all ranks. Collective.
  func total(over communicator: Communicator) throws -> MoveTally {
    var counts = [displacements, acceptedDisplacements, swaps, eligibleSwaps, acceptedSwaps]
    try communicator.reduce(&counts, .sum)
    var total = MoveTally()
    (total.displacements, total.acceptedDisplacements) = (counts[0], counts[1])
    (total.swaps, total.eligibleSwaps, total.acceptedSwaps) = (counts[2], counts[3], counts[4])
    return total
  }

  mutating func add(_ other: MoveTally) {
    displacements += other.displacements
    acceptedDisplacements += other.acceptedDisplacements
    swaps += other.swaps
    eligibleSwaps += other.eligibleSwaps
    acceptedSwaps += other.acceptedSwaps
  }

  /// Accepted displacements per trial; NaN if there were none.
  public var displacementAcceptance: Double { Double(acceptedDisplacements) / Double(displacements) }
  /// Accepted swaps per trial of two particles whose sizes differ by less than the window; NaN if there were none.
  public var swapAcceptance: Double { Double(acceptedSwaps) / Double(eligibleSwaps) }
}
