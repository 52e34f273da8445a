import MessagePassing

/// Where a long computation can be put aside, to be continued with the same bits.
///
/// A computation says at its safe points what it would have to remember; computations inside computations each add
/// their own part (``within(_:)``). Nothing is gathered unless a checkpoint is due or the run has to stop.
public struct SafePoint {
  private let schedule: CheckpointSchedule?
  private let parts: [(Checkpoint) throws -> Void]
  private let canSave: Bool
  private let countsSteps: Bool

  /// For computations that nobody wants to put aside.
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

  /// Safe points inside a computation, whose own part `save` puts into every checkpoint that is made there.
  /// - Parameter countsSteps: whether the steps in there are those that the user counts.
  public func within(countsSteps: Bool = true, _ save: @escaping (Checkpoint) throws -> Void) -> SafePoint {
    SafePoint(
      schedule: schedule, parts: parts + [save], canSave: canSave, countsSteps: self.countsSteps && countsSteps)
  }

  /// A request to stop is thrown without a checkpoint; those that are due wait.
  private var withoutSaving: SafePoint {
    SafePoint(schedule: schedule, parts: parts, canSave: false, countsSteps: false)
  }

  /// To be called by all ranks. Makes a checkpoint if one is due.
  /// - Parameters:
  ///   - isStep: whether this counts as one of the steps of `checkpoint.every_steps`.
  ///   - save: what is to be remembered besides the parts of the enclosing computations.
  /// - Throws: a failure of kind `stopped` where the run has to stop: after a checkpoint, except without saving.
  public func reached(isStep: Bool = false, _ save: (Checkpoint) throws -> Void = { _ in }) throws {
    guard let schedule else { return }
    let verdict = try schedule.verdict(isStep: isStep && countsSteps)
    if canSave, verdict != .goOn { try keep(save, schedule, isStopping: verdict == .stop) }
    if verdict == .stop { throw Failure.everywhere(.stopped, schedule.explanation) }
  }

  /// Whether there is anybody who would save anything.
  public var isSaving: Bool { schedule != nil }

  /// Does work that cannot say on its way what it would have to remember. If the run has to stop inside it, everything
  /// is brought back to how it was here, by `retreat`, and saved.
  public func attempting<Result>(
    _ work: (_ inside: SafePoint) throws -> Result, retreat: () throws -> Void, _ save: (Checkpoint) throws -> Void
  ) throws -> Result {
    do { return try work(withoutSaving) } catch let failure as Failure where failure.kind == .stopped {
      try retreat()
      try reached(save)
      throw failure
    }
  }

  /// Makes a checkpoint of the end, from which nothing is left to compute.
  public func end() throws {
    guard let schedule else { return }
    try keep({ _ in }, schedule, isStopping: true)
  }

  private func keep(
    _ save: (Checkpoint) throws -> Void, _ schedule: CheckpointSchedule, isStopping: Bool
  ) throws {
    try schedule.keep(isStopping: isStopping) { checkpoint in
      for part in parts { try part(checkpoint) }
      try save(checkpoint)
    }
  }
}
