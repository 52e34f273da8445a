/// `melt` of `[flow]`: the liquid from which the glass is made before it flows.
public struct FlowMelt: Sendable, Equatable {
  /// Temperature of the liquid, in units of ε/k_B.
  public var temperature: Double
  /// Time at that temperature, in reduced units.
  public var time: Double
  /// Time in which the temperature then falls, linearly, to that of the flow; 0 for at once.
  public var coolingTime: Double

  /// - Parameter final: the temperature of the flow.
  init?(_ parent: Table, final: Double) {
    let table = parent.table("melt")
    let temperature = table.number("temperature", .moderate, hint: "add temperature = …, that of the liquid")
    let time = table.number("time", .moderate, hint: "add time = …, at that temperature")
    let coolingTime = table.number(
      "cooling_time", Bound(words: "at least 0 and at most 1e9 in reduced units") { $0 >= 0 && $0 <= 1e9 },
      hint: "add cooling_time = …, in which the liquid is cooled to the temperature of the flow")
    if let temperature, temperature <= final {
      table.report(
        "'temperature' in [\(table.name)] is \(temperature), and that of the flow is \(final)",
        hint: "a melt is hotter than the flow", key: "temperature")
    }
    guard let temperature, let time, let coolingTime else { return nil }
    self.temperature = temperature
    self.time = time
    self.coolingTime = coolingTime
  }
}
