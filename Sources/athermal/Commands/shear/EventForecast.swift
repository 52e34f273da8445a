import Checkpoints
import Geometry
import MessagePassing
import Particles
import QuasistaticShear
import Storage
import StrainExpansion

/// Prediction of plastic events from the fields of two states: the first one of a loading, and the last one that was
/// reported (a step or an event). It also measures how accurate the predictions were.
final class EventForecast {
  /// Names in checkpoints.
  private enum Key {
    static let hasBegun = "output/predictions"
    static let first = "output/first"
    static let last = "output/last"
  }

  private let folder: RunFolder
  private let generator: Tensor
  private var hasBegun = false
  private var first: EventPrediction?
  private var last: EventPrediction?

  /// Starts without predictions.
  /// - Parameter generator: generator A of the loading.
  init(_ folder: RunFolder, generator: Tensor) {
    self.folder = folder
    self.generator = generator
  }

  /// Restores the predictions from a checkpoint. Collective.
  func resume(_ system: ParticleSystem, from checkpoint: Checkpoint) throws {
    hasBegun = checkpoint.holds(Key.hasBegun)
    first = try Self.prediction(system, checkpoint, Key.first)
    last = try Self.prediction(system, checkpoint, Key.last)
  }

  private static func prediction(_ system: ParticleSystem, _ checkpoint: Checkpoint, _ name: String) throws
    -> EventPrediction?
  {
    try checkpoint.holds(name) ? EventPrediction(system, resuming: checkpoint, as: name) : nil
  }

  /// Saves the predictions. Collective.
  func save(to checkpoint: Checkpoint) throws {
    guard hasBegun else { return }
    try checkpoint.put(true, as: Key.hasBegun)
    try first?.save(to: checkpoint, as: Key.first)
    try last?.save(to: checkpoint, as: Key.last)
  }

  /// Makes a prediction from the present state. Collective.
  func update(_ system: ParticleSystem) throws {
    last = try predictOrLog(system)
    if !hasBegun { first = last }
    hasBegun = true
  }

  /// Records the rank of an event in the predictions of the first and of the last state, then makes
  /// a new prediction. Collective.
  func record(_ event: PlasticEvent, _ system: ParticleSystem, _ table: TableFile) throws {
    guard hasBegun else { return }
    let forward = event.strainAfter > event.strainBefore
    let (late, early) = (
      try last?.ranks(of: event.centre, forward: forward), try first?.ranks(of: event.centre, forward: forward)
    )
    try table.append(
      EventRanks(
        strain: last?.strain ?? .nan, velocity: late?.velocity ?? .nan, product: late?.product ?? .nan,
        velocityAtStart: early?.velocity ?? .nan, productAtStart: early?.product ?? .nan), to: EventRanks.schema)
    last = try predictOrLog(system)
  }

  /// Returns the prediction of the present state. If the state has no linear response, at a saddle or because it is
  /// floppy, logs that and returns nil.
  private func predictOrLog(_ system: ParticleSystem) throws -> EventPrediction? {
    do {
      return try EventPrediction(system, generator: generator)
    } catch let failure as Failure where failure.kind == .notConverged && failure.agreedRank != nil {
      try folder.log(NoPrediction(strain: system.strain, reason: failure.message), over: system.communicator)
      return nil
    }
  }

  private struct NoPrediction: Encodable {
    var prediction = "none"
    var strain: Double
    var reason: String
  }
}
