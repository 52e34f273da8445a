import Foundation
import MessagePassing

/// Independent runs, dealt out to groups of ranks: as many groups as there are replicas, where there are enough ranks.
struct Replicas {
  private let world: Communicator
  private let groups: Int
  private let group: Int
  /// The replicas of this rank's group, one after the other.
  let mine: [Int]

  init(_ count: Int, over world: Communicator) {
    self.world = world
    groups = min(count, world.size)
    let groups = self.groups
    let group = world.rank * groups / world.size
    self.group = group
    mine = (0..<count).filter { $0 % groups == group }
  }

  /// The ranks of this group. Collective over all.
  func communicator() throws -> Communicator { groups == 1 ? world : try world.split(group: group) }

  /// Does a group's work; a failure that the group has agreed on becomes one of all ranks, once the others are done.
  /// Collective over all.
  func agree(_ work: () throws -> Void) throws {
    var own: Failure?
    do { try work() } catch let failure as Failure where failure.agreedRank != nil {
      own = failure
    }
    try world.agree(on: own)
  }

  /// What the group of a replica knows, on all ranks; nil elsewhere. Collective over all.
  func shared<Value: Codable>(_ value: Value?) throws -> Value? {
    let owner = try world.reduce(value == nil ? world.size : world.rank, .minimum)
    guard owner < world.size else { return nil }
    let data = try world.broadcast(try value.map { Array(try JSONEncoder.states.encode([$0])) } ?? [], from: owner)
    return try value ?? JSONDecoder.states.decode([Value].self, from: Data(data))[0]
  }

  /// The states of all groups on rank 0, by replica; elsewhere those of this group. Collective over all.
  func collected(_ states: [PreparedState]) throws -> [PreparedState] {
    guard groups > 1 else { return states }
    let isFirst = world.rank == 0 || (world.rank - 1) * groups / world.size != group
    let data = isFirst ? try JSONEncoder.states.encode(states) : Data()
    let all = try world.gather(Array(data))
    let sizes = try world.gather(data.count)
    var result: [PreparedState] = []
    var start = 0
    for size in sizes where size > 0 {
      result += try JSONDecoder.states.decode([PreparedState].self, from: Data(all[start..<(start + size)]))
      start += size
    }
    return result.enumerated().sorted { ($0.element.replica, $0.offset) < ($1.element.replica, $1.offset) }.map(
      \.element)
  }
}

extension JSONEncoder {
  fileprivate static var states: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
}

extension JSONDecoder {
  fileprivate static var states: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}
