/// `measured` of `[meanfield]`: a flow curve, and the diffusion and activity of block stresses.
public struct MeanfieldMeasurement: Sendable, Equatable {
  public var rates: [Double]
  public var stresses: [Double]
  /// Standard errors of the stresses; nil if they are all alike.
  public var errors: [Double]?
  /// ⟨Δσ²⟩/t of block stresses, and the rate of events per block; nil if not measured.
  public var diffusion: Double?
  public var activity: Double?

  init?(_ parent: Table) {
    let table = parent.table("measured")
    let rates = table.numbers("rates", .positive, hint: "add rates = […], those of the measured flow curve")
    let stresses = table.numbers("stresses", .positive, hint: "add stresses = […], one for each rate")
    errors = table.gives("errors") ? table.numbers("errors", .positive, hint: "") : nil
    table.know("errors")
    diffusion = table.optionalNumber("diffusion", .positive)
    activity = table.optionalNumber("activity", .positive)
    guard let rates, let stresses else { return nil }
    guard rates.count == stresses.count, errors.map({ $0.count == rates.count }) ?? true, rates.count >= 3 else {
      table.report(
        "'\(table.name)' has \(rates.count) rates and \(stresses.count) stresses"
          + (errors.map { ", with \($0.count) errors" } ?? ""),
        hint: "give three rates or more, a stress for each, and an error for each or none at all", key: "rates")
      return nil
    }
    guard (diffusion == nil) == (activity == nil) else {
      table.report("'\(table.name)' has only one of 'diffusion' and 'activity'", hint: "give both, or none")
      return nil
    }
    self.rates = rates
    self.stresses = stresses
  }
}
