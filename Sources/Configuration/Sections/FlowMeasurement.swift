import MessagePassing

/// `[flow.measure]`: what is measured while the particles flow. Lengths and times are in reduced units.
public struct FlowMeasurement: Sendable, Equatable {
  /// Time between two rows of the curve.
  public var every: Double
  /// Approximate side W of the blocks whose stresses are followed.
  public var block: Double
  /// Approximate side w₀ of the blocks of which clusters of plastic activity are made.
  public var smallBlock: Double
  /// Time δt over which D²min is taken; a multiple of ``every``.
  public var lag: Double
  /// D²min, summed over the neighbours, above which a particle is active, in units of squared length.
  public var threshold: Double
  /// Radius of the neighbourhood of D²min.
  public var radius: Double
  /// Longest time of the autocorrelation of D²min; 0 without flow.
  public var correlationTime: Double
  /// Longest time of the mean square difference of block stresses; nil for a tenth of what is measured at each rate.
  public var differenceTime: Double?
  /// Times between which the diffusion of block stresses is fitted; nil for no fit.
  public var fitWindow: ClosedRange<Double>?
  /// Number of states at each rate that are brought to rest for their local yield stresses.
  public var yieldSnapshots: Int

  /// Fewest rows from which errors can be told.
  static let fewestRows = 10.0
  /// Most rows at one rate: a hundred gigabytes.
  static let mostRows = 1e9

  /// - Parameters:
  ///   - driving: the driving; nil if it has a mistake.
  ///   - timeStep: the step of an integrator with equal steps; nil for another one, or one with a mistake.
  init(_ table: Table, driving: FlowDriving?, timeStep: Double?) {
    every = table.number("every", .moderate, default: 1)
    block = table.number("block", .moderate, default: 6)
    smallBlock = table.number("small_block", .moderate, default: 2)
    lag = table.number("lag", .moderate, default: 4)
    threshold = table.number("threshold", .moderate, default: 0.1)
    radius = table.number("radius", .moderate, default: 2.5)
    (correlationTime, differenceTime, fitWindow, yieldSnapshots) = (0, nil, nil, 0)
    if case .relaxation = driving {
      for (key, standard) in [
        ("correlation_time", nil), ("difference_time", nil), ("fit_window", nil), ("yield_snapshots", "0"),
      ] {
        table.forbid(
          key, because: "has no effect on rates = [0.0]", hint: "remove it; it belongs to a steady flow",
          default: standard)
      }
    } else {
      correlationTime = table.number("correlation_time", .moderate, default: 5 * lag)
      differenceTime = table.optionalNumber("difference_time", .moderate)
      fitWindow = table.window("fit_window", of: "times", for: "[2.0, 10.0]")
      yieldSnapshots = table.integer("yield_snapshots", .between(0, 100_000), default: 0)
    }
    checkLengths(table)
    checkMultiples(table, timeStep: timeStep)
    if let driving { checkTimes(table, driving) }
  }

  private func checkLengths(_ table: Table) {
    if smallBlock > block {
      table.report(
        "'small_block' in [\(table.name)] is \(smallBlock) and 'block' is \(block)",
        hint: "small_block must be at most block", key: table.gives("small_block") ? "small_block" : "block")
    }
  }

  private func checkMultiples(_ table: Table, timeStep: Double?) {
    if let timeStep, !every.isMultiple(of: timeStep) {
      let steps = max(1, (every / timeStep).rounded())
      table.report(
        "'every' in [\(table.name)] is \(every), and 'time_step' in [flow] is \(timeStep)",
        hint: "every must be a whole number of steps: take for example every = \((steps * timeStep).shown)",
        key: "every")
    } else if !lag.isMultiple(of: every) {
      let rows = max(1, (lag / every).rounded())
      table.report(
        "'lag' in [\(table.name)] is \(lag) and 'every' is \(every)",
        hint: "lag must be a multiple of every: take for example lag = \((rows * every).shown)",
        key: table.gives("lag") ? "lag" : "every")
    }
  }

  /// Reports times that are longer than what is measured at the fastest rate, where it is shortest.
  private func checkTimes(_ table: Table, _ driving: FlowDriving) {
    let measured = driving.shortestMeasuredTime
    let isFlow = if case .shear = driving { true } else { false }
    // A mistake of the strains is reported already.
    guard measured > 0 else { return }
    let remedy =
      isFlow ? "take more flow.strain, a slower fastest rate, or less flow.discard" : "take a longer flow.time"
    let place = isFlow ? "at the fastest rate" : "in the run"
    if every * Self.fewestRows > measured {
      table.report(
        "'every' in [\(table.name)] is \(every), and \(place) \(measured.shown) units of time are measured",
        hint: "at least \(Int(Self.fewestRows)) rows are needed: take a smaller every, or \(remedy)", key: "every")
      return
    }
    if driving.longestTime / every > Self.mostRows {
      table.report(
        "'every' in [\(table.name)] is \(every), which makes \((driving.longestTime / every).shown) rows",
        hint: "take a larger one: \(Self.mostRows.shown) rows are the most at one rate", key: "every")
    }
    for (key, time) in [
      ("lag", lag), ("correlation_time", table.gives("correlation_time") ? correlationTime : 0),
      ("difference_time", differenceTime ?? 0),
      ("fit_window", fitWindow?.upperBound ?? 0),
    ] where time > measured {
      table.report(
        "'\(key)' in [\(table.name)] reaches to \(time), and \(place) \(measured.shown) units of time are measured",
        hint: "take a shorter time, or \(remedy)", key: key)
      return
    }
    if let end = differenceTime, let fitWindow, fitWindow.upperBound > end {
      table.report(
        "'fit_window' in [\(table.name)] ends at \(fitWindow.upperBound), beyond 'difference_time', \(end)",
        hint: "take an earlier end, or a longer difference_time", key: "fit_window")
    }
    if Double(yieldSnapshots) > measured / every {
      table.report(
        "'yield_snapshots' in [\(table.name)] is \(yieldSnapshots), and \(place) there are "
          + "\(Int(measured / every)) rows", hint: "take fewer; each is the state at one row", key: "yield_snapshots")
    }
  }
}

extension Table {
  /// Reads two ascending numbers, between which a line is fitted; nil if the key is absent or has a mistake.
  func window(_ key: String, of what: String, for example: String) -> ClosedRange<Double>? {
    let hint = "write for example \(key) = \(example): the \(what) of the linear part, the first less than the second"
    know(key)
    guard gives(key), let ends = numbers(key, .notNegative, hint: hint) else { return nil }
    guard ends.count == 2, ends[0] < ends[1] else {
      report("'\(key)' in [\(name)] is not two ascending \(what)", hint: hint, key: key)
      return nil
    }
    return ends[0]...ends[1]
  }
}

extension Double {
  /// Whether the number is a whole multiple, 1 or more, of another one, to within a part in 10⁹.
  fileprivate func isMultiple(of unit: Double) -> Bool {
    let count = (self / unit).rounded()
    return count >= 1 && abs(self - count * unit) <= 1e-9 * self
  }
}
