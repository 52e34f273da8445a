import Foundation

/// Local stresses to begin with, in σ_c.
public enum InitialStresses: Sendable, Equatable {
  /// The same stress in all blocks.
  case delta(Double)
  case gaussian(mean: Double, deviation: Double)
  /// Bins that ascend, and their weights.
  case histogram(edges: [Double], weights: [Double])
  /// The stationary state at a strain rate.
  case stationary(rate: Double)

  /// The smallest and the largest stress; nil if there are no bounds.
  public var range: ClosedRange<Double>? {
    switch self {
    case .delta(let stress): stress...stress
    case .histogram(let edges, _): edges.first!...edges.last!
    case .gaussian, .stationary: nil
    }
  }

  /// The largest magnitude of a stress that occurs.
  public var reach: Double {
    switch self {
    case .delta(let stress): stress.magnitude
    case .gaussian(let mean, let deviation): mean.magnitude + 9 * deviation
    case .histogram(let edges, _): max(edges.first!.magnitude, edges.last!.magnitude)
    case .stationary: 0
    }
  }

  /// Returns the probabilities of the cells, moved by a stress, for each threshold.
  func probabilities(_ equation: MasterEquation, movedBy shift: Double) throws -> [Double] {
    let grid = equation.grid
    var shares = [Double](repeating: 0, count: grid.count)
    switch self {
    case .delta(let stress):
      let (cell, second) = grid.share(stress + shift)
      shares[cell] += 1 - second
      shares[cell + 1] += second
    case .gaussian(let mean, let deviation):
      func below(_ x: Double) -> Double { erfc((mean + shift - x) / (deviation * 2.0.squareRoot())) / 2 }
      for i in 0..<grid.count { shares[i] = below(grid.faces[i + 1]) - below(grid.faces[i]) }
    case .histogram(let edges, let weights):
      for (weight, (a, b)) in zip(weights, zip(edges, edges.dropFirst())) where weight > 0 {
        Self.spread(weight, from: a + shift, to: b + shift, over: grid, into: &shares)
      }
    case .stationary(let rate):
      let state = try GridStationaryState(equation, rate: rate).probabilities
      guard shift != 0 else { return state }
      // Cell by cell, moved and shared among the cells that it then covers.
      var moved = [Double](repeating: 0, count: state.count)
      for k in equation.weights.indices {
        var part = [Double](repeating: 0, count: grid.count)
        for i in 0..<grid.count {
          Self.spread(
            state[k * grid.count + i], from: grid.faces[i] + shift, to: grid.faces[i + 1] + shift, over: grid,
            into: &part)
        }
        for i in 0..<grid.count { moved[k * grid.count + i] = part[i] }
      }
      return moved
    }
    let sum = shares.reduce(0, +)
    return equation.weights.flatMap { weight in shares.map { weight * $0 / sum } }
  }

  /// Shares a probability that is uniform between two stresses among the cells; beyond the grid, the last cells take
  /// it.
  private static func spread(
    _ weight: Double, from a: Double, to b: Double, over grid: StressGrid, into shares: inout [Double]
  ) {
    var cell = max(0, min(grid.count - 1, (grid.faces.firstIndex { $0 > a } ?? grid.count) - 1))
    var start = a
    while start < b {
      let end = cell == grid.count - 1 ? b : max(start, min(b, grid.faces[cell + 1]))
      shares[cell] += weight * (end - start) / (b - a)
      start = end
      if cell == grid.count - 1 { break }
      cell += 1
    }
  }
}
