import Foundation
import Geometry
import Interactions
import MessagePassing
import Particles
import Storage

/// Small configurations for tests.
public enum Samples {
  /// Particles near the points of a grid of `counts` points in fractions of the edges, each displaced at random by up
  /// to `disorder` of a grid spacing along each edge; sizes from 1 to `largestSize`, species A and B in turn.
  public static func grid(
    _ counts: [Int], edges: [[Double]], disorder: Double, largestSize: Double = 1.5, seed: UInt64
  ) -> Snapshot {
    let d = edges.count
    var generator = Generator(seed: seed)
    var matrix = Tensor(edges)
    if d == 2 { matrix[2, 2] = 1 }
    var table = ParticleTable()
    let total = counts.reduce(1, *)
    let order = (1...total).shuffled(using: &generator)
    for n in 0..<total {
      var rest = n
      var position = Vector.zero
      for k in 0..<d {
        let fraction = (Double(rest % counts[k]) + 0.5 + disorder * generator.uniform(-1...1)) / Double(counts[k])
        rest /= counts[k]
        position += fraction * matrix[k]
      }
      table.ids.append(Int64(order[n]))
      table.species.append(Int32(n % 2))
      table.diameters.append(generator.uniform(1...largestSize))
      for k in 0..<d { table.positions.append(position[k]) }
    }
    var snapshot = Snapshot(dimension: d, edges: matrix, totalCount: total, particles: table)
    snapshot.speciesCount = 2
    snapshot.hasDiameters = true
    return snapshot
  }

  public static func system(
    _ snapshot: Snapshot, _ model: PairModel, skin: Double = 0.3
  ) throws -> ParticleSystem {
    try ParticleSystem(
      snapshot, interaction: model.compiled(dimension: snapshot.dimension), skin: skin,
      communicator: try MessagePassing.startForTests())
  }

  /// Moves every particle by up to `amplitude` along each axis, as a function of its id and the seed.
  public static func displace(_ system: ParticleSystem, by amplitude: Double, seed: UInt64) {
    let field = system.makeField(width: system.dimension)
    for i in 0..<system.ownedCount {
      var generator = Generator(seed: seed &* 1_000_003 &+ UInt64(system.id(i)))
      for k in 0..<system.dimension {
        field.values[i * system.dimension + k] = generator.uniform(-amplitude...amplitude)
      }
    }
    system.move(along: field.values, by: 1)
  }

  /// Storage index by id.
  public static func order(_ system: ParticleSystem) -> [Int64: Int] {
    Dictionary(uniqueKeysWithValues: (0..<system.ownedCount).map { (system.id($0), $0) })
  }
}

/// The configurations that an independent program minimised, and what it found.
public struct ReferenceState: Sendable {
  public let name: String
  public let model: PairModel
  public let energyPerParticle: Double
  public let pressure: Double
  public let stress: (xx: Double, yy: Double, xy: Double)
  public let bonds: Int

  /// Tests/Reference, wherever the sources are.
  public static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Reference").path

  public static let polydisperse = ReferenceState(
    name: "ipl2d_n1024", model: .polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1),
    energyPerParticle: 11.554339181871654, pressure: 55.429215444429445,
    stress: (-55.291484064458515, -55.56694682440037, -0.4026770198573656), bonds: 3827)
  public static let bidisperse = ReferenceState(
    name: "bi2d_n1024", model: .bidisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4),
    energyPerParticle: 3.5241235133443123, pressure: 18.79507463456856,
    stress: (-18.9594857762372, -18.63066349289992, 0.05879534209498901), bonds: 3128)
  public static let lennardJones = ReferenceState(
    name: "lj2d_n1024", model: .binaryLJ(cutoff: 2.5, truncation: .energyShift), energyPerParticle: -3.643620747225044,
    pressure: 3.6480732756508205, stress: (-3.558645742823885, -3.7375008084777797, 0.1199477326896856), bonds: 10972)

  public func snapshot() throws -> Snapshot {
    var snapshot = try ConfigurationReader.read(
      path: Self.folder + "/\(name).data", over: try MessagePassing.startForTests())
    if model.parameter == .species { snapshot.hasDiameters = false }
    return snapshot
  }

  public func system(skin: Double = 0.3) throws -> ParticleSystem {
    try Samples.system(try snapshot(), model, skin: skin)
  }
}
