import Geometry

/// A pair potential compiled into the loops over neighbour lists, for one dimension of space.
///
/// The loops are specialised where this value is made; a call costs one indirect jump per loop, not per pair.
public struct PairInteraction {
  public let dimension: Int
  public let parameter: ParticleParameter
  /// Whether φ'' jumps, or vanishes with a root, where a pair begins to interact.
  public let isContact: Bool
  /// The cutoff of two particles with the given parameters.
  public let cutoff: (Double, Double) -> Double
  /// The sum of the magnitudes of the terms of φ' where a pair with a cutoff begins to interact.
  public let slopeTerms: (_ cutoff: Double) -> Double
  /// φ and four derivatives at a distance.
  public let derivatives: (_ distance: Double, _ a: Double, _ b: Double) -> PairDerivatives
  /// Forces alone.
  public let forces: (ParticleArrays, NeighbourList) -> Void
  /// Forces, energies and stress contributions.
  public let forcesAndStress: (ParticleArrays, NeighbourList) -> Void
  /// The product of the Hessian with a displacement field.
  public let hessianProduct:
    (ParticleArrays, NeighbourList, _ field: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>) -> Void
  /// The diagonal blocks of the Hessian, dimension² numbers per particle.
  public let hessianDiagonal: (ParticleArrays, NeighbourList, _ blocks: UnsafeMutablePointer<Double>) -> Void
  /// Fills blocks of the Hessian, pair by pair.
  public let assembleBlocks: (ParticleArrays, NeighbourList, PairBlocks.Content, PairBlocks) -> Void
  /// The stiffness that each particle would have if all moved affinely (``AffineStiffness``).
  public let affineStiffness: (ParticleArrays, PairBlocks, _ result: UnsafeMutablePointer<Float>) -> Void
  /// Bonds, the sum of |φ'| and the largest φ'' of each particle, three numbers per particle.
  public let bonds: (ParticleArrays, NeighbourList, _ result: UnsafeMutablePointer<Double>) -> Void
  /// The bonds of the owned particles, with derivatives to fourth order.
  public let collectBonds: (ParticleArrays, NeighbourList, _ ownedCount: Int, _ network: BondNetwork) -> Void
  /// Metropolis moves of the particles of a block (``MoveRule``), as many as it has particles.
  public let tryMoves: (BlockArena, MoveRule, MoveStream) -> MoveTally
  /// Prepare columns of pairs whose parameters are there; their φ'/r and φ''/r² − φ'/r³; their φ.
  public let scaleColumns: (PairColumns) -> Void
  public let stiffnessOfColumns: (PairColumns) -> Void
  public let energyOfColumns: (PairColumns) -> Void
  /// Lists the neighbours of `ownedCount` particles within cutoff plus skin.
  let list:
    (
      NeighbourList, UnsafePointer<Int64>, _ quantum: Double, _ skin: Double, _ ownedCount: Int, _ cells: Int,
      _ cell: (Int) -> CellNeighbourhood
    ) -> Void

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
    cutoff = { potential.cutoff($0, $1) }
    slopeTerms = { potential.slopeTerms(cutoff: $0) }
    derivatives = { potential.derivatives($0, $1, $2) }
    forces = { computeForces(potential, S.self, ForcesAlone.self, $0, $1) }
    forcesAndStress = { computeForces(potential, S.self, ForcesEnergyAndStress.self, $0, $1) }
    hessianProduct = { multiplyHessian(potential, S.self, $0, $1, $2, $3) }
    hessianDiagonal = { computeHessianDiagonal(potential, S.self, $0, $1, $2) }
    assembleBlocks = { Interactions.assembleBlocks(potential, S.self, $0, $1, $2, into: $3) }
    affineStiffness = { computeAffineStiffness(potential, S.self, $0, $1.list, $2) }
    bonds = { measureBonds(potential, S.self, $0, $1, $2) }
    collectBonds = { Interactions.collectBonds(potential, S.self, $0, $1, ownedCount: $2, into: $3) }
    tryMoves = { makeTrialMoves(potential, S.self, $0, $1, $2) }
    scaleColumns = { Interactions.scaleColumns(potential, $0) }
    stiffnessOfColumns = { Interactions.stiffnessOfColumns(potential, $0) }
    energyOfColumns = { Interactions.energyOfColumns(potential, $0) }
    list = { findNeighbours(potential, S.self, $0, $1, $2, $3, $4, $5, $6) }
  }

  /// Fills `list` for all owned particles, cell by cell. `neighbourhood(k)` describes the k-th
  /// owned cell.
  public func listNeighbours(
    into list: NeighbourList, records: UnsafePointer<Int64>, quantum: Double, skin: Double,
    ownedCount: Int, cellCount: Int, neighbourhood: (Int) -> CellNeighbourhood
  ) {
    self.list(list, records, quantum, skin, ownedCount, cellCount, neighbourhood)
  }
}

/// Pointers to the columns that the kernels read and write. Records hold 4 words per particle, owned first, then
/// ghosts: three coordinates in quanta and the bits of the parameter.
public struct ParticleArrays {
  public let records: UnsafePointer<Int64>
  public let quantum: Double
  /// Forces on owned particles, `dimension` per particle, and room for one more particle that takes the padding.
  public let forces: UnsafeMutablePointer<Double>
  /// Per owned particle, ``contributionStride(dimension:)`` numbers: the energy ½ Σ φ, then ½ Σ (φ'/r) x⊗x as xx, yy,
  /// xy (2D) or xx, yy, zz, xy, xz, yz (3D); the particle's share of V σ. Room for one more particle.
  public let contributions: UnsafeMutablePointer<Double>

  public init(
    records: UnsafePointer<Int64>, quantum: Double, forces: UnsafeMutablePointer<Double>,
    contributions: UnsafeMutablePointer<Double>
  ) {
    self.records = records
    self.quantum = quantum
    self.forces = forces
    self.contributions = contributions
  }

  public static func contributionStride(dimension: Int) -> Int { dimension == 2 ? 4 : 7 }
}
