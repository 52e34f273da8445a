import MessagePassing
import Storage
import YieldStress

/// Results of the local yield stresses of states of a flow at one rate.
struct LocalYieldResults {
  /// Quantity of a block in one state.
  enum Quantity: CaseIterable {
    case yieldStress, yieldStrain, stress, modulus, drop, eventStress, eventStrain

    /// Returns the values of the blocks of this rank; NaN for blocks without one.
    func values(of method: FrozenMatrixResult) -> [Double] {
      switch self {
      case .yieldStress: method.result.yields(.half, \.stress)
      case .yieldStrain: method.result.yields(.half, \.strain)
      case .stress: Self.coefficient(0, of: method)
      case .modulus: Self.coefficient(1, of: method)
      case .drop: method.eventDrops
      case .eventStress: method.eventStresses
      case .eventStrain: method.eventStrains
      }
    }

    private static func coefficient(_ order: Int, of method: FrozenMatrixResult) -> [Double] {
      let all = method.result.coefficients(.half)
      return method.result.nodes.indices.map { all[4 * $0 + order] }
    }
  }

  /// Mean over blocks and states, its standard error from the scatter of the states, and the standard deviation over
  /// the blocks of all states. NaN where there are too few of them.
  struct Moments {
    /// Number of blocks of all states that have the quantity.
    var count = 0
    var mean = Double.nan
    var error = Double.nan
    var deviation = Double.nan
  }

  /// Number of blocks along each edge.
  let shape: [Int]
  /// Rows of the states.
  let rows: [Int]
  /// Number of states that could not be brought to rest, and are left out.
  let unconverged: Int
  /// Number of blocks without a yield stress in all states, by reason.
  let discarded: [String: Int]
  /// Numbers of the blocks of this rank at each state: blocks × quantities.
  private let blocks: [[Double]]
  private let firstBlock: Int
  private let moments: [Moments]

  /// Computes the moments of what the ranks hold together. Collective.
  init(
    shape: [Int], rows: [Int], unconverged: Int, discarded: [String: Int], blocks: [[Double]], firstBlock: Int,
    over communicator: Communicator
  ) throws {
    self.shape = shape
    self.rows = rows
    self.unconverged = unconverged
    self.discarded = discarded
    self.blocks = blocks
    self.firstBlock = firstBlock
    moments = try Quantity.allCases.indices.map { try Self.moments($0, blocks, over: communicator) }
  }

  func moments(_ quantity: Quantity) -> Moments { moments[Quantity.allCases.firstIndex(of: quantity)!] }

  private static func moments(
    _ quantity: Int, _ blocks: [[Double]], over communicator: Communicator
  ) throws -> Moments {
    let width = Quantity.allCases.count
    /// Sums of a function of the values, and their number, in each state.
    func sums(_ term: (Double) -> Double) throws -> (sums: [Double], counts: [Double]) {
      let sums = ExactSums(count: 2 * blocks.count)
      for (state, numbers) in blocks.enumerated() {
        for value in stride(from: quantity, to: numbers.count, by: width).map({ numbers[$0] }) where !value.isNaN {
          sums.add(term(value), to: 2 * state)
          sums.add(1, to: 2 * state + 1)
        }
      }
      let all = try sums.reduce(over: communicator)
      return (blocks.indices.map { all[2 * $0] }, blocks.indices.map { all[2 * $0 + 1] })
    }
    let (totals, counts) = try sums { $0 }
    let count = counts.reduce(0, +)
    guard count > 0 else { return Moments() }
    var moments = Moments(count: Int(count), mean: totals.reduce(0, +) / count)
    let mean = moments.mean
    let squares = try sums { ($0 - mean) * ($0 - mean) }.sums.reduce(0, +)
    if count > 1 { moments.deviation = (squares / (count - 1)).squareRoot() }
    let states = zip(totals, counts).filter { $1 > 0 }.map { $0 / $1 }
    if states.count > 1 {
      let n = Double(states.count)
      let centre = states.reduce(0, +) / n
      let scatter = states.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
      moments.error = (scatter / (n * (n - 1))).squareRoot()
    }
    return moments
  }

  /// Returns the datasets of the rate number `k`.
  static func schema(rate k: Int) -> Schema<LocalYieldResults> {
    func column(
      _ quantity: Quantity, _ name: String, unit: String = "ε/λ^d", _ about: String
    ) -> Column<LocalYieldResults> {
      .array(name, "[blocks, states]", unit: unit, about) { $0.array(quantity) }
    }
    return .arrays(
      in: "rates/\(k)/yield",
      [
        column(.yieldStress, "yield_stress", "σ_c: stress of a block at its first maximum; NaN if there is none"),
        column(.yieldStrain, "yield_strain", unit: "1", "strain from the state at rest to that maximum"),
        column(.stress, "stress", "σ^m of the block at rest: σ_c − σ^m is its distance to yielding"),
        column(.modulus, "modulus", "shear modulus of the block in its matrix"),
        column(.drop, "drop", "Δσ: fall of the stress in the first plastic event; NaN if there is none"),
        column(.eventStress, "event_stress", "stress of the block before that event"),
        column(.eventStrain, "event_strain", unit: "1", "strain from the state at rest to that event"),
        .array("row", "[states]", "rows of the curve at which the states were taken") {
          ResultArray($0.rows.map(Double.init))
        },
        .array("blocks", "[d]", "blocks along each edge; blocks are numbered with the last edge fastest") {
          ResultArray($0.shape.map(Double.init))
        },
      ])
  }

  private func array(_ quantity: Quantity) -> ResultArray<Double> {
    let (width, place) = (Quantity.allCases.count, Quantity.allCases.firstIndex(of: quantity)!)
    let own = (blocks.first?.count ?? 0) / width
    let values = (0..<own).flatMap { block in blocks.map { $0[block * width + place] } }
    return ResultArray(rows: values, firstRow: firstBlock, shape: [shape.reduce(1, *), rows.count])
  }
}
