import MessagePassing

/// A point at which a long computation can be suspended, to be resumed later with the same bits.
///
/// At each safe point a computation says what state it would have to save. Nested computations each add their own part
/// (``within(_:)``). Nothing is gathered unless a checkpoint is due or the run has to stop.
public struct SafePoint {
  private let schedule: CheckpointSchedule?
  private let parts: [(Checkpoint) throws -> Void]
  private let canSave: Bool
  private let countsSteps: Bool

  /// A safe point that never saves and never stops, for computations that are never suspended.
  public static nonisolated(unsafe) let none = SafePoint(schedule: nil, parts: [], canSave: false, countsSteps: false)

  public init(_ schedule: CheckpointSchedule) {
    self.init(schedule: schedule, parts: [], canSave: true, countsSteps: true)
  }

  private init(schedule: CheckpointSchedule?, parts: [(Checkpoint) throws -> Void], canSave: Bool, countsSteps: Bool) {
    self.schedule = schedule
    self.parts = parts
    self.canSave = canSave
    self.countsSteps = countsSteps
  }

  /// Returns the safe point for work nested in a computation: every checkpoint made there also contains the
  /// computation's own state, which `save` adds.
  /// - Parameter countsSteps: whether the steps of the nested work are those that the user counts.
  public func within(countsSteps: Bool = true, _ save: @escaping (Checkpoint) throws -> Void) -> SafePoint {
    SafePoint(
      schedule: schedule, parts: parts + [save], canSave: canSave, countsSteps: self.countsSteps && countsSteps)
  }

  /// A safe point that makes no checkpoint: a request to stop is thrown at once, and a checkpoint that is due waits.
  private var withoutSaving: SafePoint {
    SafePoint(schedule: schedule, parts: parts, canSave: false, countsSteps: false)
  }

  /// Makes a checkpoint if one is due, and stops the run if that was requested. Collective.
  /// - Parameters:
  ///   - isStep: whether this call counts as one of the steps of `checkpoint.every_steps`.
  ///   - save: adds the state to be saved, besides that of the enclosing computations.
  /// - Throws: a failure of kind `stopped` if the run has to stop, after a checkpoint was
  ///   made where saving is possible.
  public func reached(isStep: Bool = false, _ save: (Checkpoint) throws -> Void = { _ in }) throws {
    guard let schedule else { return }
    let verdict = try schedule.verdict(isStep: isStep && countsSteps)
    if canSave, verdict != .proceed { try makeCheckpoint(save, schedule, isStopping: verdict == .stop) }
    if verdict == .stop { throw Failure.everywhere(.stopped, schedule.explanation) }
  }

  /// Whether checkpoints are made at all.
  public var isSaving: Bool { schedule != nil }

  /// Does work that cannot be saved halfway. If the run has to stop during it, `undo` restores the state before the
  /// work, and that state is saved.
  public func performing<Result>(
    _ work: (_ inside: SafePoint) throws -> Result, undo: () throws -> Void, _ save: (Checkpoint) throws -> Void
  ) throws -> Result {
    do { return try work(withoutSaving) } catch let failure as Failure where failure.kind == .stopped {
      try undo()
      try reached(save)
      throw failure
    }
  }

  /// Makes the final checkpoint, after which nothing is left to compute. Collective.
  public func end() throws {
    guard let schedule else { return }
    try makeCheckpoint({ _ in }, schedule, isStopping: true)
  }

  private func makeCheckpoint(
    _ save: (Checkpoint) throws -> Void, _ schedule: CheckpointSchedule, isStopping: Bool
  ) throws {
    try schedule.makeCheckpoint(isStopping: isStopping) { checkpoint in
      for part in parts { try part(checkpoint) }
      try save(checkpoint)
    }
  }
}
