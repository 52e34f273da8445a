/// The strains (or stresses) that the load goes through one after the other.
public struct LoadingPath: Sendable {
  public enum Control: Sendable {
    /// The targets are strains, and the strain stays while blocks yield.
    case strain
    /// The targets are stresses, and the stress stays while blocks yield; the run ends where the strain is
    /// `strainLimit`.
    case stress(strainLimit: Double)
  }

  public var control: Control
  public var targets: [Double]

  /// Whether the strain is controlled.
  var isStrain: Bool { if case .strain = control { true } else { false } }

  /// From zero to a final value.
  public init(_ control: Control, to final: Double) {
    self.control = control
    targets = [final]
  }

  /// Cycles 0 → a → −a → 0.
  public init(cyclesOf amplitude: Double, count: Int) {
    control = .strain
    targets = Array((0..<count).map { _ in [amplitude, -amplitude] }.joined()) + [0]
  }
}
