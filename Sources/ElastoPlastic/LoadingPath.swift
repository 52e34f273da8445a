/// Targets of strain (or stress) that the load reaches one after the other.
public struct LoadingPath: Sendable {
  public enum Control: Sendable {
    /// Strain control: the targets are strains, and the strain is constant while blocks yield.
    case strain
    /// Stress control: the targets are stresses, and the stress is constant while blocks yield. The run ends when the
    /// strain reaches `strainLimit`.
    case stress(strainLimit: Double)
  }

  public var control: Control
  public var targets: [Double]

  /// Whether the strain is controlled.
  var isStrain: Bool { if case .strain = control { true } else { false } }

  /// Creates a path from zero to a final value.
  public init(_ control: Control, to final: Double) {
    self.control = control
    targets = [final]
  }

  /// Creates a path of cycles 0 → a → −a → 0 under strain control.
  public init(cyclesOf amplitude: Double, count: Int) {
    control = .strain
    targets = Array((0..<count).map { _ in [amplitude, -amplitude] }.joined()) + [0]
  }
}
