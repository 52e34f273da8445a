import Configuration
import Dynamics

/// The stages of a flow: a melt, if there is one, and the shear rates in turn.
struct FlowPlan {
  let melt: [FlowStage]
  let shear: [FlowStage]
  /// Number of rows of each rate before measurements begin.
  let discarded: [Int]

  /// Number of rows of all rates.
  var rows: Int { shear.reduce(0) { $0 + $1.rows + 1 } }

  init(_ flow: FlowSection) {
    let interval = flow.measure.every
    let final = TemperatureRamp(constant: flow.motion.temperature)
    func rows(_ time: Double) -> Int { max(1, Int((time / interval).rounded())) }
    melt =
      flow.melt.map { melt in
        let hot = FlowStage(
          rate: 0, temperature: TemperatureRamp(constant: melt.temperature), interval: interval, rows: rows(melt.time))
        guard melt.coolingTime > 0 else { return [hot] }
        return [
          hot,
          FlowStage(
            rate: 0,
            temperature: TemperatureRamp(
              from: melt.temperature, to: flow.motion.temperature, in: melt.coolingTime),
            interval: interval, rows: rows(melt.coolingTime)),
        ]
      } ?? []
    switch flow.driving {
    case .shear(let shear):
      self.shear = shear.rates.map {
        FlowStage(rate: $0, temperature: final, interval: interval, rows: rows(shear.strain / $0))
      }
      // A quotient that rounding has made a little larger than a whole number is that number.
      discarded = shear.rates.map { Int((shear.discard / $0 / interval * (1 - 1e-12)).rounded(.up)) }
    case .relaxation(let time):
      self.shear = [FlowStage(rate: 0, temperature: final, interval: interval, rows: rows(time))]
      discarded = [0]
    }
  }
}
