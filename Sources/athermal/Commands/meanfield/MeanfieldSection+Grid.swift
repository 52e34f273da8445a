import Configuration
import MeanField

extension MeanfieldSection {
  /// Returns the grid of stress for a model that flows at these rates (in the units of the config).
  func grid(_ model: MeanFieldModel, _ rates: [Double], bins: Int? = nil) -> StressGrid {
    let unit = MeanfieldUnits(self).rate
    let (low, high) = (rates.min()! / unit, rates.max()! / unit)
    // √D at the lowest rate, in which the density falls to zero at the threshold; blocks are carried past it by γ̇τ.
    let width = max(ExactStationaryState(alpha: model.alpha, rate: low).diffusion.squareRoot(), low)
    return grid(model, layer: width, fastest: high, reach: 0, bins: bins)
  }

  /// Returns a grid of stress.
  /// - Parameters:
  ///   - layer: width at the threshold that has to be resolved, in σ_c.
  ///   - fastest: largest strain rate, reduced.
  ///   - reach: largest initial stress, in σ_c.
  func grid(_ model: MeanFieldModel, layer: Double, fastest: Double, reach: Double, bins: Int? = nil) -> StressGrid {
    let thresholds = model.thresholds.map(\.value)
    let (least, most) = (thresholds.min()!, thresholds.max()!)
    // Several thresholds, and kicks of a given size, need cells of about the same width from zero to the thresholds.
    let smallest: Double =
      switch noise {
      case _ where most > least: most
      case .gaussian: 1e-6
      case .levy: 0.01
      case .measured: 0.5
      }
    let given = self.layer.map { $0 / localYieldStress } ?? min(1, max(layer, smallest))
    // Beyond the threshold the density falls by a factor e over this length at most.
    let decay = (fastest + (fastest * fastest + 4 * model.alpha).squareRoot()) / 2
    return StressGrid(
      bins: bins ?? self.bins, threshold: most, layer: given,
      reach: max(most, reach) + model.largestKick + 36 * decay)
  }
}
