import Foundation
import Geometry
import Interactions
import MessagePassing
import Particles
import Statics
import TestSupport
import Testing

extension StaticsTests {
  /// Configurations whose Hessian is singular or jumps: contacts that open and close, crystals on a saddle, free
  /// clusters.
  @Suite(.serialized) struct Packings {
    static let defaults = Minimization(method: .newton, tolerance: .floor, maximumEvaluations: 1_000_000)

    static func random(_ dimension: Int, _ count: Int, density: Double, seed: UInt64, _ model: PairModel) throws
      -> ParticleSystem
    {
      let sizes = RandomPlacement.Sizes(exponent: 0, minimum: 1, maximum: 1.4, isStratified: false)
      let snapshot = RandomPlacement(
        dimension: dimension, count: count, density: density, seed: seed, composition: .sizes(sizes)
      ).snapshot(over: try MessagePassing.startForTests())
      return try Samples.system(snapshot, model)
    }

    /// One strain step of simple shear or dilation.
    static func deform(_ system: ParticleSystem, _ generator: Tensor, by strain: Double) throws {
      let map = Tensor.identity + strain * generator
      let edges = system.cell.edges
      var changed = edges
      for k in 0..<system.dimension { changed[k] = map * edges[k] }
      try system.deform(by: map, edges: changed, strain: system.strain + strain)
    }

    static let shear = Tensor([[0, 1, 0], [0, 0, 0], [0, 0, 0]])

    /// Packings below jamming and near it are sheared by the default, to the floor at every step; below jamming nothing
    /// is left of the energy. The bound, 1e-24 a particle, is that of overlaps of 1e-12 (harmonic), of which the floor
    /// allows 4e-15.
    @Test(arguments: [(2, 200, 0.72), (2, 200, 0.75), (3, 250, 0.66)])
    func shearNearJamming(dimension: Int, count: Int, density: Double) throws {
      for model in [PairModel.harmonic, .hertz] {
        for seed: UInt64 in 2...3 {
          let system = try Self.random(dimension, count, density: density, seed: seed, model)
          let note = "\(model), \(dimension)D, \(density), seed \(seed)"
          try Equilibrium.expectConverged(try Self.defaults.run(system), system, note)
          for step in 1...10 {
            try Self.deform(system, Self.shear, by: 2e-3)
            let result = try Self.defaults.run(system, from: .nearEquilibrium)
            try Equilibrium.expectConverged(result, system, "\(note), step \(step)")
          }
          let energy = try system.totals().energy / Double(count)
          if density < 0.75 { #expect(energy <= 1e-24, "\(note): \(energy)") }
        }
      }
    }

    /// A packing is blown up until nothing touches and comes back: the default follows it all the way, and where it is
    /// jammed the pressure falls and rises with the density.
    @Test func throughJammingAndBack() throws {
      for model in [PairModel.harmonic, .hertz] {
        let system = try Self.random(2, 200, density: 0.77, seed: 4, model)
        try Equilibrium.expectConverged(try Self.defaults.run(system), system, "\(model)")
        let first = try system.totals().pressure
        var pressures: [Double] = []
        for (sign, steps) in [(1.0, 25), (-1.0, 25)] {
          for step in 1...steps {
            try Self.deform(system, Tensor.identity, by: sign * 2e-3)
            let result = try Self.defaults.run(system, from: .nearEquilibrium)
            try Equilibrium.expectConverged(result, system, "\(model), \(sign), step \(step)")
            pressures.append(try system.totals().pressure)
          }
        }
        #expect(first > 1e-3 && pressures.min()! < 1e-12, "\(model): it unjams: \(first), \(pressures)")
        #expect(pressures.last! > 0.3 * first, "\(model): and jams again: \(pressures.last!) for \(first)")
      }
    }

    /// The floor does not follow overlaps to zero: Hertzian contacts that open have a stiffness that vanishes with
    /// them.
    @Test func floorOfSlackBonds() throws {
      let system = try Self.random(2, 100, density: 0.3, seed: 5, .hertz)
      try Equilibrium.expectConverged(try Self.defaults.run(system), system, "dilute")
      let floor = try ForceTolerance.floor.threshold(for: system)
      let softest = 1e-4 / (system.largestCutoff * system.largestCutoff)
      #expect(floor >= 4 * system.cell.quantum * softest && floor < 1e-17)
      #expect(try ForceTolerance.relative(1e-8).threshold(for: system) == floor, "no tolerance is below the floor")
    }

    /// A triangular lattice of 8 × 8 particles, sheared affinely by 0.3.
    static func shearedCrystal() throws -> ParticleSystem {
      let a = 1.11
      let height = a * 0.75.squareRoot()
      let (lengthX, lengthY) = (8 * a, 8 * height)
      var table = ParticleTable()
      for row in 0..<8 {
        for column in 0..<8 {
          let (x, y) = ((Double(column) + (row % 2 == 0 ? 0 : 0.5)) * a, Double(row) * height)
          table.ids.append(Int64(8 * row + column + 1))
          table.species.append(0)
          table.diameters.append(1)
          table.positions += [x + 0.3 * y, y]
        }
      }
      let edges = Tensor([[lengthX, 0, 0], [0.3 * lengthY, lengthY, 0], [0, 0, 1]])
      var snapshot = Snapshot(dimension: 2, edges: edges, totalCount: 64, particles: table)
      snapshot.speciesCount = 1
      return try Samples.system(snapshot, .binaryLJ(cutoff: 2.5, truncation: .forceShift))
    }

    /// The lowest eigenvalue of H + `shift` is positive: all pivots of a dense Cholesky factorisation are.
    static func isStable(_ system: ParticleSystem, shift: Double) throws -> Bool {
      let n = system.ownedCount * system.dimension
      let (unit, column) = (system.makeField(width: system.dimension), system.makeField(width: system.dimension))
      var matrix = [[Double]](repeating: [], count: n)
      for k in 0..<n {
        for i in 0..<n { unit.values[i] = i == k ? 1 : 0 }
        try system.multiplyHessian(unit, into: column)
        matrix[k] = (0..<n).map { column.values[$0] + ($0 == k ? shift : 0) }
      }
      for j in 0..<n {
        guard matrix[j][j] > 0 else { return false }
        for i in (j + 1)..<max(j + 1, n) {
          let factor = matrix[i][j] / matrix[j][j]
          if factor != 0 { for k in j..<n { matrix[i][k] -= factor * matrix[j][k] } }
        }
      }
      return true
    }

    /// Symmetry makes all forces of a sheared crystal vanish where its energy is no minimum: every method leaves it.
    /// Its eigenvalues there reach −113; 1e-6 is what the Cholesky factorisation may lose, of 2e3.
    @Test(arguments: Equilibrium.methods) func crystalOnASaddle(method: Minimization.Method) throws {
      let system = try Self.shearedCrystal()
      try system.evaluate(.forcesEnergyAndStress)
      let affine = try system.totals().energy / 64
      #expect(abs(affine + 1.61926) < 1e-5, "the affine crystal, by an independent program: \(affine)")
      #expect(try system.largestComponent(system.forces, width: 2) < 1e-11)
      #expect(try !Self.isStable(system, shift: 1e-6))
      let result = try Equilibrium.minimize(system, method)
      try Equilibrium.expectConverged(result, system, method.rawValue)
      #expect(try system.totals().energy / 64 < -2, "\(method.rawValue)")
      #expect(try Self.isStable(system, shift: 1e-6), "\(method.rawValue)")
    }

    /// With a tolerance that lets a system stop on a slope, directions of negative curvature are no reason to go on:
    /// they make no force that would count.
    @Test(arguments: Equilibrium.methods) func looseTolerance(method: Minimization.Method) throws {
      let system = try ReferenceState.polydisperse.system()
      Samples.displace(system, by: 0.1, seed: 66)
      let result = try Equilibrium.minimize(system, method, tolerance: .largestComponent(10))
      try Equilibrium.expectConverged(result, system, method.rawValue)
    }

    /// A minimum is not left: looking for a saddle moves nothing.
    @Test func minimumStays() throws {
      let reference = ReferenceState.bidisperse
      let system = try reference.system()
      _ = try Self.defaults.run(system)
      let before = (0..<system.ownedCount).map { system.fixedPosition($0) }
      let result = try Self.defaults.run(system)
      #expect(result.reason == .converged && result.iterations == 0)
      #expect((0..<system.ownedCount).map { system.fixedPosition($0) } == before)
    }

    /// Seven Lennard-Jones particles in an empty box turn freely, and most cells of the grids are empty: at every step
    /// they go back to their ground state, whose energy an independent program gives to 12 digits.
    @Test(arguments: Equilibrium.methods) func isolatedCluster(method: Minimization.Method) throws {
      var table = ParticleTable()
      let corners =
        [(0.0, 0.0)]
        + (0..<6).map { k in
          let angle = 0.1 + Double(k) * Double.pi / 3
          return (1.12 * cos(angle), 1.12 * sin(angle))
        }
      for (k, corner) in corners.enumerated() {
        table.ids.append(Int64(k + 1))
        table.species.append(0)
        table.diameters.append(1)
        table.positions += [5 + corner.0, 5 + corner.1]
      }
      var snapshot = Snapshot(
        dimension: 2, edges: Tensor([[20, 0, 0], [0, 20, 0], [0, 0, 1]]), totalCount: 7, particles: table)
      snapshot.speciesCount = 1
      let system = try Samples.system(snapshot, .binaryLJ(cutoff: 2.5, truncation: .forceShift))
      let minimization = Minimization(method: method, tolerance: .floor, maximumEvaluations: 100_000)
      for step in 0...6 {
        if step > 0 { try Self.deform(system, Self.shear, by: 0.05) }
        let result = try minimization.run(system, from: step == 0 ? .anywhere : .nearEquilibrium)
        try Equilibrium.expectConverged(result, system, "\(method.rawValue), step \(step)")
        let energy = try system.totals().energy / 7
        #expect(abs(energy + 1.62629305192) < 1e-11, "\(method.rawValue), step \(step): \(energy)")
      }
    }
  }
}
