import Foundation
import MessagePassing

/// The stationary state of any model on a grid, at a strain rate greater than 0: one root for the activity, with a
/// linear equation for the probabilities at each guess.
public struct GridStationaryState: Sendable {
  public let rate: Double
  public let activity: Double
  /// The mean stress ⟨σ⟩.
  public let stress: Double
  public let grid: StressGrid
  /// The density P(σ) in the cells of the grid.
  public let density: [Double]
  let probabilities: [Double]

  private static let mostRounds = 40
  /// Largest part of all blocks in an outermost cell. Few bins, which are wide there, hold less of a decaying density;
  /// blocks whose stress grows without end are a hundredth or more.
  private static let mostAtEnds = 1e-4

  /// - Parameter acceptsCoarse: whether the grid may be too coarse for the kicks, as one that only shows an error.
  /// - Throws: an input failure if the grid is too coarse for the noise, a failure of kind `notConverged` if no
  ///   solution is found, one of kind `physics` if blocks reach the end of the grid.
  public init(_ model: MeanFieldModel, rate: Double, grid: StressGrid, acceptsCoarse: Bool = false) throws {
    try self.init(try MasterEquation(model, grid, acceptsCoarse: acceptsCoarse), rate: rate)
  }

  /// - Throws: an input failure if a grid is too coarse for the noise of a model.
  public static func requireResolution(of model: MeanFieldModel, on grid: StressGrid) throws {
    _ = try MasterEquation(model, grid)
  }

  init(_ equation: MasterEquation, rate: Double) throws {
    self.rate = rate
    let grid = equation.grid
    self.grid = grid
    let what = "stationary state at rate \(rate)"
    // Where diffusion is weak, the weights of the faces depend on the state: they are found together with it.
    var faces = [Double](repeating: 0.5, count: equation.count)
    var probabilities = (0..<equation.count).map {
      grid.widths[$0 % grid.count] * exp(-grid.centres[$0 % grid.count].magnitude)
    }
    var (found, change) = (min(0.5, rate), 1.0)
    for round in 0..<Self.mostRounds where change > 1e-12 {
      let weights = equation.faceWeights(probabilities, rate: rate, activity: found)
      if round > 0, weights == faces {
        change = 0
        break
      }
      // Halfway, so that limited faces do not flip between two states.
      faces = round < 2 ? weights : zip(faces, weights).map { ($0 + $1) / 2 }
      func state(_ activity: Double) throws -> [Double] {
        let matrix = equation.linear(shift: 0, scale: 1, rate: rate, activity: activity, faces: faces)
        return try matrix.solveStationary(what)
      }
      func excess(_ logarithm: Double) throws -> Double {
        let guess = exp(logarithm)
        let state = try state(guess)
        return equation.activity(state) / guess - 1
      }
      let width = min(0.5, 2 * change)
      var (low, high) = (log(found) - width, log(found) + width)
      while try excess(low) < 0, low > -200 { low -= 4 * width }
      while try excess(high) > 0, high < 50 { high += 2 * width }
      guard low > -200, high < 50 else {
        throw Failure.everywhere(.notConverged, "\(what): no activity solves the equations")
      }
      let before = found
      found = exp(try ScalarRoot.find(between: low, and: high, tolerance: min(1e-3, change) * 1e-3, excess))
      change = (found / before - 1).magnitude
      probabilities = try state(found)
    }
    guard change < 1e-4 else {
      throw Failure.everywhere(
        .notConverged, "\(what): the activity still changes by \(change) of itself; take more bins")
    }
    let atEnds = equation.probabilityAtEnds(probabilities)
    guard atEnds < Self.mostAtEnds else {
      throw Failure.everywhere(
        .physics,
        "\(what): a part \(atEnds) of the blocks is at the end of the grid, \(grid.faces.last!) σ_c; yielding releases "
          + "less than the strain adds, or hardly more, or the grid has too few bins")
    }
    self.probabilities = probabilities
    activity = found
    stress = equation.meanStress(probabilities)
    density = equation.density(probabilities)
  }
}
