import Foundation
import Geometry
import Interactions
import MessagePassing
import Multigrid
import Particles
import Statics
import TestSupport
import Testing

/// The geometric multigrid as what it must be for conjugate gradients: linear, symmetric, positive, and good at long
/// waves.
@Suite(.serialized, .oneAtATime) struct MultigridTests {
  static let models: [PairModel] = [
    .binaryLJ(cutoff: 2.5, truncation: .energyShift),
    .polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1),
  ]

  /// A disordered solid near equilibrium in a tilted box.
  static func solid(_ model: PairModel, dimension: Int, edge: Int, seed: UInt64) throws -> ParticleSystem {
    let counts = [Int](repeating: edge, count: dimension)
    let spacing = model.parameter == .species ? 0.95 : 1.35
    let length = Double(edge) * spacing
    var edges = [[Double]](repeating: [Double](repeating: 0, count: dimension), count: dimension)
    for k in 0..<dimension { edges[k][k] = length }
    edges[1][0] = 0.3 * length
    let system = try Samples.system(
      Samples.grid(counts, edges: edges, disorder: 0.1, largestSize: 1.4, seed: seed), model)
    _ = try Minimization(method: .fire, tolerance: .largestComponent(1e-6), maximumEvaluations: 200_000).run(system)
    try system.evaluate()
    return system
  }

  static func field(_ system: ParticleSystem, seed: UInt64) -> ParticleField {
    let field = system.makeField(width: system.dimension)
    for i in 0..<system.ownedCount {
      var generator = Generator(seed: seed &* 7_919 &+ UInt64(system.id(i)))
      for k in 0..<system.dimension { field.values[i * system.dimension + k] = generator.uniform(-1...1) }
    }
    return field
  }

  /// The blocks are singles, so the product agrees with the one made anew from the potential to 2⁻²⁴ of the sum of the
  /// magnitudes of its terms; 1e-6 of the largest component leaves room for 60 terms. The product in singles rounds the
  /// field too.
  @Test(arguments: models, [2, 3]) func blocksMultiplyAsTheHessian(model: PairModel, dimension: Int) throws {
    let system = try Self.solid(model, dimension: dimension, edge: dimension == 2 ? 24 : 9, seed: 3)
    let v = Self.field(system, seed: 5)
    let exact = system.makeField(width: dimension)
    let product = system.makeField(width: dimension)
    try system.multiplyHessian(v, into: exact)
    let blocks = PairBlocks(dimension: dimension)
    system.assemble(.hessian, into: blocks)
    try system.multiply(blocks, v, into: product)
    var largest = 0.0
    var difference = 0.0
    for k in 0..<(system.ownedCount * dimension) {
      largest = max(largest, abs(exact.values[k]))
      difference = max(difference, abs(exact.values[k] - product.values[k]))
    }
    #expect(difference < 1e-6 * largest && difference > 0)

    let stride = dimension == 2 ? 2 : 4
    let singles = AlignedBuffer<Float>(capacity: (system.ownedCount + system.ghostCount + 1) * stride)
    let result = AlignedBuffer<Float>(capacity: (system.ownedCount + system.ghostCount + 1) * stride)
    for i in 0..<system.ownedCount {
      for k in 0..<dimension { singles[i * stride + k] = Float(v.values[i * dimension + k]) }
    }
    try system.gather(singles, stride: stride)
    blocks.subtractProduct(of: singles.pointer, from: result.pointer)
    difference = 0
    for i in 0..<system.ownedCount {
      for k in 0..<dimension {
        difference = max(difference, abs(exact.values[i * dimension + k] + Double(result[i * stride + k])))
      }
    }
    #expect(difference < 4e-6 * largest)
  }

  /// ½ Σ φ''/r² x⊗x⊗x⊗x of each particle against a sum over the bonds; sums of singles.
  @Test(arguments: [2, 3]) func affineStiffnessIsThatOfTheBonds(dimension: Int) throws {
    let system = try Self.solid(Self.models[0], dimension: dimension, edge: dimension == 2 ? 20 : 8, seed: 4)
    let bonds = system.makeBondNetwork()
    let measured = AlignedBuffer<Float>()
    let blocks = PairBlocks(dimension: dimension)
    system.assemble(.stiffBonds, into: blocks)
    system.affineStiffness(of: blocks, into: measured)
    let count = AffineStiffness.count(dimension: dimension)
    for i in stride(from: 0, to: system.ownedCount, by: 37) {
      for c in 0..<count {
        let powers = AffineStiffness.exponents[c]
        var sum = 0.0
        var size = 0.0
        for end in bonds.ends(of: i) {
          let x = bonds.bond(end)
          let b = bonds.stiffness(end)
          let stiffness = b.second * x.squaredLength + b.first
          guard stiffness > 0 else { continue }
          var product = 0.5 * stiffness / x.squaredLength
          for k in 0..<3 { for _ in 0..<powers[k] { product *= x[k] } }
          sum += product
          size += abs(product)
        }
        #expect(abs(Double(measured[i * count + c]) - sum) <= 1e-6 * size, "particle \(i), component \(c)")
      }
    }
  }

  /// a·M b = b·M a and a·M a > 0. One V-cycle in singles: the two products agree to some 2⁻²⁴ of |a||Mb|, taken 30-fold
  /// for the sums along the way.
  @Test(arguments: models, [2, 3]) func isSymmetricAndPositive(model: PairModel, dimension: Int) throws {
    let system = try Self.solid(model, dimension: dimension, edge: dimension == 2 ? 40 : 12, seed: 6)
    let multigrid = try Multigrid(system)
    for shift in [0.0, 3.0] {
      try multigrid.refresh(shift: shift)
      let (a, b) = (Self.field(system, seed: 8), Self.field(system, seed: 9))
      let (ma, mb) = (system.makeField(width: dimension), system.makeField(width: dimension))
      try multigrid.apply(a.values, into: ma.values)
      try multigrid.apply(b.values, into: mb.values)
      let products = try system.dots(
        [
          (a.values, mb.values), (b.values, ma.values), (a.values, ma.values), (a.values, a.values),
          (mb.values, mb.values),
        ],
        width: dimension)
      let size = (products[3] * products[4]).squareRoot()
      #expect(abs(products[0] - products[1]) < 2e-6 * size, "shift \(shift): \(products)")
      #expect(products[2] > 0)
    }
  }

  /// The gain is in the long waves: a glass of 1024 particles against nine copies of it side by side, in which waves of
  /// three times the length are the only news. Measured: 61 and 80 iterations with multigrid, 347 and 424 with
  /// block-Jacobi.
  @Test func iterationsHardlyGrow() throws {
    func iterations(copies: Int, _ kind: PreconditionerKind) throws -> Int {
      let system = try Samples.system(Self.copies(try ReferenceState.lennardJones.snapshot(), copies), Self.models[0])
      try system.evaluate()
      let touching = system.makeBondNetwork()
      let null = try NullSpace(system, touching)
      let solver = try HessianConjugateGradient(
        system, touching.without(null), null: null, preconditioner: kind, maximumIterations: 20_000)
      let force = system.makeField(width: 2)
      for i in 0..<system.ownedCount {
        let s = system.cell.fractions(system.fixedPosition(i))
        force.values[2 * i + 1] = sin(2 * Double.pi * s[0])
      }
      let solution = system.makeField(width: 2)
      return try solver.solve(force, into: solution, tolerance: 1e-8, name: "long wave").iterations
    }
    let multigrid = try (iterations(copies: 1, .multigrid), iterations(copies: 3, .multigrid))
    let blockJacobi = try (iterations(copies: 1, .blockJacobi), iterations(copies: 3, .blockJacobi))
    #expect(Double(multigrid.1) < 1.6 * Double(multigrid.0), "\(multigrid)")
    #expect(4 * multigrid.0 < blockJacobi.0 && 4 * multigrid.1 < blockJacobi.1, "\(multigrid), \(blockJacobi)")
  }

  /// `times` × `times` copies of a configuration in two dimensions.
  static func copies(_ one: Snapshot, _ times: Int) -> Snapshot {
    var table = ParticleTable()
    for row in 0..<times {
      for column in 0..<times {
        let offset = Double(column) * one.edges[0] + Double(row) * one.edges[1]
        for i in 0..<one.particles.count {
          table.ids.append(Int64(table.count + 1))
          table.species.append(one.particles.species(i))
          for k in 0..<2 { table.positions.append(one.particles.positions[2 * i + k] + offset[k]) }
        }
      }
    }
    var edges = one.edges
    for k in 0..<2 { edges[k] = Double(times) * edges[k] }
    var many = Snapshot(dimension: 2, edges: edges, totalCount: table.count, particles: table)
    many.speciesCount = one.speciesCount
    return many
  }

  /// Particles without any bond get finite answers, and the others as if they were not there.
  @Test func looseParticlesAreNoTrouble() throws {
    var snapshot = Samples.grid([20, 20], edges: [[24, 0], [0, 24]], disorder: 0.1, largestSize: 1.1, seed: 13)
    // One particle small enough to touch nobody.
    snapshot.particles.diameters[7] = 0.05
    let system = try Samples.system(snapshot, .harmonic)
    try system.evaluate()
    let multigrid = try Multigrid(system)
    try multigrid.refresh()
    let a = Self.field(system, seed: 2)
    let z = system.makeField(width: 2)
    try multigrid.apply(a.values, into: z.values)
    #expect(try system.largestComponent(z.values, width: 2).isFinite)
    #expect(try system.dot(a.values, z.values) > 0)
  }
}
