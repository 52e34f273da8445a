import Checkpoints
import Geometry
import Interactions
import MessagePassing
import Particles

/// The configuration at the start of a window, from which the motion of each particle's neighbourhood is measured.
///
/// Neighbours are the particles within the radius at the start. Each particle takes its starting position along; when
/// the window closes, the starting positions become a temporary configuration that is distributed by its own cells,
/// with the motion of each particle since then. While a window is open it costs one vector per particle, that is sorted
/// and migrates with the particles.
struct WindowStart {
  /// Names in checkpoints.
  private enum Key {
    static let start = "/start"
    static let radius = "/radius"
  }

  /// Strain at the start.
  let strain: Double
  /// Radius of the neighbourhood, in units of length.
  private let radius: Double
  private let edges: Tensor
  private let quantum: Double
  private let positions: PositionField

  /// Keeps the present configuration. Collective.
  init(_ system: ParticleSystem, radius: Double, key: String) throws {
    strain = system.strain
    self.radius = radius
    edges = system.cell.edges
    quantum = system.cell.quantum
    positions = PositionField(system)
    try StrainWindow.check(
      snapshot(system), radius: radius, key: key, ranks: system.communicator.size, over: system.communicator)
  }

  private func snapshot(_ system: ParticleSystem) -> Snapshot {
    positions.snapshot(system, edges: edges, quantum: quantum, strain: strain)
  }

  /// Saves the start. Collective.
  func save(_ system: ParticleSystem, to checkpoint: Checkpoint, as name: String) throws {
    try snapshot(system).save(to: checkpoint, as: name + Key.start)
    try checkpoint.put(radius, as: name + Key.radius)
  }

  /// Restores a saved start for a system that is resumed. Collective.
  /// - Parameter present: radius for checkpoints that do not contain the radius of the saved start.
  init(_ system: ParticleSystem, radius present: Double, resuming checkpoint: Checkpoint, as name: String) throws {
    radius = checkpoint.holds(name + Key.radius) ? try checkpoint.value(Double.self, of: name + Key.radius) : present
    let saved = try Snapshot(resuming: checkpoint, as: name + Key.start)
    edges = saved.edges
    strain = saved.strain
    quantum = saved.quantum ?? system.cell.quantum
    positions = try PositionField(system, resuming: saved)
  }

  /// Fits affine maps to the motion of the neighbourhoods since the start. Collective.
  /// - Parameters:
  ///   - withGradients: whether the maps themselves are wanted, besides what they leave.
  ///   - motion: the displacement of owned particle i of `system` since the start, in units of length.
  func fit(
    _ system: ParticleSystem, withGradients: Bool, _ motion: (_ particle: Int) -> Vector
  ) throws -> LocalDeformation {
    let (d, rank) = (system.dimension, system.communicator.rank)
    var carried: (motion: ParticleField, home: ParticleField)!
    let reference = try ParticleSystem(
      snapshot(system), interaction: Neighbourhood(radius: radius).compiled(dimension: d), skin: 0,
      communicator: system.communicator
    ) { reference in
      carried = (reference.makeField(width: d), reference.makeField(width: 1))
      for i in 0..<reference.ownedCount {
        let u = motion(i)
        for k in 0..<d { carried.motion.values[i * d + k] = u[k] }
        carried.home.values[i] = Home(rank: rank, particle: i).code
      }
    }
    let fits = AlignedBuffer<Double>()
    try reference.fitAffineMaps(to: carried.motion, into: fits)
    let stride = AffineFit.stride(dimension: d)
    let width = withGradients ? stride : AffineFit.residualAndCount
    let home = try Home.deliver(
      fits.pointer, stride: stride, width: width, of: reference.ownedCount, at: carried.home, to: system)
    return LocalDeformation(dimension: d, fits: home, stride: width)
  }
}

/// The rank and the local number of a particle: where a result belongs.
private struct Home {
  var rank: Int
  var particle: Int

  init(rank: Int, particle: Int) { (self.rank, self.particle) = (rank, particle) }

  /// A number that a field can hold exactly, for up to 2²¹ ranks.
  var code: Double { Double(rank << 32 | particle) }
  init(code: Double) { self.init(rank: Int(code) >> 32, particle: Int(code) & 0xffff_ffff) }

  /// Brings the first `width` of the `stride` values of each of `count` particles home. Collective.
  /// - Returns: `width` numbers for each owned particle of `system`, in storage order.
  static func deliver(
    _ values: UnsafePointer<Double>, stride: Int, width: Int, of count: Int, at homes: ParticleField,
    to system: ParticleSystem
  ) throws -> [Double] {
    let communicator = system.communicator
    var result = [Double](repeating: .nan, count: system.ownedCount * width)
    // Few particles have changed their rank since the start.
    var away: [(home: Home, source: Int)] = []
    for i in 0..<count {
      let home = Home(code: homes.values[i])
      if home.rank == communicator.rank {
        for k in 0..<width { result[home.particle * width + k] = values[i * stride + k] }
      } else {
        away.append((home, i))
      }
    }
    away.sort { ($0.home.rank, $0.home.particle) < ($1.home.rank, $1.home.particle) }
    var sendCounts = [Int](repeating: 0, count: communicator.size)
    var outgoing: [Double] = []
    for (home, i) in away {
      sendCounts[home.rank] += 1
      outgoing.append(Double(home.particle))
      for k in 0..<width { outgoing.append(values[i * stride + k]) }
    }
    let incoming = try Exchange(communicator, sendCounts: sendCounts).forward(outgoing, width: width + 1)
    for first in Swift.stride(from: 0, to: incoming.count, by: width + 1) {
      for k in 0..<width { result[Int(incoming[first]) * width + k] = incoming[first + 1 + k] }
    }
    return result
  }
}
