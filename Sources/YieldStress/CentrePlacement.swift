import Geometry
import MessagePassing
import Particles

/// The centres of the cavities of this rank: the particle closest to each of its nodes, or the nodes themselves, and
/// the surroundings that contain all cavities.
struct CentrePlacement {
  struct Node {
    /// Number of the node, from 0.
    var number: Int
    /// Copy of the closest particle.
    var copy: Int
    /// Centre of the cavity.
    var place: FixedVector
    /// Whether an earlier node has the same centre.
    var isDuplicate: Bool
  }

  let nodes: [Node]
  let total: Int
  let surroundings: Surroundings

  /// Finds the closest particle of each node. Collective.
  /// - Parameters:
  ///   - reach: distance from a centre within which particles are needed.
  ///   - isAbsent: whether an owned particle is excluded.
  init(_ system: ParticleSystem, _ centres: Centres, reach: Double, isAbsent: (Int) -> Bool) throws {
    let communicator = system.communicator
    let own = centres.own(system)
    total = centres.total(system)
    // If the particles leave a hole around a node, the search is repeated with a larger radius.
    var hole = 1.5 * system.spacing
    while true {
      let surroundings = try Surroundings(
        system, around: own.map(\.place), reach: hole + reach, binWidth: max(system.range, system.spacing),
        isAbsent: isAbsent)
      let closest = own.map { surroundings.closest(to: $0.place, within: hole) }
      let missing = try communicator.reduce(closest.contains { $0 == nil } ? 1 : 0, .maximum)
      if missing == 0 {
        let copies = closest.map { $0! }
        let isDuplicate = try Self.duplicates(
          own.map(\.number), copies.map { surroundings.ids[$0] }, totalCount: system.totalCount, over: communicator)
        let isBetweenParticles = if case .blocks = centres { true } else { false }
        nodes = own.indices.map {
          Node(
            number: own[$0].number, copy: copies[$0],
            place: isBetweenParticles ? own[$0].place : surroundings.position(copies[$0]),
            isDuplicate: !isBetweenParticles && isDuplicate[$0])
        }
        self.surroundings = surroundings
        return
      }
      hole *= 2
    }
  }

  /// Returns, for each particle that is in the shape around some centre, by its first copy, a copy around which no
  /// neighbour is missing; −1 for all others. Neighbours are missing around images at the border.
  func completeCopies(in shape: CavityShape) -> [Int32] {
    var complete = [Int32](repeating: -1, count: surroundings.count)
    for node in nodes where !node.isDuplicate {
      surroundings.forEach(near: node.place, range: shape.reach(dimension: surroundings.dimension)) { copy, x in
        if shape.contains(x) { complete[Int(surroundings.identity[copy])] = Int32(copy) }
      }
    }
    return complete
  }

  /// Returns, for each node, whether a node with a lower number has the same centre. Collective.
  private static func duplicates(
    _ nodes: [Int], _ centres: [Int64], totalCount: Int, over communicator: Communicator
  ) throws -> [Bool] {
    // The rank that holds the rows of an identifier decides.
    let (counts, order) = RowShares(totalCount, over: communicator).sendOrder(of: centres.lazy.map { Int($0) - 1 })
    let exchange = try Exchange(communicator, sendCounts: counts)
    let pairs = try exchange.forward(order.flatMap { [Int(centres[$0]), nodes[$0]] }, width: 2)
    var lowest: [Int: Int] = [:]
    for k in 0..<(pairs.count / 2) { lowest[pairs[2 * k]] = min(lowest[pairs[2 * k]] ?? .max, pairs[2 * k + 1]) }
    let verdicts = try exchange.backward(
      (0..<(pairs.count / 2)).map { lowest[pairs[2 * $0]]! < pairs[2 * $0 + 1] ? 1 : 0 })
    var result = [Bool](repeating: false, count: nodes.count)
    for (k, node) in order.enumerated() { result[node] = verdicts[k] == 1 }
    return result
  }
}
