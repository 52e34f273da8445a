import Geometry
import Interactions
import MessagePassing
import Particles
import QuasistaticShear
import Statics
import StrainExpansion
import TestSupport
import Testing

extension StrainExpansionTests {
  @Suite(.serialized) struct RestAndRattlers {
    /// Harmonic discs just above contact: some rattle. They take no part, the others answer as if they were not there.
    @Test func rattlersTakeNoPart() throws {
      let system = try Glass.minimised(.harmonic, [12, 12], spacing: 1.155, seed: 23)
      let glass = try Glass(system)
      #expect(glass.null.rattlerCount > 0, "the sample must have rattlers for this test to say anything")
      #expect(glass.null.rattlerCount < 40)
      let expansion = try glass.expansion(.simpleShear(flow: 0, gradient: 1), tolerance: 1e-10)
      var mean = Vector.zero
      for i in 0..<system.ownedCount {
        let v = expansion.fields.velocity.values
        if glass.null.isRattler(i) { #expect(v[2 * i] == 0 && v[2 * i + 1] == 0) }
        mean += Vector(v[2 * i], v[2 * i + 1], 0)
      }
      #expect(mean.length <= 1e-9)
      // Without them: the same particles' velocities and the same energies.
      var kept = system.snapshot()
      kept.particles = ParticleTable()
      let whole = system.snapshot().particles
      var origin: [Int] = []
      for i in 0..<system.ownedCount where !glass.null.isRattler(i) {
        origin.append(i)
        kept.particles.ids.append(Int64(origin.count))
        kept.particles.species.append(whole.species[i])
        kept.particles.diameters.append(whole.diameters[i])
        for k in 0..<2 {
          kept.particles.positions.append(whole.positions[2 * i + k])
          kept.particles.fixedPositions.append(whole.fixedPositions[2 * i + k])
        }
      }
      kept.totalCount = origin.count
      let bare = try Glass(try Samples.system(kept, .harmonic))
      let other = try bare.expansion(.simpleShear(flow: 0, gradient: 1), tolerance: 1e-10)
      // Rattlers may touch with forces below the floor: 1e-6 covers what they bring.
      #expect(isClose(expansion.energy[1], other.energy[1], 1e-6))
      #expect(bare.null.rattlerCount == 0)
    }

    /// Minimisers leave rattlers in touch with the others, by overlaps that carry no force to speak of, though as stiff
    /// as any. What the glass answers does not change when one is moved out of the way.
    @Test func aRattlerInTouchChangesNothing() throws {
      let system = try Glass.minimised(.harmonic, [12, 12], spacing: 1.155, seed: 23)
      let apart = try Glass(system)
      let rattler = try #require((0..<system.ownedCount).first { apart.null.isRattler($0) })
      let modulus = try apart.expansion(.simpleShear(flow: 0, gradient: 1), tolerance: 1e-10).energy[1]
      // Towards its nearest neighbour, until they overlap by 1e-11.
      var nearest = (gap: Double.infinity, direction: Vector.zero)
      for j in 0..<system.ownedCount where j != rattler {
        let x = system.cell.position(system.cell.minimumImage(system.fixedPosition(j) &- system.fixedPosition(rattler)))
        let gap = x.length - system.interaction.cutoff(system.diameter(rattler), system.diameter(j))
        if gap < nearest.gap { nearest = (gap, (1 / x.length) * x) }
      }
      let field = system.makeField(width: 2)
      let step = nearest.gap + 1e-11
      field.values[2 * rattler] = step * nearest.direction.x
      field.values[2 * rattler + 1] = step * nearest.direction.y
      let id = system.id(rattler)
      system.move(along: field.values, by: 1)
      let touching = try Glass(system)
      let moved = try #require((0..<system.ownedCount).first { system.id($0) == id })
      #expect(touching.null.isRattler(moved))
      #expect(!touching.system.makeBondNetwork().ends(of: moved).isEmpty, "the rattler must be in touch")
      #expect(touching.bonds.ends(of: moved).isEmpty)
      let again = try touching.expansion(.simpleShear(flow: 0, gradient: 1), tolerance: 1e-10).energy[1]
      // The same bonds hold; two solves to 1e-10.
      #expect(isClose(modulus, again, 1e-8), "\(modulus), \(again)")
      #if ATHERMAL_PETSC
        // Nor do its soft modes: eigenvectors to 1e-8 have Rayleigh quotients that are better by far.
        let (before, after) = (try apart.softestEigenvalues(12), try touching.softestEigenvalues(12))
        for (a, b) in zip(before, after) { #expect(isClose(a, b, 1e-7), "\(before), \(after)") }
      #endif
    }

    /// A square lattice of equal repulsive particles balances all forces and is no minimum: rows slide.
    @Test func aSaddleIsSaid() throws {
      var snapshot = Samples.grid([8, 8], edges: [[8.8, 0], [0, 8.8]], disorder: 0, seed: 1)
      for i in 0..<64 { snapshot.particles.diameters[i] = 1 }
      let system = try Samples.system(snapshot, Glass.polydisperse)
      let glass = try Glass(system)
      #expect(try system.largestComponent(system.forces, width: 2) < 1e-10)
      // By symmetry the lattice does not move under shear; the solver has to be given a force that feels the slide.
      let force = system.makeField(width: 2)
      for i in 0..<128 { force.values[i] = Double((i * 7919) % 101) / 101 - 0.5 }
      let solution = system.makeField(width: 2)
      let failure = #expect(throws: Failure.self) {
        try glass.solver.solve(force, into: solution, tolerance: 1e-8, name: "velocity")
      }
      #expect(failure?.kind == .notConverged)
      #expect(failure?.message.contains("not a minimum") == true)
    }

    /// A solve that may not take as many steps as it needs is an error, not a number.
    @Test func notConvergedIsSaid() throws {
      let system = try ReferenceState.bidisperse.system()
      try system.evaluate(.forcesEnergyAndStress)
      let bonds = system.makeBondNetwork()
      let null = try NullSpace(system, bonds)
      let solver = try HessianConjugateGradient(
        system, bonds, null: null, preconditioner: .blockJacobi, maximumIterations: 20)
      let failure = #expect(throws: Failure.self) {
        try NonaffineFields(
          system, bonds, generator: Loading.Mode.simpleShear(flow: 0, gradient: 1).generator(dimension: 2),
          solver: solver,
          tolerance: 1e-12)
      }
      #expect(failure?.kind == .notConverged)
      #expect(failure?.message.contains("20 iterations") == true)
    }
  }
}
