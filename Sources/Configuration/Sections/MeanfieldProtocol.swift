/// What is imposed on the blocks of a mean-field model, and from which stresses they begin.
public enum MeanfieldProtocol: Sendable, Equatable {
  /// Stationary states at these rates.
  case flowCurve(rates: [Double])
  /// Shear at rates that hold from given times on, up to a strain.
  case startUp(rates: [Double], times: [Double], finalStrain: Double, initial: MeanfieldInitial)
  /// Flow at a rate that stops at time 0.
  case stop(rate: Double, duration: Double)
  /// A strain at time 0, at once.
  case step(strain: Double, duration: Double, initial: MeanfieldInitial)
  /// A stress from time 0 on.
  case creep(stress: Double, duration: Double, initial: MeanfieldInitial)
  case oscillation(amplitude: Double, frequency: Double, cycles: Int, initial: MeanfieldInitial)
  /// Nothing but time.
  case ageing(duration: Double, initial: MeanfieldInitial)
  /// A measured flow curve, to be described by the model, and measured block stresses.
  case fit(MeanfieldMeasurement)

  enum Name: String, Word {
    case flowCurve = "flow-curve"
    case startUp = "start-up"
    case stop, step, creep, oscillation, ageing, fit

    fileprivate var keys: [String] {
      switch self {
      case .flowCurve: ["rates"]
      case .startUp: ["rates", "times", "final_strain", "initial"]
      case .stop: ["rates", "duration"]
      case .step: ["step_strain", "duration", "initial"]
      case .creep: ["stress", "duration", "initial"]
      case .oscillation: ["amplitude", "frequency", "cycles", "initial"]
      case .ageing: ["duration", "initial"]
      case .fit: ["measured"]
      }
    }
  }

  private static let keys = [
    "rates", "times", "final_strain", "duration", "step_strain", "stress", "amplitude", "frequency", "cycles",
    "initial", "measured",
  ]

  /// Reads the name of the protocol, which decides about other keys even if the protocol itself is wrong.
  static func name(in table: Table) -> Name? {
    let names = Name.allCases.map(\.rawValue)
    return table.choice(
      "protocol",
      hint: "add protocol = \"…\"; the possibilities are \(names.joined(separator: ", "))")
  }

  init?(_ name: Name?, _ table: Table, folder: String) {
    guard let name else {
      for key in Self.keys { table.know(key) }
      return nil
    }
    for key in Self.keys where !name.keys.contains(key) {
      table.forbid(key, because: "has no effect on protocol = \"\(name.rawValue)\"", hint: "remove it")
    }
    guard let loading = Self.read(name, table, folder) else { return nil }
    self = loading
  }

  private static func read(_ name: Name, _ table: Table, _ folder: String) -> MeanfieldProtocol? {
    let initial = name.keys.contains("initial") ? MeanfieldInitial(table, folder: folder) : nil
    let duration =
      name.keys.contains("duration")
      ? table.number("duration", .positive, hint: "add duration = …, the time at which the run ends") : nil
    switch name {
    case .flowCurve:
      return rates(table, areAscending: true).map { .flowCurve(rates: $0) }
    case .startUp:
      return startUp(table, initial)
    case .stop:
      guard let rates = rates(table, areAscending: false), let duration else { return nil }
      if rates.count != 1 {
        table.report(
          "'rates' in [\(table.name)] holds \(rates.count) rates", hint: "give one, that of the flow before it stops",
          key: "rates")
        return nil
      }
      return .stop(rate: rates[0], duration: duration)
    case .step:
      let strain = table.number("step_strain", .moderate, hint: "add step_strain = …, the strain at time 0")
      guard let strain, let duration, let initial else { return nil }
      return .step(strain: strain, duration: duration, initial: initial)
    case .creep:
      let stress = table.number("stress", .moderate, hint: "add stress = …, which is imposed from time 0 on")
      guard let stress, let duration, let initial else { return nil }
      return .creep(stress: stress, duration: duration, initial: initial)
    case .oscillation:
      let amplitude = table.number("amplitude", .moderate, hint: "add amplitude = …, of the strain")
      let frequency = table.number("frequency", .moderate, hint: "add frequency = …, in radians per unit of time")
      let cycles = table.integer(
        "cycles", .between(1, 100_000), hint: "add cycles = …; moduli are those of the last one")
      guard let amplitude, let frequency, let cycles, let initial else { return nil }
      return .oscillation(amplitude: amplitude, frequency: frequency, cycles: cycles, initial: initial)
    case .ageing:
      guard let duration, let initial else { return nil }
      return .ageing(duration: duration, initial: initial)
    case .fit:
      return MeanfieldMeasurement(table).map { .fit($0) }
    }
  }

  private static func startUp(_ table: Table, _ initial: MeanfieldInitial?) -> MeanfieldProtocol? {
    let strain = table.number("final_strain", .moderate, hint: "add final_strain = …, at which the run ends")
    let rates = rates(table, areAscending: false)
    let times = table.gives("times") ? table.numbers("times", .notNegative, hint: "") : [0]
    table.know("times")
    guard let strain, let rates, let times, let initial else { return nil }
    guard times.count == rates.count, times.first == 0, zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }) else {
      table.report(
        "'times' in [\(table.name)] does not go with \(rates.count) rates",
        hint: "give the time from which each rate holds, ascending, the first 0", key: "times")
      return nil
    }
    return .startUp(rates: rates, times: times, finalStrain: strain, initial: initial)
  }

  private static func rates(_ table: Table, areAscending: Bool) -> [Double]? {
    let hint = "write for example rates = [0.01, 0.1]"
    guard let rates = table.numbers("rates", .positive, hint: hint) else { return nil }
    guard !rates.isEmpty else {
      table.report("'rates' in [\(table.name)] is empty", hint: "give at least one rate", key: "rates")
      return nil
    }
    guard !areAscending || zip(rates, rates.dropFirst()).allSatisfy({ $0 < $1 }) else {
      table.report(
        "'rates' in [\(table.name)] do not ascend", hint: "write them from the lowest to the highest, each once",
        key: "rates")
      return nil
    }
    return rates
  }
}
