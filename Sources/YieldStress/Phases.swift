/// What the time of a yield map went into, in seconds of this rank.
public struct Phases: Sendable {
  /// Copies of particles, bonds and their derivatives, once for all cavities.
  public internal(set) var surroundings = 0.0
  /// Free particles and bonds of each cavity.
  public internal(set) var cavities = 0.0
  public internal(set) var assembly = 0.0
  public internal(set) var factorisation = 0.0
  /// Right hand sides and solves.
  public internal(set) var solves = 0.0
  /// The sums over the bonds that give the stress.
  public internal(set) var contraction = 0.0
  public internal(set) var eigenvalues = 0.0
  /// Shearing step by step.
  public internal(set) var shearing = 0.0

  init() {}

  static func += (a: inout Phases, b: Phases) {
    a.assembly += b.assembly
    a.factorisation += b.factorisation
    a.solves += b.solves
    a.contraction += b.contraction
    a.eigenvalues += b.eigenvalues
  }
}
