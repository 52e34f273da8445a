import Configuration
import MessagePassing

/// Ranks in groups of equal size, each with its share of the realisations; with one realisation, all ranks together.
struct RealisationGroups {
  let isSingle: Bool
  private let world: Communicator
  private let group: Communicator
  /// The realisations of this group of ranks, one after the other.
  let mine: [Int]

  /// Collective.
  init(_ epm: EpmSection, over world: Communicator) throws {
    self.world = world
    isSingle = epm.realisations == 1
    guard !isSingle else {
      group = world
      mine = [0]
      let planes = epm.shape[0]
      let inUse = (planes + (planes + world.size - 1) / world.size - 1) / ((planes + world.size - 1) / world.size)
      if world.isRoot, inUse < world.size {
        print("\(inUse) of \(world.size) ranks hold planes of the lattice; the others only wait")
      }
      return
    }
    let size = min(epm.ranksPerRealisation, world.size)
    let count = world.size / size
    let number = world.rank / size
    if world.isRoot, epm.ranksPerRealisation > world.size {
      print(
        "epm.ranks_per_realisation = \(epm.ranksPerRealisation), but there are \(world.size) ranks; each realisation "
          + "takes all of them")
    } else if world.isRoot, world.size % size != 0 {
      print("\(world.size % size) of \(world.size) ranks have nothing to do in groups of \(size)")
    }
    group = try world.split(group: number)
    mine = number < count ? Array(stride(from: number, to: epm.realisations, by: count)) : []
  }

  /// Runs the realisations of this group; a failure of any group is thrown on all ranks when all groups are done.
  /// Collective.
  func run(_ work: (_ realisation: Int, _ communicator: Communicator) throws -> Void) throws {
    if isSingle { return try work(0, world) }
    try run(mine, work)
  }

  /// Does something with the first realisation of each group, before they are run. Collective.
  func tryOne(_ work: (_ realisation: Int, _ communicator: Communicator) throws -> Void) throws {
    try run(Array(mine.prefix(1)), work)
  }

  private func run(_ realisations: [Int], _ work: (_ realisation: Int, _ communicator: Communicator) throws -> Void)
    throws
  {
    var failure: Failure?
    for realisation in realisations where failure == nil {
      do { try work(realisation, group) } catch let error as Failure where error.agreedRank != nil {
        failure = Failure(error.kind, "realisation \(realisation): \(error.message)")
      }
    }
    try world.agree(on: failure)
  }
}
