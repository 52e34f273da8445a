#if ATHERMAL_PETSC
  import CMPI
  import CPETSc
  import Geometry
  import Interactions
  import MessagePassing
  import Particles
  import Statics

  /// The Hessian of a configuration at rest as an assembled matrix, distributed by the owners of the particles, for
  /// preconditioners, factorisations and eigensolvers.
  ///
  /// The rows of rattlers are those of a multiple of the unit matrix that is larger than all other eigenvalues.
  final class SparseHessian {
    private(set) var matrix: Mat?
    let system: ParticleSystem
    /// Number of rows of this rank: `dimension` for each owned particle.
    var rowCount: Int { system.ownedCount * system.dimension }

    /// Assembles the matrix. Collective.
    /// - Parameters:
    ///   - bonds: the bonds without those of rattlers (``BondNetwork/without(_:)``).
    ///   - pinned: whether one particle is tied to its place, which makes the matrix definite; forces that add up to
    ///     zero are not affected.
    init(_ system: ParticleSystem, _ bonds: BondNetwork, _ null: NullSpace, pinned: Bool) throws {
      self.system = system
      let communicator = system.communicator
      guard system.totalCount * system.dimension < Int(Int32.max) else {
        throw Failure.everywhere(
          .input,
          "PETSc counts with 32 bits here, and \(system.totalCount) particles are too many; take expand.solver = \"cg\""
        )
      }
      // Particles are numbered rank by rank in storage order.
      let first = try communicator.exclusiveSum(system.ownedCount)
      let numbers = system.makeField(width: 1)
      for i in 0..<system.ownedCount { numbers.values[i] = Double(first + i) }
      try system.gather(numbers)
      let firstHeld = (0..<system.ownedCount).first { !null.isRattler($0) }.map { first + $0 } ?? Int.max
      let tied = pinned ? try communicator.reduce(firstHeld, .minimum) : -1

      matrix = try Self.emptyMatrix(system, bonds)
      try insertRows(bonds, null, first: first, numbers: numbers, tied: tied)
      try check(MatAssemblyBegin(matrix, MAT_FINAL_ASSEMBLY), "MatAssemblyBegin")
      try check(MatAssemblyEnd(matrix, MAT_FINAL_ASSEMBLY), "MatAssemblyEnd")
    }

    /// Returns a matrix with room for the bonds. Collective.
    private static func emptyMatrix(_ system: ParticleSystem, _ bonds: BondNetwork) throws -> Mat? {
      let d = system.dimension
      var inside = [Int32](repeating: 1, count: system.ownedCount)
      var outside = [Int32](repeating: 0, count: system.ownedCount)
      for i in 0..<system.ownedCount {
        for end in bonds.ends(of: i) {
          if Int(bonds.partner[end]) < system.ownedCount { inside[i] += 1 } else { outside[i] += 1 }
        }
        // A ghost may be the image of an owned particle, and then counts among the columns of this rank.
        inside[i] = min(inside[i] + outside[i], Int32(system.ownedCount))
        outside[i] = min(outside[i], Int32(system.totalCount - system.ownedCount))
      }
      var made: Mat?
      try check(MatCreate(system.communicator.handle, &made), "MatCreate")
      let rows = Int32(system.ownedCount * d)
      try check(MatSetSizes(made, rows, rows, PETSC_DETERMINE, PETSC_DETERMINE), "MatSetSizes")
      try check(MatSetBlockSize(made, Int32(d)), "MatSetBlockSize")
      try check(MatSetType(made, "aij"), "MatSetType")
      try check(MatXAIJSetPreallocation(made, Int32(d), inside, outside, nil, nil), "MatXAIJSetPreallocation")
      try check(MatSetOption(made, MAT_SYMMETRIC, PETSC_TRUE), "MatSetOption")
      try check(MatSetOption(made, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE), "MatSetOption")
      return made
    }

    /// Puts in the rows of the owned particles. Collective.
    /// - Parameters:
    ///   - first: the number of the first owned particle; `numbers` are those of all owned particles and ghosts.
    ///   - tied: the particle that is tied to its place, if any is.
    private func insertRows(
      _ bonds: BondNetwork, _ null: NullSpace, first: Int, numbers: ParticleField, tied: Int
    ) throws {
      let d = system.dimension
      let stiffness = max(1, try system.bondStatistics().largestStiffness)
      var columns: [Int32] = []
      var values: [Double] = []
      for i in 0..<system.ownedCount {
        let ends = bonds.ends(of: i)
        let width = (ends.count + 1) * d
        columns = [Int32(first + i)]
        values = [Double](repeating: 0, count: d * width)
        var stiffest = 0.0
        for (slot, end) in ends.enumerated() {
          let j = Int(bonds.partner[end])
          columns.append(Int32(numbers.values[j]))
          let x = bonds.bond(end)
          let s = bonds.stiffness(end)
          for a in 0..<d {
            for b in 0..<d {
              let entry = s.second * x[a] * x[b] + (a == b ? s.first : 0)
              values[a * width + b] += entry
              values[a * width + (slot + 1) * d + b] = -entry
            }
            stiffest = max(stiffest, values[a * width + a])
          }
        }
        if null.isRattler(i) || first + i == tied {
          // Far above the soft end of the spectrum, where modes are searched.
          for a in 0..<d { values[a * width + a] += null.isRattler(i) ? 10 * stiffness : max(stiffest, 1) }
        }
        var row = Int32(first + i)
        try check(
          MatSetValuesBlocked(matrix, 1, &row, Int32(columns.count), columns, values, ADD_VALUES),
          "MatSetValuesBlocked")
      }
    }

    deinit { MatDestroy(&matrix) }

    /// Creates a vector of the matrix' shape; `value` gives the entry for each owned particle and axis. Collective.
    func vector(_ value: (_ particle: Int, _ axis: Int) -> Double) throws -> Vec? {
      var vector: Vec?
      try check(MatCreateVecs(matrix, &vector, nil), "MatCreateVecs")
      try withValues(of: vector) { values in
        let d = system.dimension
        for i in 0..<system.ownedCount { for k in 0..<d { values[i * d + k] = value(i, k) } }
      }
      return vector
    }

    func withValues(of vector: Vec?, _ work: (UnsafeMutablePointer<Double>) -> Void) throws {
      var values: UnsafeMutablePointer<Double>?
      try check(VecGetArray(vector, &values), "VecGetArray")
      // A rank without particles has no values to point to.
      if let values { work(values) }
      try check(VecRestoreArray(vector, &values), "VecRestoreArray")
    }

    /// Returns orthonormal vectors that span the translations, and on request the rotations, of all particles but
    /// rattlers. Rotations are no motions of a periodic box, but inside it they cost nearly no energy. Collective.
    func rigidMotions(_ null: NullSpace, withRotations: Bool) throws -> [Vec?] {
      let d = system.dimension
      var vectors: [Vec?] = []
      func add(_ value: (Vector, Int) -> Double) throws {
        let v = try vector { i, k in null.isRattler(i) ? 0 : value(system.position(i), k) }
        for other in vectors {
          var overlap = 0.0
          try check(VecDot(v, other, &overlap), "VecDot")
          try check(VecAXPY(v, -overlap, other), "VecAXPY")
        }
        var norm = 0.0
        try check(VecNormalize(v, &norm), "VecNormalize")
        vectors.append(v)
      }
      for axis in 0..<d { try add { $1 == axis ? 1 : 0 } }
      if withRotations {
        for (a, b) in d == 2 ? [(0, 1)] : [(0, 1), (1, 2), (2, 0)] {
          try add { x, k in k == a ? -x[b] : k == b ? x[a] : 0 }
        }
      }
      return vectors
    }

    /// Declares the translations to be the null space, and all rigid motions to be the near null space. Collective.
    func setNullSpaces(_ null: NullSpace) throws {
      for isNear in [false, true] {
        var vectors = try rigidMotions(null, withRotations: isNear)
        var space: MatNullSpace?
        try check(
          MatNullSpaceCreate(system.communicator.handle, PETSC_FALSE, Int32(vectors.count), vectors, &space),
          "MatNullSpaceCreate")
        if isNear {
          try check(MatSetNearNullSpace(matrix, space), "MatSetNearNullSpace")
        } else {
          try check(MatSetNullSpace(matrix, space), "MatSetNullSpace")
        }
        MatNullSpaceDestroy(&space)
        for k in vectors.indices { VecDestroy(&vectors[k]) }
      }
    }
  }
#endif
