import Geometry
import Interactions
import MessagePassing
import Particles
import Statics
import TestSupport
import Testing

extension StaticsTests {
  /// Mechanical equilibrium, found again and found from nothing.
  @Suite(.serialized) struct Equilibrium {
    static let methods: [Minimization.Method] = [.newton, .cg, .fire, .lbfgs, .gradientFlow]

    static func minimize(
      _ system: ParticleSystem, _ method: Minimization.Method, limit: Int = 1_000_000,
      tolerance: ForceTolerance = .floor
    ) throws -> MinimizationResult {
      try Minimization(method: method, tolerance: tolerance, maximumEvaluations: limit).run(system)
    }

    /// Energy, pressure and stress of an independent program to 1e-12: of the energy, of the pressure, and, for the
    /// stress tensor, of its largest component, since σ_xy is a small difference of large terms. Both minima are
    /// accurate to their force floors (6e-12 there), which enter the energy squared and the stress linearly, divided by
    /// the stiffness.
    static func expect(_ system: ParticleSystem, isAt reference: ReferenceState, _ note: String) throws {
      let totals = try system.totals()
      let n = Double(system.totalCount)
      let size = abs(reference.pressure)
      #expect(
        abs(totals.energy / n - reference.energyPerParticle) <= 1e-12 * abs(reference.energyPerParticle),
        "\(note): energy \(totals.energy / n)")
      #expect(abs(totals.pressure - reference.pressure) <= 1e-12 * size, "\(note): pressure \(totals.pressure)")
      #expect(abs(totals.stress[0, 0] - reference.stress.xx) <= 1e-12 * size, "\(note): xx \(totals.stress[0, 0])")
      #expect(abs(totals.stress[1, 1] - reference.stress.yy) <= 1e-12 * size, "\(note): yy \(totals.stress[1, 1])")
      #expect(abs(totals.stress[0, 1] - reference.stress.xy) <= 1e-12 * size, "\(note): xy \(totals.stress[0, 1])")
      #expect(try system.bondStatistics().count == reference.bonds, "\(note)")
    }

    static func expectConverged(_ result: MinimizationResult, _ system: ParticleSystem, _ note: String) throws {
      #expect(result.reason == .converged, "\(note): \(result.reason.rawValue) at \(result.forceMax)")
      #expect(result.forceMax <= result.tolerance, "\(note)")
      let forceMax = try system.largestComponent(system.forces, width: system.dimension)
      #expect(result.forceMax == forceMax, "\(note): the residual is that of the final forces")
    }

    @Test(arguments: methods) func referencesComeBack(method: Minimization.Method) throws {
      for reference in [ReferenceState.polydisperse, .bidisperse] {
        let system = try reference.system()
        Samples.displace(system, by: 0.02, seed: 61)
        try system.evaluate()
        #expect(try system.largestComponent(system.forces, width: 2) > 0.1, "the displacement must be felt")
        let result = try Self.minimize(system, method)
        let note = "\(reference.name), \(method.rawValue)"
        try Self.expectConverged(result, system, note)
        try Self.expect(system, isAt: reference, note)
        #expect(result.evaluations > 0 && result.evaluations + result.hessianProducts < 20000, "\(note)")
      }
    }

    /// The force of the Lennard-Jones glass jumps where a pair crosses its cutoff, by up to 0.04, so that minima within
    /// |Δx| ~ 5e-3 are not unique: displaced by 0.02, other pairs end up inside and the energy differs in the seventh
    /// digit. So only the start that is the minimum has to keep 1e-12.
    @Test(arguments: methods) func lennardJones(method: Minimization.Method) throws {
      let reference = ReferenceState.lennardJones
      let system = try reference.system()
      let result = try Self.minimize(system, method)
      try Self.expectConverged(result, system, method.rawValue)
      try Self.expect(system, isAt: reference, "\(reference.name), \(method.rawValue)")
      let displaced = try reference.system()
      Samples.displace(displaced, by: 1e-5, seed: 62)
      let again = try Self.minimize(displaced, method)
      try Self.expectConverged(again, displaced, "displaced, \(method.rawValue)")
      // The nearest pair is 1.6e-4 from the cutoff (Physics.md 5), so 1e-5 leaves all pairs where they were.
      try Self.expect(displaced, isAt: reference, "displaced, \(method.rawValue)")
    }

    /// With the plain cut the energy is that of the bare potential; forces and stress are the same.
    @Test func plainLennardJones() throws {
      let shifted = ReferenceState.lennardJones
      let system = try Samples.system(try shifted.snapshot(), .binaryLJ(cutoff: 2.5, truncation: .plain))
      try system.evaluate(.forcesEnergyAndStress)
      let totals = try system.totals()
      // Physics.md 5, eight digits.
      #expect(abs(totals.energy / 1024 + 3.7534929) < 6e-8)
      #expect(abs(totals.pressure - shifted.pressure) <= 1e-12 * shifted.pressure)
    }

    #if arch(x86_64)
      /// The residual of the reference minima in extended precision is at most what the engine says, up to the rounding
      /// of its own forces, 64 units of the largest sum of bond forces on a particle.
      @Test func residualByBruteForce() throws {
        let cases: [(PairModel, [[Double]], [Int], Int)] = [
          (ReferenceState.polydisperse.model, [[14.0, 0], [4, 12.5]], [13, 11], 2),
          (.binaryLJ(cutoff: 2.0, truncation: .smooth), [[14.0, 0], [-3, 12.5]], [13, 11], 2),
          (ReferenceState.polydisperse.model, [[7.5, 0, 0], [2, 7.2, 0], [1, -2, 7.7]], [6, 6, 6], 3),
        ]
        for (model, edges, counts, d) in cases {
          for method in Self.methods {
            let system = try Samples.system(
              Samples.grid(counts, edges: edges, disorder: 0.3, largestSize: 1.4, seed: 63), model)
            let result = try Self.minimize(system, method)
            let note = "\(model), \(d)D, \(method.rawValue)"
            try Self.expectConverged(result, system, note)
            let oracle = Oracle(system, model)
            let rounding = 64 * 0x1p-53 * oracle.forceSums.max()!
            #expect(abs(oracle.forceMax - Float80(result.forceMax)) <= rounding, "\(note)")
            #expect(oracle.forceMax <= Float80(result.tolerance) + rounding, "\(note)")
          }
        }
      }
    #endif

    /// Random starts, particles on top of each other, relax to the floor with every method.
    @Test(arguments: methods) func randomStarts(method: Minimization.Method) throws {
      let sizes = RandomPlacement.Sizes(exponent: -3, minimum: 1, maximum: 2.22, isStratified: true)
      let cases: [(Int, Int, Double, RandomPlacement.Composition, PairModel)] = [
        (2, 400, 0.86, .sizes(sizes), ReferenceState.polydisperse.model),
        (2, 300, 0.86, .species(fractionOfFirst: 0.5, diameters: [1, 1.4]), ReferenceState.bidisperse.model),
        (
          2, 300, 1.2, .species(fractionOfFirst: 0.65, diameters: [1, 0.88]),
          .binaryLJ(cutoff: 2.5, truncation: .smooth)
        ),
        (3, 600, 0.58, .sizes(sizes), ReferenceState.polydisperse.model),
        (
          3, 400, 1.2, .species(fractionOfFirst: 0.65, diameters: [1, 0.88]),
          .binaryLJ(cutoff: 2.0, truncation: .smooth)
        ),
      ]
      for (dimension, count, density, composition, model) in cases {
        let snapshot = RandomPlacement(
          dimension: dimension, count: count, density: density, seed: 64, composition: composition
        ).snapshot(over: try MessagePassing.startForTests())
        let system = try Samples.system(snapshot, model)
        let result = try Self.minimize(system, method)
        let note = "\(model), \(dimension)D, \(method.rawValue)"
        try Self.expectConverged(result, system, note)
        #expect(result.tolerance < 1e-9, "\(note): the floor is low: \(result.tolerance)")
        // A minimum and not a saddle: some displacements all cost energy (products with the Hessian are exact to
        // rounding).
        let direction = system.makeField(width: dimension)
        let product = system.makeField(width: dimension)
        for seed: UInt64 in 0..<5 {
          var generator = Generator(seed: seed)
          for k in 0..<(system.ownedCount * dimension) { direction.values[k] = generator.uniform(-1...1) }
          try system.multiplyHessian(direction, into: product)
          #expect(try system.dot(direction.values, product.values) > 0, "\(note)")
        }
      }
    }

    /// Harmonic and Hertzian packings above jamming.
    @Test func softSpheres() throws {
      for model in [PairModel.harmonic, .hertz] {
        let system = try Samples.system(
          Samples.grid([14, 14], edges: [[14, 0], [3, 14]], disorder: 0.4, largestSize: 1.4, seed: 65), model)
        for method in Self.methods {
          let result = try Self.minimize(system, method, tolerance: .largestComponent(1e-9))
          try Self.expectConverged(result, system, "\(model), \(method.rawValue)")
        }
        #expect(try system.totals().pressure > 0)
      }
    }

    @Test(arguments: methods) func exhaustedLimit(method: Minimization.Method) throws {
      for limit in [1, 10, 40] {
        let system = try ReferenceState.polydisperse.system()
        Samples.displace(system, by: 0.1, seed: 66)
        let result = try Self.minimize(system, method, limit: limit)
        #expect(result.reason == .evaluationLimit, "\(method.rawValue), limit \(limit): \(result.reason.rawValue)")
        #expect(result.forceMax > result.tolerance)
        // Every method looks at the forces once, and may finish a line search or the last solve, but no more.
        #expect(result.evaluations + result.hessianProducts <= limit + 60, "\(method.rawValue), limit \(limit)")
      }
    }

    /// A number as the tolerance is a bound on the largest component; below the floor, the floor counts.
    @Test(arguments: methods) func tolerances(method: Minimization.Method) throws {
      for asked in [1e-3, 1e-7, 1e-30] {
        let system = try ReferenceState.bidisperse.system()
        Samples.displace(system, by: 0.02, seed: 67)
        let result = try Self.minimize(system, method, tolerance: .largestComponent(asked))
        try Self.expectConverged(result, system, "\(method.rawValue), \(asked)")
        let floor = try ForceTolerance.floor.threshold(for: system)
        #expect(result.tolerance == max(asked, floor))
      }
    }

    /// Same start, same end, bit by bit; and a minimum stays where it is.
    @Test(arguments: methods) func repeatable(method: Minimization.Method) throws {
      func end() throws -> ([Int64: FixedVector], ParticleSystem) {
        let system = try ReferenceState.bidisperse.system()
        Samples.displace(system, by: 0.05, seed: 68)
        _ = try Self.minimize(system, method)
        var positions: [Int64: FixedVector] = [:]
        for i in 0..<system.ownedCount { positions[system.id(i)] = system.fixedPosition(i) }
        return (positions, system)
      }
      let (first, system) = try end()
      let (second, _) = try end()
      #expect(first == second)
      let result = try Self.minimize(system, method)
      #expect(result.reason == .converged)
      for i in 0..<system.ownedCount {
        let shift = system.cell.position(system.cell.minimumImage(system.fixedPosition(i) &- first[system.id(i)]!))
        // At the floor already: nothing or the last digits move.
        #expect(shift.length < 1e-12, "\(method.rawValue)")
      }
    }

    /// Very few particles have no or one bond, and that is an equilibrium too.
    @Test(arguments: methods) func fewParticles(method: Minimization.Method) throws {
      for n in [1, 2, 3] {
        var snapshot = Samples.grid([n, 1], edges: [[9, 0], [0, 9]], disorder: 0, seed: 69)
        snapshot.particles.positions = Array([1, 4, 1.9, 4.1, 2.8, 4.2][..<(2 * n)])
        let system = try Samples.system(snapshot, ReferenceState.polydisperse.model)
        let result = try Self.minimize(system, method, limit: 100_000, tolerance: .largestComponent(1e-8))
        try Self.expectConverged(result, system, "\(n) particles, \(method.rawValue)")
      }
    }
  }
}
