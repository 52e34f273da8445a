import Dispatch
import Interactions
import MessagePassing
import Particles
import Statics

#if ATHERMAL_PETSC
  import CPETSc

  /// PETSc's conjugate gradients with the assembled Hessian, preconditioned by algebraic multigrid for large systems,
  /// or by a complete factorisation for small ones. The last bits depend on the number of ranks.
  public final class SparseSolver: LinearSolver {
    public enum Method: String, Sendable {
      /// Smoothed aggregation (GAMG), with the rigid motions as near null space.
      case algebraicMultigrid = "amg"
      /// Cholesky factorisation (MUMPS), with conjugate gradients as refinement.
      case direct
    }

    public let name: String
    private let system: ParticleSystem
    private let null: NullSpace
    private let hessian: SparseHessian
    private let product: HessianOperator
    private let maximumIterations: Int
    private var solver: KSP?
    private let productField: ParticleField
    /// Time of the assembly and of the set-up of the preconditioner, in seconds.
    public let setUpSeconds: Double

    /// Assembles the Hessian and sets up the solver, inside ``SparseLibrary/using(_:)``. Collective.
    public init(
      _ method: Method, _ system: ParticleSystem, _ bonds: BondNetwork, null: NullSpace, maximumIterations: Int
    ) throws {
      let started = DispatchTime.now()
      name = method.rawValue
      self.system = system
      self.null = null
      hessian = try SparseHessian(system, bonds, null, pinned: method == .direct)
      if method == .algebraicMultigrid { try hessian.setNullSpaces(null) }
      product = HessianOperator(system, bonds, null: null)
      productField = system.makeField(width: system.dimension)
      self.maximumIterations = maximumIterations
      var made: KSP?
      try check(KSPCreate(system.communicator.handle, &made), "KSPCreate")
      solver = made
      try check(KSPSetOperators(made, hessian.matrix, hessian.matrix), "KSPSetOperators")
      try check(KSPSetType(made, "cg"), "KSPSetType")
      try check(KSPSetNormType(made, KSP_NORM_UNPRECONDITIONED), "KSPSetNormType")
      try check(
        KSPSetTolerances(made, 1e-12, 1e-300, 1e100, Int32(clamping: maximumIterations)), "KSPSetTolerances")
      try Self.setPreconditioner(made, method)
      // A solve is a single call: let each iteration give a sign of life.
      try check(
        KSPMonitorSet(
          made,
          { _, _, _, _ in
            Heartbeat.beat()
            return 0
          }, nil, nil), "KSPMonitorSet")
      try check(KSPSetFromOptions(made), "KSPSetFromOptions")
      try check(KSPSetUp(made), "KSPSetUp")
      if method == .direct { try Self.requireDefinite(made) }
      setUpSeconds = Double(DispatchTime.now().uptimeNanoseconds - started.uptimeNanoseconds) * 1e-9
    }

    deinit { KSPDestroy(&solver) }

    private static func setPreconditioner(_ solver: KSP?, _ method: Method) throws {
      var preconditioner: PC?
      try check(KSPGetPC(solver, &preconditioner), "KSPGetPC")
      switch method {
      case .algebraicMultigrid:
        try check(PCSetType(preconditioner, "gamg"), "PCSetType")
        let options = [
          "-pc_gamg_type agg -pc_gamg_agg_nsmooths 1 -pc_gamg_threshold 0.0 -pc_gamg_coarse_eq_limit 400",
          "-mg_levels_ksp_type chebyshev -mg_levels_ksp_max_it 3 -mg_levels_pc_type jacobi",
        ].joined(separator: " ")
        try SparseLibrary.setOptions(options)
      case .direct:
        try check(PCSetType(preconditioner, "cholesky"), "PCSetType")
        try check(PCFactorSetMatSolverType(preconditioner, "mumps"), "PCFactorSetMatSolverType")
        // Several ranks count negative pivots only if the root front is not handed to another library; estimates of the
        // workspace are too small for some distributions.
        try SparseLibrary.setOptions("-mat_mumps_icntl_13 1 -mat_mumps_icntl_14 200")
      }
    }

    /// Verifies that the factorised Hessian has no negative eigenvalues.
    private static func requireDefinite(_ solver: KSP?) throws {
      var preconditioner: PC?
      try check(KSPGetPC(solver, &preconditioner), "KSPGetPC")
      var factor: Mat?
      try check(PCFactorGetMatrix(preconditioner, &factor), "PCFactorGetMatrix")
      var status: Int32 = 0
      try check(MatMumpsGetInfog(factor, 1, &status), "MatMumpsGetInfog")
      guard status >= 0 else {
        throw Failure.everywhere(
          .notConverged,
          "the factorisation of the Hessian failed (MUMPS INFOG(1) = \(status)); "
            + "take expand.solver = \"cg\" or \"multigrid\"")
      }
      var negative: Int32 = 0
      // INFOG(12): the number of negative pivots, which is that of negative eigenvalues (Sylvester).
      try check(MatMumpsGetInfog(factor, 12, &negative), "MatMumpsGetInfog")
      guard negative == 0 else {
        throw Failure.everywhere(
          .notConverged,
          "the configuration is not a minimum: its Hessian has \(negative) negative eigenvalues; minimise it, or "
            + "move it off the saddle")
      }
    }

    public func solve(
      _ force: ParticleField, into solution: ParticleField, tolerance: Double, name: String
    ) throws -> LinearSolution {
      let started = DispatchTime.now()
      let d = system.dimension
      try null.remove(from: force)
      solution.fill(with: 0)
      let squaredForce = try system.dot(force.values, force.values)
      let residual = system.makeField(width: d)
      residual.copy(force.values)
      var squaredResidual = squaredForce
      var iterations = 0
      // Solve again for the residual of the first solve, until rounding is reached.
      for _ in 0..<3 where squaredResidual > tolerance * tolerance * squaredForce {
        let left = (squaredForce / squaredResidual).squareRoot()
        var right = try hessian.vector { residual.values[$0 * d + $1] }
        var result = try hessian.vector { _, _ in 0 }
        defer {
          VecDestroy(&right)
          VecDestroy(&result)
        }
        // Stay above the rounding of a single solve; the next one handles the rest.
        let relative = max(1e-13, min(0.5, 0.9 * tolerance * left))
        try check(
          KSPSetTolerances(solver, relative, 1e-300, 1e100, Int32(clamping: max(1, maximumIterations - iterations))),
          "KSPSetTolerances")
        try check(KSPSolve(solver, right, result), "KSPSolve")
        var reason = KSP_CONVERGED_ITERATING
        try check(KSPGetConvergedReason(solver, &reason), "KSPGetConvergedReason")
        var used: Int32 = 0
        try check(KSPGetIterationNumber(solver, &used), "KSPGetIterationNumber")
        iterations += Int(used)
        Heartbeat.beat()
        try hessian.withValues(of: result) { solution.add(1, $0) }
        if reason.rawValue < 0, reason != KSP_DIVERGED_ITS {
          try explain(reason, [solution, residual], iterations: iterations, name: name)
        }
        try null.remove(from: solution)
        try product.multiply(solution, into: productField)
        residual.combine(1, force.values, -1, productField.values)
        let before = squaredResidual
        squaredResidual = try system.dot(residual.values, residual.values)
        if squaredResidual > 0.25 * before { break }
      }
      let result = LinearSolution(
        iterations: iterations, residual: squaredForce > 0 ? (squaredResidual / squaredForce).squareRoot() : 0,
        seconds: Double(DispatchTime.now().uptimeNanoseconds - started.uptimeNanoseconds) * 1e-9)
      try requireConverged(
        result, tolerance: tolerance,
        attainable: try attainableResidual(system, solution: solution, squaredForce: squaredForce), name: name)
      return result
    }

    /// Reports a solve that broke down.
    /// - Throws: a failure of kind `notConverged`. It says that the configuration is not a minimum if one of the
    ///   directions has negative curvature.
    private func explain(
      _ reason: KSPConvergedReason, _ directions: [ParticleField], iterations: Int, name: String
    ) throws {
      var isSaddle = reason == KSP_DIVERGED_INDEFINITE_MAT
      for direction in directions {
        try product.multiply(direction, into: productField)
        if try system.dot(direction.values, productField.values) < 0 { isSaddle = true }
      }
      throw Failure.everywhere(
        .notConverged,
        isSaddle
          ? "the configuration is not a minimum: a direction of negative curvature was met in iteration \(iterations) "
            + "of the solve for the \(name); minimise it, or move it off the saddle"
          : "the solve for the \(name) broke down in iteration \(iterations) (PETSc's reason \(reason.rawValue)); take "
            + "expand.solver = \"cg\"")
    }
  }
#endif
