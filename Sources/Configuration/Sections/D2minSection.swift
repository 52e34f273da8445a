/// `[d2min]`: the squared nonaffine displacement of each particle's neighbourhood.
public struct D2minSection: Sendable, Equatable {
  public enum Normalisation: String, Word {
    /// Mean over the neighbours.
    case mean
    /// Sum over the neighbours.
    case sum
  }

  /// The configuration from which displacements are measured.
  public enum Reference: String, Word {
    /// The configuration a ``window`` of strain ago.
    case window
    /// The first configuration of the run.
    case initial
  }

  /// Strain over which displacements are measured.
  public var window: Double
  /// Radius of the neighbourhood, in d = ρ^(−1/dim).
  public var radius: Double
  public var normalisation: Normalisation
  /// D²min above which a particle counts as plastic, in reduced units of squared length.
  public var threshold: Double
  public var reference: Reference

  /// A section whose values nothing reads.
  static let unused = D2minSection(window: 1, radius: 1, normalisation: .mean, threshold: 1, reference: .window)

  private init(
    window: Double, radius: Double, normalisation: Normalisation, threshold: Double, reference: Reference
  ) {
    (self.window, self.radius, self.normalisation) = (window, radius, normalisation)
    (self.threshold, self.reference) = (threshold, reference)
  }

  init(_ table: Table) {
    reference = table.choice("reference", default: .window)
    window = table.number("window", .positive, default: 0.01)
    radius = table.number("radius", .positive, default: 2.5)
    normalisation = table.choice("normalisation", default: .mean)
    threshold = table.number("threshold", .positive, default: 0.01)
  }
}
