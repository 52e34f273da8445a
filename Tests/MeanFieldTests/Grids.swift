import Foundation

@testable import MeanField

extension StressGrid {
  /// Cells that end where the density has fallen to exp(−36) at these rates and couplings up to 1.
  static func of(_ bins: Int, layer: Double = 0.2, fastest: Double = 0, reach: Double = 0, most: Double = 1)
    -> StressGrid
  {
    let decay = (fastest + (fastest * fastest + 4).squareRoot()) / 2
    return StressGrid(bins: bins, threshold: most, layer: layer, reach: max(most, reach) + 36 * decay)
  }
}

/// Returns the orders at which errors fall from one value to the next, each with half the step.
func orders(_ errors: [Double]) -> [Double] { zip(errors, errors.dropFirst()).map { log2(abs($0 / $1)) } }
