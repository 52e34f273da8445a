import Geometry
import Interactions
import MessagePassing
import Particles
import Statics

#if ATHERMAL_PETSC
  import CMPI
  import CPETSc
  import CSLEPc
#endif

/// The softest vibrations of a configuration at rest: the lowest eigenpairs of the Hessian besides its
/// translations, for unit masses.
public struct SoftModes {
  /// One vibrational mode.
  public struct Mode {
    /// Eigenvalue ω².
    public let eigenvalue: Double
    /// Normalised displacements ψ of the owned particles.
    public let displacement: ParticleField
    /// Residual ‖H·ψ − ω²ψ‖.
    public let residual: Double
    /// Participation ratio (Σ ψ_i²)² / (N Σ ψ_i⁴): 1 if all particles move alike, 1/N if only one moves.
    public let participationRatio: Double
  }

  /// The modes, softest first.
  public let modes: [Mode]

  #if ATHERMAL_PETSC
    /// Returns the number of unknowns beyond which a factorisation is too large, so that multigrid is used instead.
    private static func largestFactorisation(_ dimension: Int) -> Int { dimension == 2 ? 400_000 : 12_000 }

    /// Computes the softest `count` modes, inside ``SparseLibrary/using(_:)``. Collective.
    /// - Parameter bonds: the bonds without those of rattlers (``BondNetwork/without(_:)``).
    /// - Throws: a failure of kind `notConverged` if fewer than `count` modes are found, or if
    ///   one has a negative eigenvalue.
    public static func compute(
      _ system: ParticleSystem, _ bonds: BondNetwork, null: NullSpace, count: Int, tolerance: Double
    ) throws -> SoftModes {
      let free = (system.totalCount - null.rattlerCount - 1) * system.dimension
      guard count <= free else {
        throw Failure.everywhere(
          .input,
          free > 0
            ? "expand.modes = \(count), but there are only \(free) modes; ask for fewer"
            : "expand.modes = \(count), but there are no modes: \(null.rattlerCount) of \(system.totalCount) particles "
              + "are rattlers; set it to 0")
      }
      let hessian = try SparseHessian(system, bonds, null, pinned: false)
      var solver: EPS?
      try check(EPSCreate(system.communicator.handle, &solver), "EPSCreate")
      defer { EPSDestroy(&solver) }
      try check(EPSSetOperators(solver, hessian.matrix, nil), "EPSSetOperators")
      try check(EPSSetProblemType(solver, EPS_HEP), "EPSSetProblemType")
      try check(EPSSetDimensions(solver, Int32(count), PETSC_DEFAULT, PETSC_DEFAULT), "EPSSetDimensions")
      try check(EPSSetTolerances(solver, tolerance, 5000), "EPSSetTolerances")
      var translations = try hessian.rigidMotions(null, withRotations: false)
      defer { for k in translations.indices { VecDestroy(&translations[k]) } }
      try check(EPSSetDeflationSpace(solver, Int32(translations.count), &translations), "EPSSetDeflationSpace")
      let isFactorised = system.totalCount * system.dimension <= largestFactorisation(system.dimension)
      try setMethod(solver, hessian, null, isFactorised: isFactorised)
      try check(EPSSetUp(solver), "EPSSetUp")
      if isFactorised { try requireNoNegativePivots(solver) }
      try check(EPSSolve(solver), "EPSSolve")
      Heartbeat.beat()
      let modes = try modes(
        solver, hessian, HessianOperator(system, bonds, null: null), count: count, tolerance: tolerance)
      if let lowest = modes.first, lowest.eigenvalue < -lowest.residual {
        throw Failure.everywhere(
          .notConverged,
          "the configuration is not a minimum: its Hessian has the eigenvalue \(lowest.eigenvalue); minimise it, or "
            + "move it off the saddle")
      }
      return SoftModes(modes: modes)
    }

    /// Chooses how the eigenpairs are found, and what the user has set otherwise. Collective.
    private static func setMethod(
      _ solver: EPS?, _ hessian: SparseHessian, _ null: NullSpace, isFactorised: Bool
    ) throws {
      if isFactorised {
        // A shift just below zero makes the matrix definite; the translations are its only eigenvalues there.
        let shift = -1e-8 * (try hessian.system.bondStatistics().largestStiffness)
        try SparseLibrary.setOptions(
          "-eps_type krylovschur -st_type sinvert -st_ksp_type preonly -st_pc_type cholesky "
            + "-st_pc_factor_mat_solver_type mumps -mat_mumps_icntl_13 1 -mat_mumps_icntl_14 200 "
            + "-st_mat_mumps_icntl_13 1 -st_mat_mumps_icntl_14 200")
        try check(EPSSetTarget(solver, shift), "EPSSetTarget")
        try check(EPSSetWhichEigenpairs(solver, EPS_TARGET_MAGNITUDE), "EPSSetWhichEigenpairs")
      } else {
        try hessian.setNullSpaces(null)
        try SparseLibrary.setOptions(
          "-eps_type lobpcg -st_pc_type gamg -st_pc_gamg_coarse_eq_limit 400 -st_ksp_type preonly")
        try check(EPSSetWhichEigenpairs(solver, EPS_SMALLEST_REAL), "EPSSetWhichEigenpairs")
      }
      try check(
        EPSMonitorSet(
          solver,
          { _, _, _, _, _, _, _, _ in
            Heartbeat.beat()
            return 0
          }, nil, nil), "EPSMonitorSet")
      try check(EPSSetFromOptions(solver), "EPSSetFromOptions")
    }

    /// Returns the modes that a solver has found, softest first by their Rayleigh quotients. Collective.
    private static func modes(
      _ solver: EPS?, _ hessian: SparseHessian, _ holding: HessianOperator, count: Int, tolerance: Double
    ) throws -> [Mode] {
      let system = hessian.system
      let d = system.dimension
      var found: Int32 = 0
      try check(EPSGetConverged(solver, &found), "EPSGetConverged")
      guard found >= Int32(count) else {
        throw Failure.everywhere(
          .notConverged,
          "only \(found) of expand.modes = \(count) modes converged to \(tolerance); ask for fewer, or allow a larger "
            + "expand.mode_tolerance")
      }
      var vector: Vec? = try hessian.vector { _, _ in 0 }
      defer { VecDestroy(&vector) }
      let product = system.makeField(width: d)
      var modes: [Mode] = []
      for k in 0..<count {
        try check(EPSGetEigenpair(solver, Int32(k), nil, nil, vector, nil), "EPSGetEigenpair")
        let field = system.makeField(width: d)
        try hessian.withValues(of: vector) { field.copy($0) }
        modes.append(try mode(field, product, system, holding))
      }
      return modes.sorted { $0.eigenvalue < $1.eigenvalue }
    }

    /// Verifies that there are no eigenvalues below the shift: the factor of the shifted matrix has as many negative
    /// pivots as there are such eigenvalues, whether or not they are among the requested ones.
    private static func requireNoNegativePivots(_ solver: EPS?) throws {
      var transformation: ST?
      var linear: KSP?
      var preconditioner: PC?
      var factor: Mat?
      try check(EPSGetST(solver, &transformation), "EPSGetST")
      try check(STGetKSP(transformation, &linear), "STGetKSP")
      try check(KSPGetPC(linear, &preconditioner), "KSPGetPC")
      try check(PCFactorGetMatrix(preconditioner, &factor), "PCFactorGetMatrix")
      var status: Int32 = 0
      var negative: Int32 = 0
      try check(MatMumpsGetInfog(factor, 1, &status), "MatMumpsGetInfog")
      try check(MatMumpsGetInfog(factor, 12, &negative), "MatMumpsGetInfog")
      guard status >= 0 else {
        throw Failure.everywhere(
          .notConverged, "the factorisation of the Hessian failed (MUMPS INFOG(1) = \(status)); set expand.modes = 0")
      }
      guard negative == 0 else {
        throw Failure.everywhere(
          .notConverged,
          "the configuration is not a minimum: its Hessian has \(negative) negative eigenvalues; minimise it, or move "
            + "it off the saddle")
      }
    }

    /// Makes a mode from its unnormalised displacements, with the Hessian of the bonds without
    /// those of rattlers. Collective.
    private static func mode(
      _ field: ParticleField, _ product: ParticleField, _ system: ParticleSystem, _ hessian: HessianOperator
    ) throws -> Mode {
      let d = system.dimension
      let norm = try system.dot(field.values, field.values).squareRoot()
      for i in 0..<(system.ownedCount * d) { field.values[i] /= norm }
      try hessian.multiply(field, into: product)
      let eigenvalue = try system.dot(field.values, product.values)
      product.add(-eigenvalue, field.values)
      let fourth = try system.sums(1) { i, out in
        var square = 0.0
        for k in 0..<d { square += field.values[i * d + k] * field.values[i * d + k] }
        out[0] = square * square
      }[0]
      return Mode(
        eigenvalue: eigenvalue, displacement: field,
        residual: try system.dot(product.values, product.values).squareRoot(),
        participationRatio: 1 / (Double(system.totalCount) * fourth))
    }
  #endif
}
