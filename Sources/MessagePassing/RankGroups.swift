import Foundation

/// Independent tasks dealt to groups of ranks, each group with a communicator of its own: replicas, realisations, the
/// points of a curve.
///
/// Group g of G does the tasks g, g + G, g + 2G … one after the other. Who does a task depends on the number of ranks;
/// results come back by the number of the task. A group that fails leaves out the rest of its own tasks; the others do
/// theirs to the end, and then all ranks throw.
public struct RankGroups {
  public let taskCount: Int
  /// The tasks of this rank's group, in the order in which they are done; none on ranks that are left over.
  public let mine: [Int]
  /// The ranks of this group; all ranks where there is one group.
  public let group: Communicator
  private let world: Communicator
  /// What a task is called in messages of failure; nil for nothing.
  private let noun: String?

  /// Makes as many groups as there are tasks, where there are enough ranks; all ranks belong to a group. Collective.
  public init(_ taskCount: Int, noun: String? = nil, over world: Communicator) throws {
    let count = min(taskCount, world.size)
    try self.init(taskCount, noun, number: world.rank * count / world.size, of: count, over: world)
  }

  /// Makes groups of so many ranks each, or one of all where there are fewer; ranks that are left over have no tasks.
  /// Collective.
  public init(_ taskCount: Int, ranksPerGroup: Int, noun: String? = nil, over world: Communicator) throws {
    let ranks = min(ranksPerGroup, world.size)
    try self.init(taskCount, noun, number: world.rank / ranks, of: world.size / ranks, over: world)
  }

  private init(_ taskCount: Int, _ noun: String?, number: Int, of count: Int, over world: Communicator) throws {
    self.taskCount = taskCount
    self.noun = noun
    self.world = world
    mine = number < count ? Array(stride(from: number, to: taskCount, by: count)) : []
    group = try world.reduce(number, .maximum) == 0 ? world : try world.split(group: number)
  }

  /// Does the tasks of this group; a failure of any group is thrown on all ranks when all groups are done. Collective.
  public func run(_ work: (_ task: Int, _ group: Communicator) throws -> Void) throws { try run(mine, work) }

  /// Does something with the first task of each group. Collective.
  public func tryFirst(_ work: (_ task: Int, _ group: Communicator) throws -> Void) throws {
    try run(Array(mine.prefix(1)), work)
  }

  private func run(_ tasks: [Int], _ work: (_ task: Int, _ group: Communicator) throws -> Void) throws {
    var own: Failure?
    for task in tasks where own == nil {
      do { try work(task, group) } catch let failure as Failure where failure.agreedRank != nil {
        own = noun.map { failure.prefixed(by: "\($0) \(task)") } ?? failure
      }
    }
    if group === world, let own { throw own }
    try world.agree(on: own)
  }

  /// Brings the results of all tasks to all ranks, in the order of the tasks. For short ones only: each rank holds them
  /// all. Collective.
  /// - Parameter own: the results of the tasks of this group, the same on all of its ranks.
  public func gather<Value: Codable>(_ own: [Int: Value]) throws -> [Value] {
    if world.size == 1 { return (0..<taskCount).map { own[$0]! } }
    return try (0..<taskCount).map { task in
      let owner = try world.reduce(own[task] == nil ? world.size : world.rank, .minimum)
      precondition(owner < world.size, "no group has a result of task \(task)")
      let data = try world.coordinated { try own[task].map { Array(try JSONCoding.encoder.encode([$0])) } ?? [] }
      let received = try world.broadcast(data, from: owner)
      return try own[task] ?? JSONCoding.decoder.decode([Value].self, from: Data(received))[0]
    }
  }
}
