import Foundation
import MessagePassing

func hex(_ x: Double) -> String { String(x.bitPattern, radix: 16) }

private func expect(_ condition: Bool, _ what: String, _ world: Communicator) throws {
  try world.coordinated { if !condition { throw Failure(.messagePassing, "rank \(world.rank): \(what)") } }
}

/// A well-mixed number that belongs to an item: the same on all ranks.
func mixed(_ item: Int) -> UInt64 {
  var z = UInt64(truncatingIfNeeded: item) &* 0x9e37_79b9_7f4a_7c15 &+ 0x1234_5678
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}

/// Collectives, sums and exchanges whose every value says where it comes from and where it belongs. Prints the bits of
/// the sums, which must not depend on the number of ranks.
func messages(_ world: Communicator, _ arguments: [String]) throws {
  let (rank, size) = (world.rank, world.size)

  // Sums: terms over the whole range of exponents, dealt out to the ranks in a way that depends on their number.
  let sums = ExactSums(count: 4)
  for item in 0..<5000 where Int(mixed(item) % UInt64(size)) == rank {
    let bits = mixed(item + 1_000_000)
    let fraction = Double(bits >> 11) * 0x1p-53 - 0.5
    sums.add(fraction, to: 0)
    sums.add(Double(sign: .plus, exponent: Int(bits % 1800) - 900, significand: fraction), to: 1)
    // Each term comes twice with opposite signs, but for one subnormal number.
    let large = Double(sign: .plus, exponent: 900 - Int(bits % 1800), significand: fraction)
    sums.add(large, to: 2)
    sums.add(-large, to: 2)
    if item == 4321 {
      sums.add(0x1p-1070, to: 2)
      sums.add(.nan, to: 3)
    }
    sums.add(1, to: 3)
  }
  let totals = try sums.reduce(over: world)
  try expect(totals[2] == 0x1p-1070, "what is left of the cancelling terms is \(totals[2])", world)
  try expect(totals[3].isNaN, "the sum with a NaN is \(totals[3])", world)
  let everywhere = try world.gather(totals[1].bitPattern)
  try expect(everywhere.allSatisfy { $0 == everywhere[0] }, "the ranks disagree on a sum", world)
  if world.isRoot { print("sums \(hex(totals[0])) \(hex(totals[1])) \(hex(totals[2]))") }

  // An exchange of everyone with everyone, some with nothing: source, destination and number in each value.
  func count(_ source: Int, _ destination: Int) -> Int { (source * 3 + destination * 5 + source * destination) % 4 }
  func value(_ source: Int, _ destination: Int, _ k: Int, _ w: Int) -> Int64 {
    Int64(((source * 1000 + destination) * 1000 + k) * 10 + w)
  }
  func values(_ pairs: [(Int, Int)]) -> [Int64] {
    pairs.flatMap { s, d in (0..<count(s, d)).flatMap { k in (0..<2).map { value(s, d, k, $0) } } }
  }
  let exchange = try Exchange(world, sendCounts: (0..<size).map { count(rank, $0) })
  let sent = values((0..<size).map { (rank, $0) })
  let received = try exchange.forward(sent, width: 2)
  try expect(received == values((0..<size).map { ($0, rank) }), "forwards came \(received)", world)
  try expect(try exchange.backward(received, width: 2) == sent, "backwards came something else", world)
  let nothing = try Exchange(world, sendCounts: [Int](repeating: 0, count: size))
  try expect(try nothing.forward([Double](), width: 3).isEmpty, "nothing became something", world)

  // Collectives.
  let last = size - 1
  try expect(try world.broadcast("from rank \(rank): ü", from: last) == "from rank \(last): ü", "broadcast", world)
  try expect(
    try world.broadcast(rank == last ? [Int64](repeating: 7, count: 5) : [], from: last).count == 5, "array", world)
  try expect(try world.gather(Int64(rank * rank)) == (0..<size).map { Int64($0 * $0) }, "gather", world)
  let lists = try world.gather([Int32](repeating: Int32(rank), count: rank % 3))
  try expect(lists == (0..<size).flatMap { [Int32](repeating: Int32($0), count: $0 % 3) }, "gathered \(lists)", world)
  try expect(try world.exclusiveSum(rank + 1) == rank * (rank + 1) / 2, "exclusive sum", world)
  try expect(try world.reduce(Double(rank), .maximum) == Double(last), "maximum", world)
  try expect(try world.reduce(rank, .minimum) == 0, "minimum", world)
  try expect(try world.reduce(1, .sum) == size, "sum", world)

  // Messages in a ring; even ranks send first, so that nobody waits for all.
  if size > 1 {
    let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size)
    var got: [Int64] = []
    if rank % 2 == 0 { try world.send([value(rank, next, 0, 0)], to: next, tag: 5) }
    got = try world.receive(Int64.self, count: 1, from: previous, tag: 5)
    if rank % 2 == 1 { try world.send([value(rank, next, 0, 0)], to: next, tag: 5) }
    try expect(got == [value(previous, rank, 0, 0)], "the ring brought \(got)", world)
  }
}

/// Tasks in groups of any size: each is done once, by a group that agrees on it; results come back in order, whichever
/// numbers they hold; and of groups one of which fails, the others do all of their tasks.
func rankGroups(_ world: Communicator, _ arguments: [String]) throws {
  struct Result: Codable {
    var task: Int
    var number: Double
  }
  let numbers = [0.1, .infinity, -.infinity, .leastNonzeroMagnitude, -0.0]
  for count in [1, 2, 3, 5, 11] {
    for ranks in [nil, 1, 2, 3, 100] {
      let groups =
        try ranks.map { try RankGroups(count, ranksPerGroup: $0, noun: "task", over: world) }
        ?? RankGroups(count, noun: "task", over: world)
      var first: [Int] = []
      try groups.tryFirst { task, _ in first.append(task) }
      try expect(first == Array(groups.mine.prefix(1)), "first \(first)", world)
      var own: [Int: Result] = [:]
      var done = [Int](repeating: 0, count: count)
      try groups.run { task, group in
        try expect(try group.gather(task).allSatisfy { $0 == task }, "a group is not of one mind", group)
        own[task] = Result(task: task, number: numbers[task % numbers.count])
        if group.isRoot { done[task] += 1 }
      }
      try world.reduce(&done, .sum)
      try expect(done.allSatisfy { $0 == 1 }, "times done \(done)", world)
      let all = try groups.gather(own)
      try expect(all.map(\.task) == Array(0..<count), "results of \(all.map(\.task))", world)
      let same = all.allSatisfy { $0.number.bitPattern == numbers[$0.task % numbers.count].bitPattern }
      try expect(same, "numbers \(all.map(\.number))", world)

      // The last rank of the group of the last task fails at it.
      var finished: [Int] = []
      do {
        try groups.run { task, group in
          try group.coordinated {
            if task == count - 1, group.rank == group.size - 1 { throw Failure(.physics, "no ground") }
          }
          finished.append(task)
        }
        try expect(false, "nothing was thrown", world)
      } catch let failure as Failure {
        try expect(
          failure.kind == .physics && failure.message == "task \(count - 1): no ground" && failure.agreedRank != nil,
          "thrown: \(failure.message)", world)
      }
      try expect(finished == groups.mine.filter { $0 != count - 1 }, "finished \(finished)", world)
    }
  }
}

/// `RANK KIND`: one rank fails in coordinated work; each rank prints what it saw, and the failure goes on.
func failTogether(_ world: Communicator, _ arguments: [String]) throws {
  let origin = Int(arguments[0])!
  let kind = Failure.Kind(rawValue: Int32(arguments[1])!)!
  do {
    try world.coordinated { if world.rank >= origin { throw Failure(kind, "rank \(world.rank) could not go on") } }
  } catch {
    let failure = error as! Failure
    // Written whole, so that lines of different ranks do not mix.
    FileHandle.standardOutput.write(
      Data("seen by \(world.rank): \(failure.message), code \(failure.kind.rawValue)\n".utf8))
    throw failure
  }
}

/// `RANK`: a rank fails while the others wait for it in a collective call.
func failAlone(_ world: Communicator, _ arguments: [String]) throws {
  if world.rank == Int(arguments[0])! { throw Failure(.physics, "a particle has left the world") }
  try world.barrier()
}

/// `RANK`: a rank traps while the others wait.
func trap(_ world: Communicator, _ arguments: [String]) throws {
  if world.rank == Int(arguments[0])! { fatalError("a trap on purpose") }
  try world.barrier()
}

/// `RANK`: a rank leaves with exit code 0 while the others wait.
func leave(_ world: Communicator, _ arguments: [String]) throws {
  if world.rank == Int(arguments[0])! { exit(0) }
  try world.barrier()
}

/// `RANK`: a rank never comes to a meeting of all.
func deadlock(_ world: Communicator, _ arguments: [String]) throws {
  Heartbeat.enter(phase: "waiting for rank \(arguments[0])")
  if world.rank == Int(arguments[0])! { while true { sleep(100) } }
  try world.barrier()
}
