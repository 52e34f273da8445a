import Foundation
import MessagePassing
import Testing

@testable import MeanField

/// Stationary states on a grid against the exact ones.
@Suite struct GridStationaryStateTests {
  /// Finite volumes of second order. The layer of the grid is as wide as that of the state, so that all three sizes are
  /// in the range where h² leads.
  @Test(arguments: [(0.01, 0.1), (0.1, 0.3), (1.0, 1.0)]) func errorsFallAsTheSquareOfTheWidth(
    rate: Double, layer: Double
  ) throws {
    let exact = ExactStationaryState(alpha: 0.3, rate: rate)
    let states = try [500, 1000, 2000].map {
      try GridStationaryState(MeanFieldModel(alpha: 0.3), rate: rate, grid: .of($0, layer: layer, fastest: rate))
    }
    for order in orders(states.map { $0.stress - exact.stress }) + orders(states.map { $0.activity - exact.activity }) {
      #expect(order > 1.8 && order < 2.2)
    }
    #expect(abs(states[2].stress - exact.stress) < 1e-4 * exact.stress)
    let sum = states[2].probabilities.reduce(0, +)
    #expect(abs(sum - 1) < 1e-13 && states[2].probabilities.allSatisfy { $0 >= -1e-16 })
  }

  /// Yielding releases 0.05 per block and time at most: at a rate of 0.1 stresses grow without end, and no state is
  /// stationary.
  @Test func smallDropsHaveNoStationaryState() throws {
    let model = MeanFieldModel(alpha: 0.3, relaxation: .drops([(amount: 0.05, weight: 1)]))
    #expect {
      _ = try GridStationaryState(model, rate: 0.1, grid: .of(200, fastest: 0.1))
    } throws: { error in
      (error as? Failure).map { $0.kind == .physics && $0.message.contains("less than the strain adds") } ?? false
    }
  }

  /// Where advection outruns diffusion, faces are weighted upwind; at a grid of 4000 cells states are within 1e-3.
  @Test(arguments: [(0.05, 1e-3), (0.05, 1.0), (0.3, 30.0), (2.0, 0.1)]) func hardStatesAreWithinAThousandth(
    alpha: Double, rate: Double
  ) throws {
    let exact = ExactStationaryState(alpha: alpha, rate: rate)
    let grid = StressGrid(
      bins: 2000, threshold: 1, layer: min(1, max(exact.diffusion.squareRoot(), rate)),
      reach: 2 + 36 * (rate + (rate * rate + 4 * alpha).squareRoot()) / 2)
    let state = try GridStationaryState(MeanFieldModel(alpha: alpha), rate: rate, grid: grid)
    #expect(abs(state.stress / exact.stress - 1) < 1e-3)
    #expect(abs(state.activity / exact.activity - 1) < 1e-3)
  }
}
