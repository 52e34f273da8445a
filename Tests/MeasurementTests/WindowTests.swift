import Checkpoints
import Geometry
import Interactions
import Measurement
import MessagePassing
import Particles
import TestSupport
import Testing

extension MeasurementTests {
  /// Windows of local deformation, against a fit particle by particle.
  @Suite(.serialized) struct Windows {
    typealias Box = NonaffineResidual.Box
    static let boxes = NonaffineResidual.boxes
    /// A shear that takes a box of any tilt over the point at which it is flipped within a few steps.
    static let map = Tensor(Vector(1, 0.17, 0), Vector(0, 1, 0), Vector(0, 0, 1))

    func system(_ box: Box) throws -> ParticleSystem {
      try Samples.system(
        Samples.grid(box.counts, edges: box.edges, disorder: 0.2, largestSize: 1.1, seed: 91), MeasurementTests.model)
    }

    /// Moves particles by more than the skin, lists anew, deforms and flips the box, several times.
    func flow(_ system: ParticleSystem, steps: Range<UInt64>) throws {
      for step in steps {
        Samples.displace(system, by: 0.2, seed: step)
        try system.evaluate()
        try MeasurementTests.deform(system, by: Self.map)
      }
    }

    /// The definition, one particle after the other, with the neighbours in the order of identifiers within the cells
    /// of the starting configuration: D²min by the sum, the number of neighbours, and J.
    func fits(
      _ start: Snapshot, radius: Double, _ motion: [Int64: Vector]
    ) throws -> [Int64: (sum: Double, count: Int, gradient: Tensor)] {
      let d = start.dimension
      let reference = try ParticleSystem(
        start, interaction: Neighbourhood(radius: radius).compiled(dimension: d), skin: 0,
        communicator: try MessagePassing.startForTests())
      let ids = try reference.ghostedIdentifiers()
      var result: [Int64: (sum: Double, count: Int, gradient: Tensor)] = [:]
      reference.forEachNeighbourhood { i, neighbours in
        var spread = d == 2 ? Tensor(.zero, .zero, Vector(0, 0, 1)) : Tensor()
        var mixed = Tensor()
        func u(_ j: Int) -> Vector { motion[Int64(ids.values[j])]! - motion[reference.id(i)]! }
        for (j, x) in neighbours {
          spread = spread + Tensor(outer: x, x)
          mixed = mixed + Tensor(outer: u(j), x)
        }
        let map = mixed * spread.inverse
        var sum = 0.0
        for (j, x) in neighbours { sum += (u(j) - map * x).squaredLength }
        result[reference.id(i)] = (sum, neighbours.count, map)
      }
      return result
    }

    /// The loop over several particles at once has the bits of the loop over single ones, after lists, storage order
    /// and box have changed.
    @Test(arguments: boxes) func bitsOfTheDefinition(box: Box) throws {
      let system = try system(box)
      try flow(system, steps: 0..<2)
      Samples.displace(system, by: 0.1, seed: 7)
      let start = system.positionSnapshot()
      let window = try StrainWindow(system, radius: box.radius)
      try flow(system, steps: 2..<5)
      let motion = (0..<system.ownedCount).map { (system.id($0), window.displacement(system, of: $0)) }
      let expected = try fits(start, radius: box.radius, Dictionary(uniqueKeysWithValues: motion))
      let found = try window.measure(system, withGradients: true)
      let (sums, means) = (found.d2min(.sum), found.d2min(.mean))
      #expect(try window.d2min(system, normalisation: .sum) == sums)
      for i in 0..<system.ownedCount {
        let e = expected[system.id(i)]!
        #expect(sums[i] == e.sum && means[i] == e.sum / Double(e.count), "\(box), \(system.id(i)): \(sums[i])")
        #expect(sums[i] > 1e-3, "the motion is not affine")
        let gradient = found.displacementGradient(of: i)
        for k in 0..<system.dimension {
          for m in 0..<system.dimension { #expect(gradient[k, m] == e.gradient[k, m], "\(box)") }
        }
      }
    }

    /// Particles displaced by a gradient of their own, which is no deformation of the box, around the one that stands
    /// still. The gradient is found where no neighbour is displaced across the boundary, within the quantum over the
    /// radius, 1e-14.
    @Test(arguments: boxes.filter { !$0.name.contains("thin") }) func gradientOfADisplacement(box: Box) throws {
      let system = try system(box)
      let d = system.dimension
      let window = try StrainWindow(system, radius: box.radius)
      let gradient = Tensor(Vector(0.01, 0.03, 0), Vector(-0.02, 0.04, 0), .zero)
      let field = system.makeField(width: d)
      let centre = 0.5 * (system.cell.edges[0] + system.cell.edges[1] + (d == 3 ? system.cell.edges[2] : .zero))
      var middle = (particle: 0, distance: Double.infinity)
      for i in 0..<system.ownedCount {
        let away = system.position(i) - centre
        let u = gradient * away
        for k in 0..<d { field.values[i * d + k] = u[k] }
        if away.length < middle.distance { middle = (i, away.length) }
      }
      let id = system.id(middle.particle)
      system.move(along: field.values, by: 1)
      try system.rebuild()
      let measured = try window.measure(system, withGradients: true)
      let i = Samples.order(system)[id]!
      let found = measured.displacementGradient(of: i)
      for k in 0..<d { for m in 0..<d { #expect(abs(found[k, m] - gradient[k, m]) < 1e-13, "\(box): \(found)") } }
      #expect(measured.d2min(.sum)[i] < 1e-26)
    }

    /// A window that is saved while it is open, after a flip, and resumed closes with the same bits.
    @Test(arguments: [boxes[1], boxes[4]]) func resumed(box: Box) throws {
      let system = try system(box)
      let window = try StrainWindow(system, radius: box.radius)
      try flow(system, steps: 0..<2)
      Samples.displace(system, by: 0.05, seed: 9)
      let checkpoint = Checkpoint(over: system.communicator)
      try system.save(to: checkpoint)
      try window.save(system, to: checkpoint, as: "window")
      let again = try ParticleSystem(resuming: checkpoint, interaction: system.interaction, skin: system.skin)
      let windowAgain = try StrainWindow(again, radius: 1, resuming: checkpoint, as: "window")
      #expect(windowAgain.strain == window.strain)
      for s in [system, again] { try flow(s, steps: 2..<4) }
      #expect(try windowAgain.d2min(again, normalisation: .sum) == window.d2min(system, normalisation: .sum))
    }
  }
}
