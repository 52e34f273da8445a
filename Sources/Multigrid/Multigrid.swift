import MessagePassing
import Particles

/// A geometric multigrid preconditioner for the Hessian of a glass. The finest level holds stiff bonds between the
/// particles; the grids above it hold the elastic continuum of the global cells. One application is one V-cycle.
///
/// Chebyshev iteration with block-Jacobi smooths each level, and the grids are those of fractions of the box. So
/// nothing depends on the order of the particles or on the ranks that hold them, and the result has the same bits
/// everywhere. It works in single precision.
public final class Multigrid {
  /// Layers of ghost nodes that a rank keeps around its nodes.
  public static let ghostLayers = NodeGrid.ghostLayers

  private let system: ParticleSystem
  private let elements: ElementStiffness
  private var decomposition: Decomposition
  private var levels: [GridLevel] = []
  private var transfers: [GridTransfer] = []
  private var particles: ParticleLevel
  private var coarsest = CoarsestSolve()

  private let largestReplicated: Int

  /// Builds the hierarchy of grids. Collective.
  /// - Parameter largestReplicated: grids with at most this number of nodes are held by every rank. That is cheaper
  ///   than exchanging their edges, and gives the same bits.
  public init(_ system: ParticleSystem, largestReplicated: Int = 1000) throws {
    self.system = system
    self.largestReplicated = largestReplicated
    elements = ElementStiffness(dimension: system.dimension)
    decomposition = system.cells
    (levels, transfers) = try Self.hierarchy(system, largestReplicated)
    particles = ParticleLevel(system, coarse: levels[0])
  }

  private static func hierarchy(_ system: ParticleSystem, _ largestReplicated: Int) throws -> (
    levels: [GridLevel], transfers: [GridTransfer]
  ) {
    let communicator = try system.communicator.channel()
    let rank = communicator.rank
    let first = NodeGrid.shared(system.cells, rank: rank)
    var levels = [
      GridLevel(first.nodeCount <= largestReplicated ? first.replicated() : first, communicator: communicator)
    ]
    var transfers: [GridTransfer] = []
    while true {
      let fine = levels.last!
      let shared = fine.grid.coarsened(rank: rank)
      let isCoarsest = shared.counts == fine.grid.counts
      if isCoarsest && fine.grid.isReplicated { break }
      let becomesReplicated = !shared.isReplicated && (isCoarsest || shared.nodeCount <= largestReplicated)
      let coarse = GridLevel(becomesReplicated ? shared.replicated() : shared, communicator: communicator)
      transfers.append(GridTransfer(from: fine, to: coarse, share: shared.box, communicator: communicator))
      levels.append(coarse)
    }
    return (levels, transfers)
  }

  /// Updates the preconditioner for H + `shift` at the present positions, which must have been evaluated. Collective.
  public func refresh(shift: Double = 0) throws {
    if system.cells != decomposition {
      decomposition = system.cells
      (levels, transfers) = try Self.hierarchy(system, largestReplicated)
      particles = ParticleLevel(system, coarse: levels[0])
    }
    try particles.refresh(shift: Float(shift))
    for transfer in transfers { try transfer.coarsenCells() }
    for level in levels { try level.assemble(elements, shift: Float(shift), communicator: system.communicator) }
    coarsest.factorise(levels.last!)
  }

  /// Computes z ≈ H⁻¹ r for owned particles. Collective.
  public func apply(_ r: UnsafePointer<Double>, into z: UnsafeMutablePointer<Double>) throws {
    let (d, stride, count) = (system.dimension, particles.stride, system.ownedCount)
    let (solution, residual) = (particles.solution.pointer, particles.residual.pointer)
    for i in 0..<count {
      for k in 0..<d { residual[i * stride + k] = Float(r[i * d + k]) }
      for k in 0..<stride { solution[i * stride + k] = 0 }
    }
    let smoother = Chebyshev(largestEigenvalue: particles.largestEigenvalue)
    try smoother.smooth(particles)
    try particles.updateResidual()
    try particles.restrict()
    try cycle(0)
    try particles.prolong()
    particles.correct(1, 0)
    try particles.updateResidual()
    try smoother.smooth(particles)
    for i in 0..<count { for k in 0..<d { z[i * d + k] = Double(solution[i * stride + k]) } }
  }

  /// Computes the solution of a grid from its residual by a V-cycle. Collective.
  private func cycle(_ index: Int) throws {
    let level = levels[index]
    guard index < transfers.count else { return coarsest.solve(level) }
    let smoother = Chebyshev(largestEigenvalue: level.largestEigenvalue)
    level.solution.clear()
    try smoother.smooth(level)
    try level.updateResidual()
    try transfers[index].restrict()
    try cycle(index + 1)
    try transfers[index].prolong()
    level.correct(1, 0)
    try level.updateResidual()
    try smoother.smooth(level)
  }
}
