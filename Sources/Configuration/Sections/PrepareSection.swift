/// `[prepare]`: the equilibration of a liquid by SWAP Monte Carlo, and its quench.
public struct PrepareSection: Sendable, Equatable {
  /// Parent temperatures in units of ε/k_B, one stay each, in this order.
  public var temperatures: [Double]
  /// Number of sweeps at each temperature that are measured, after ``burnIn`` sweeps that are not.
  public var sweeps: Int
  public var burnIn: Int
  /// Share of the trial moves that exchange two sizes.
  public var swapFraction: Double
  /// Largest difference of two sizes that are exchanged, in reduced units of length; infinite for species.
  public var sizeWindow: Double
  /// Half-width of trial displacements, in reduced units of length; nil if the burn-in tunes it for acceptance.
  public var step: Double?
  /// Smallest width of a block of the checkerboard, in units of the largest cutoff.
  public var block: Double
  /// Number of independent runs.
  public var replicas: Int
  /// Whether each state is minimised.
  public var quench: Bool
  public var seed: UInt64
  /// Whether states that are not in equilibrium count as a success.
  public var acceptUnequilibrated: Bool

  /// Reads the section. `hasSizes` tells continuous sizes from species; nil if the potential has a mistake.
  init?(_ table: Table, hasSizes: Bool?) {
    let temperatures: [Double]? = table.value(
      "temperatures", expected: "an array of numbers greater than 0",
      hint: "write temperatures = [0.7, 0.4], in the order of cooling; a temperature is greater than 0",
      toml: { "\($0)" }, mayHold: { ($0.finiteNumber ?? 0) > 0 },
      convert: { value in
        guard case .array(let elements) = value.content else { return nil }
        let numbers = elements.compactMap(\.finiteNumber)
        return numbers.count == elements.count && !numbers.isEmpty && numbers.allSatisfy { $0 > 0 } ? numbers : nil
      })
    sweeps = table.integer("sweeps", .count(from: 20), default: 100_000)
    burnIn = table.integer("burn_in", .count(from: 1), default: 20_000)
    swapFraction = table.number("swap_fraction", .fraction, default: 0.2)
    if hasSizes == false {
      table.forbid(
        "size_window", because: "has no effect on species", hint: "remove it; species are exchanged as they are")
      sizeWindow = .infinity
    } else {
      sizeWindow = table.number("size_window", .positive, default: 0.2)
    }
    step = table.optionalNumber("step", .positive)
    block = table.number(
      "block",
      Bound(words: "at least 1: a block as wide as the largest cutoff is the smallest that keeps moves apart") {
        $0 >= 1
      },
      default: 2)
    replicas = table.integer("replicas", .between(1, 65535), default: 1)
    quench = table.boolean("quench", default: true)
    acceptUnequilibrated = table.boolean("accept_unequilibrated", default: false)
    let seed = table.integer(
      "seed", .atLeast(0), hint: "add seed = …; there is no default because the seed is part of the result")
    guard let temperatures, let seed else { return nil }
    self.temperatures = temperatures
    self.seed = UInt64(seed)
  }
}
