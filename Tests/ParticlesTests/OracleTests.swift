#if arch(x86_64)
  import Geometry
  import Interactions
  import MessagePassing
  import Particles
  import Statics
  import TestSupport
  import Testing

  extension ParticlesTests {
    /// The engine against brute force over all pairs and all images in extended precision.
    @Suite(.serialized) struct BruteForce {
      struct Box: CustomStringConvertible {
        var name: String
        var counts: [Int]
        var edges: [[Double]]
        var description: String { name }
      }

      /// Non-cubic boxes of all tilts, and boxes barely wider than two list ranges. The list range is 2.1 + 0.3 or
      /// less.
      static let boxes: [Box] = {
        var result: [Box] = []
        for tilt in [0, 0.3, -0.3, 0.5, -0.5] {
          result.append(Box(name: "2D, tilt \(tilt)", counts: [13, 9], edges: [[17, 0], [17 * tilt, 12]]))
        }
        result.append(Box(name: "2D, small", counts: [4, 5], edges: [[4.85, 0], [0, 6]]))
        result.append(Box(name: "2D, small, tilt", counts: [5, 4], edges: [[6, 0], [3, 5.5]]))
        result.append(Box(name: "2D, other shear", counts: [9, 9], edges: [[12, 4], [0, 12.5]]))
        for (xy, xz, yz) in [(0.0, 0.0, 0.0), (0.3, -0.3, 0.5), (-0.5, 0.5, -0.3), (0.5, 0.5, 0.5)] {
          result.append(
            Box(
              name: "3D, tilts \(xy) \(xz) \(yz)", counts: [6, 5, 7],
              edges: [[7.2, 0, 0], [7.2 * xy, 6.4, 0], [7.2 * xz, 6.4 * yz, 8.1]]))
        }
        result.append(Box(name: "3D, small", counts: [4, 4, 4], edges: [[4.85, 0, 0], [0, 4.9, 0], [0, 0, 5.2]]))
        return result
      }()

      static let models: [PairModel] = [
        .polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1),
        .polydisperseIPL(exponent: 12, smoothing: 2, cutoff: 1.25, nonadditivity: 0.2),
        .bidisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4), .binaryLJ(cutoff: 2.0, truncation: .energyShift),
        .binaryLJ(cutoff: 2.0, truncation: .plain), .binaryLJ(cutoff: 2.0, truncation: .forceShift),
        .binaryLJ(cutoff: 2.0, truncation: .smooth), .harmonic, .hertz,
      ]

      /// Displacements are exact, so each bond force carries some β + 20 roundings of 2⁻⁵³ of its terms: 64 units of
      /// the sum of the terms of the bond forces on a particle. In a glass, where bond forces are alike, that is below
      /// 1e-13 of the mean bond force, and there this is asked for too. Energy and stress: the same relative error of
      /// the size of the terms, which may cancel.
      func check(_ system: ParticleSystem, _ model: PairModel, _ note: String, isGlass: Bool = false) throws {
        try system.evaluate(.forcesEnergyAndStress)
        let oracle = Oracle(system, model)
        let d = system.dimension
        try #require(oracle.bonds > 10, "\(note): there must be something to compare")
        let unit = oracle.meanBondForce
        var worst: Float80 = 0
        for i in 0..<system.ownedCount {
          for k in 0..<d {
            let error = abs(Float80(system.forces[i * d + k]) - oracle.forces[i][k])
            worst = max(worst, error)
            #expect(error <= 64 * 0x1p-53 * max(oracle.forceSums[i], unit), "\(note): force on \(system.id(i))")
          }
        }
        if isGlass {
          #expect(worst <= 1e-13 * unit, "\(note): a force is off by \(Double(worst / unit)) of the mean bond force")
        }
        let energySize = oracle.energies.map { abs($0) }.reduce(0, +)
        let virialSize = oracle.shares.flatMap { $0 }.map { abs($0) }.max()!
        for i in 0..<system.ownedCount {
          // An energy of terms that cancel near the cutoff: the mean energy sets the scale of the rounding.
          #expect(
            abs(Float80(system.energy(of: i)) - oracle.energies[i])
              <= 1e-13 * max(abs(oracle.energies[i]), energySize / Float80(system.totalCount), 1),
            "\(note), energy of \(i)")
          let share = system.stressShare(of: i)
          for k in 0..<d {
            for m in 0..<d {
              #expect(
                abs(Float80(share[k, m]) - oracle.shares[i][3 * k + m]) <= 1e-13 * virialSize, "\(note), share of \(i)")
            }
          }
        }
        let totals = try system.totals()
        #expect(abs(Float80(totals.energy) - oracle.energy) <= 1e-13 * max(energySize, 1), "\(note), energy")
        var trace: Float80 = 0
        for k in 0..<d {
          trace += oracle.stress(k, k)
          for m in 0..<d {
            #expect(
              abs(Float80(totals.stress[k, m]) - oracle.stress(k, m))
                <= 1e-13 * virialSize * Float80(system.totalCount) / oracle.volume, "\(note), stress \(k) \(m)")
          }
        }
        #expect(
          abs(Float80(totals.pressure) + trace / Float80(d))
            <= 1e-13 * virialSize * Float80(system.totalCount) / oracle.volume, "\(note), pressure")
        // Forces of an evaluation without energies have the same bits.
        let before = (0..<(system.ownedCount * d)).map { system.forces[$0] }
        try system.evaluate(.forces)
        #expect((0..<(system.ownedCount * d)).allSatisfy { system.forces[$0] == before[$0] }, "\(note)")
      }

      @Test(arguments: boxes) func forcesEnergyAndStress(box: Box) throws {
        for (k, model) in Self.models.enumerated() {
          let seed = UInt64(100 + k)
          let snapshot = Samples.grid(box.counts, edges: box.edges, disorder: 0.15, largestSize: 1.5, seed: seed)
          let system = try Samples.system(snapshot, model)
          try check(system, model, "\(box), \(model), seed \(seed)")
          // Moved within the skin, so that the lists are older than the positions.
          Samples.displace(system, by: 0.05, seed: seed)
          let rebuilds = system.statistics.rebuilds
          try check(system, model, "\(box), \(model), seed \(seed), displaced")
          #expect(system.statistics.rebuilds == rebuilds)
        }
      }

      /// Glasses, minimised roughly and displaced at random by a few hundredths of a spacing.
      @Test(arguments: [
        Box(name: "2D", counts: [13, 11], edges: [[14, 0], [4.2, 12.5]]),
        Box(name: "2D, flat", counts: [22, 6], edges: [[24, 0], [-12, 6.6]]),
        Box(name: "3D", counts: [7, 6, 7], edges: [[7.9, 0, 0], [3.9, 6.9, 0], [-2.3, 2, 7.6]]),
        Box(name: "3D, orthogonal", counts: [6, 6, 8], edges: [[6.8, 0, 0], [0, 6.5, 0], [0, 0, 9.2]]),
      ]) func displacedGlasses(box: Box) throws {
        for (k, model) in Self.models.enumerated() where model != .harmonic && model != .hertz {
          var edges = box.edges
          // Lennard-Jones particles are smaller: a density of 1.2.
          if case .binaryLJ = model { edges = edges.map { $0.map { 0.84 * $0 } } }
          let snapshot = Samples.grid(box.counts, edges: edges, disorder: 0.3, largestSize: 1.3, seed: UInt64(200 + k))
          let system = try Samples.system(snapshot, model)
          _ = try Minimization(method: .cg, tolerance: .largestComponent(1e-2), maximumEvaluations: 5000).run(system)
          Samples.displace(system, by: 0.02, seed: UInt64(k))
          try check(system, model, "\(box), \(model)", isGlass: true)
        }
      }

      /// Positions outside the cell and images given by a file enter as they are.
      @Test func unwrappedInput() throws {
        let model = Self.models[0]
        var snapshot = Samples.grid([9, 8], edges: [[13, 0], [5, 11]], disorder: 0.15, seed: 3)
        let plain = try Samples.system(snapshot, model)
        try plain.evaluate(.forcesEnergyAndStress)
        for i in 0..<snapshot.totalCount {
          for k in 0..<2 {
            snapshot.particles.positions[2 * i + k] += 3 * snapshot.edges[0][k] - 2 * snapshot.edges[1][k]
          }
        }
        let moved = try Samples.system(snapshot, model)
        try check(moved, model, "unwrapped")
        let images = moved.snapshot().particles.images
        let plainImages = plain.snapshot().particles.images
        for i in 0..<snapshot.totalCount {
          #expect(images[2 * i] == plainImages[2 * i] + 3 && images[2 * i + 1] == plainImages[2 * i + 1] - 2)
        }
      }

      /// Lists hold exactly the neighbours within the cutoff, each once, by brute force over all images: at tilt 0 and
      /// ±1/2, in small and non-cubic boxes. A pair within 1e-12 of its cutoff could fall on either side; none does
      /// here.
      @Test(arguments: boxes) func pairLists(box: Box) throws {
        for (k, model) in [Self.models[0], .binaryLJ(cutoff: 2.1, truncation: .plain), .harmonic].enumerated() {
          let snapshot = Samples.grid(
            box.counts, edges: box.edges, disorder: 0.3, largestSize: 1.5, seed: UInt64(7 + k))
          let system = try Samples.system(snapshot, model)
          let oracle = Oracle(system, model)
          var visited = 0
          system.forEachNeighbourhood { i, neighbours in
            visited += 1
            // Ghost numbers are beyond the owned ones; displacements identify the pair.
            let found = neighbours.map { [$0.1.x, $0.1.y, $0.1.z] }.sorted { $0.lexicographicallyPrecedes($1) }
            let expected = oracle.neighbours[i].map { $0.displacement.map { Double($0) } }
              .sorted { $0.lexicographicallyPrecedes($1) }
            #expect(
              found == expected, "\(box), \(model), particle \(system.id(i)): \(found.count) of \(expected.count)")
          }
          #expect(visited == system.totalCount)
          // What is listed is what lies within cutoff plus skin: full lists, so twice the pairs.
          let listed = Oracle(system, model, reach: system.skin).neighbours.map(\.count).reduce(0, +)
          #expect(2 * system.listedPairs == listed, "\(box), \(model)")
          #expect(try system.bondStatistics().count == oracle.bonds)
        }
      }

      @Test func bondStatistics() throws {
        for model in Self.models {
          let snapshot = Samples.grid([9, 8], edges: [[13, 0], [-5, 11]], disorder: 0.2, seed: 21)
          let system = try Samples.system(snapshot, model)
          let oracle = Oracle(system, model)
          let bonds = try system.bondStatistics()
          #expect(bonds.count == oracle.bonds)
          // Sums of some 300 positive terms.
          #expect(abs(Float80(bonds.meanForce) - oracle.meanBondForce) <= 1e-13 * oracle.meanBondForce, "\(model)")
          var stiffest: Float80 = -1e9
          let potential = ReferencePotential(model)
          let order = Samples.order(system)
          for i in 0..<system.ownedCount {
            for (id, x) in oracle.neighbours[i] {
              let j = order[id]!
              let r = (x[0] * x[0] + x[1] * x[1] + x[2] * x[2]).squareRoot()
              func parameter(_ p: Int) -> Double {
                model.parameter == .size ? system.diameter(p) : Double(system.species(p))
              }
              stiffest = max(stiffest, potential.derivative(2, r, parameter(i), parameter(j)).value)
            }
          }
          #expect(abs(Float80(bonds.largestStiffness) - stiffest) <= 1e-12 * stiffest, "\(model)")
        }
      }
    }
  }
#endif
