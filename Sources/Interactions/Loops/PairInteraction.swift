/// A pair potential compiled into the loops over particles and pairs, for one dimension of space.
///
/// The loops are specialised where this value is created. A call costs one indirect jump per loop, not per pair. The
/// loops are grouped in tables, each declared beside its kernels: a new loop is a line in its table.
public struct PairInteraction {
  public let dimension: Int
  public let parameter: ParticleParameter
  /// Whether φ'' jumps, or vanishes like a root, where a pair begins to interact.
  public let isContact: Bool
  /// Whether neighbour lists hold a scale for each pair.
  public let hasScale: Bool
  /// Cutoff of two particles with the given parameters.
  public let cutoff: (Double, Double) -> Double
  /// Sum of the magnitudes of the terms of φ' where a pair with a cutoff begins to interact.
  public let slopeTerms: (_ cutoff: Double) -> Double
  /// Potential φ and four derivatives at a distance.
  public let derivatives: (_ distance: Double, _ a: Double, _ b: Double) -> PairDerivatives

  public let neighbours: NeighbourLoops
  public let forces: ForceLoops
  public let hessian: HessianLoops
  public let drag: DragLoops
  public let pairBlocks: PairBlockLoops
  public let bonds: BondLoops
  public let columns: ColumnLoops
  public let trialMoves: TrialMoveLoops

  /// Compiles `potential` for a dimension. Call it with a concrete type: a generic caller would give slow loops.
  @inline(__always)
  public init<Potential: PairPotential>(_ potential: Potential, dimension: Int) {
    if dimension == 2 {
      self.init(potential, in: Plane.self)
    } else {
      self.init(potential, in: Volume.self)
    }
  }

  @inline(__always)
  private init<Potential: PairPotential, S: Space>(_ potential: Potential, in space: S.Type) {
    dimension = S.dimension
    parameter = potential.parameter
    isContact = Potential.isContact
    hasScale = Potential.hasScale
    cutoff = { potential.cutoff($0, $1) }
    slopeTerms = { potential.slopeTerms(cutoff: $0) }
    derivatives = { potential.derivatives($0, $1, $2) }
    neighbours = NeighbourLoops(potential, in: S.self)
    forces = ForceLoops(potential, in: S.self)
    hessian = HessianLoops(potential, in: S.self)
    drag = DragLoops(potential, in: S.self)
    pairBlocks = PairBlockLoops(potential, in: S.self)
    bonds = BondLoops(potential, in: S.self)
    columns = ColumnLoops(potential)
    trialMoves = TrialMoveLoops(potential, in: S.self)
  }
}
