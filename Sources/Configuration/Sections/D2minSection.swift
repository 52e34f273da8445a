/// `[d2min]`: the squared nonaffine displacement of each particle's neighbourhood.
public struct D2minSection: Sendable, Equatable {
  public enum Normalisation: String, Word {
    /// Per neighbour.
    case mean
    /// Over all neighbours.
    case sum
  }

  /// The configuration that displacements are measured from.
  public enum Reference: String, Word {
    /// The one a ``window`` of strain ago.
    case window
    /// The first of the run.
    case initial
  }

  /// Strain over which displacements are measured.
  public var window: Double
  /// Of the neighbourhood, in d = ρ^(−1/dim).
  public var radius: Double
  public var normalisation: Normalisation
  /// D²min above which a particle counts as plastic, in reduced units of squared length.
  public var threshold: Double
  public var reference: Reference

  init(_ table: Table) {
    reference = table.choice("reference", default: .window)
    window = table.number("window", .positive, default: 0.01)
    radius = table.number("radius", .positive, default: 2.5)
    normalisation = table.choice("normalisation", default: .mean)
    threshold = table.number("threshold", .positive, default: 0.01)
  }
}
