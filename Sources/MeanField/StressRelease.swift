/// What is left of the stress of a block that yields.
public enum StressRelease: Sendable, Equatable {
  /// The stress becomes zero, as Hébraud and Lequeux assume.
  case complete
  /// The stress is lowered by a fraction of itself, 0 < f ≤ 1.
  case fraction(Double)
  /// The magnitude of the stress is lowered by one of these amounts (in σ_c), which may turn its sign.
  case drops([(amount: Double, weight: Double)])

  /// Returns the stresses after an event at `stress`, with their probabilities.
  func outcomes(of stress: Double) -> [(stress: Double, weight: Double)] {
    switch self {
    case .complete: [(0, 1)]
    case .fraction(let fraction): [(stress * (1 - fraction), 1)]
    case .drops(let drops): drops.map { (stress - (stress < 0 ? -$0.amount : $0.amount), $0.weight) }
    }
  }

  public static func == (a: StressRelease, b: StressRelease) -> Bool {
    switch (a, b) {
    case (.complete, .complete): true
    case (.fraction(let f), .fraction(let g)): f == g
    case (.drops(let f), .drops(let g)): f.map(\.amount) == g.map(\.amount) && f.map(\.weight) == g.map(\.weight)
    default: false
    }
  }
}
