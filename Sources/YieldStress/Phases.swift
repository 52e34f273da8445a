/// Time of the phases of a yield map on this rank, in seconds.
public struct Phases: Sendable {
  /// Time of copies of particles, bonds and their derivatives, once for all cavities.
  public internal(set) var surroundings = 0.0
  /// Time to find the free particles and bonds of each cavity.
  public internal(set) var cavities = 0.0
  public internal(set) var assembly = 0.0
  public internal(set) var factorisation = 0.0
  /// Time of right-hand sides and solves.
  public internal(set) var solves = 0.0
  /// Time of the sums over the bonds that give the stress.
  public internal(set) var contraction = 0.0
  public internal(set) var eigenvalues = 0.0
  /// Time of explicit shearing.
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
