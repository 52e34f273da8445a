import Checkpoints
import Geometry
import MessagePassing
import Particles
import QuasistaticShear
import Storage
import StrainExpansion

/// What the fields of the first state of a loading, and of the last one that was reported (a step or an event),
/// foretell of its plastic events, and how right they were.
final class EventForecast {
  private let folder: RunFolder
  private let generator: Tensor
  private var hasBegun = false
  private var first: EventPrediction?
  private var last: EventPrediction?

  /// - Parameter generator: A of the loading.
  init(_ folder: RunFolder, generator: Tensor) {
    self.folder = folder
    self.generator = generator
  }

  /// As it was when the checkpoint was made. Collective.
  func goOn(_ system: ParticleSystem, from checkpoint: Checkpoint) throws {
    hasBegun = checkpoint.holds("output/predictions")
    first = try Self.prediction(system, checkpoint, "output/first")
    last = try Self.prediction(system, checkpoint, "output/last")
  }

  private static func prediction(_ system: ParticleSystem, _ checkpoint: Checkpoint, _ name: String) throws
    -> EventPrediction?
  {
    try checkpoint.holds(name) ? EventPrediction(system, resuming: checkpoint, as: name) : nil
  }

  /// Collective.
  func save(to checkpoint: Checkpoint) throws {
    guard hasBegun else { return }
    try checkpoint.put(true, as: "output/predictions")
    try first?.save(to: checkpoint, as: "output/first")
    try last?.save(to: checkpoint, as: "output/last")
  }

  /// Collective.
  func look(_ system: ParticleSystem) throws {
    last = try foretell(system)
    if !hasBegun { first = last }
    hasBegun = true
  }

  /// Where an event stood in what the first and the last state had foretold; then looks ahead anew. Collective.
  func judge(_ event: PlasticEvent, _ system: ParticleSystem, _ table: TableFile) throws {
    guard hasBegun else { return }
    let forward = event.strainAfter > event.strainBefore
    let (late, early) = (
      try last?.ranks(of: event.centre, forward: forward), try first?.ranks(of: event.centre, forward: forward)
    )
    try table.append(
      EventRanks(
        strain: last?.strain ?? .nan, velocity: late?.velocity ?? .nan, product: late?.product ?? .nan,
        velocityAtStart: early?.velocity ?? .nan, productAtStart: early?.product ?? .nan), to: EventRanks.schema)
    last = try foretell(system)
  }

  /// Nil, and a line in the log, where the state has no response to foretell from: at a saddle, or where it is floppy.
  private func foretell(_ system: ParticleSystem) throws -> EventPrediction? {
    do {
      return try EventPrediction(system, generator: generator)
    } catch let failure as Failure where failure.kind == .notConverged && failure.agreedRank != nil {
      try folder.log(Silence(strain: system.strain, reason: failure.message), over: system.communicator)
      return nil
    }
  }

  private struct Silence: Encodable {
    var prediction = "none"
    var strain: Double
    var reason: String
  }
}
