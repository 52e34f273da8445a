import Foundation
import MessagePassing

/// Decides when a checkpoint is due and when the run has to stop: by time, by steps, before
/// a time limit, or on a signal.
///
/// All ranks get the same answer, although only the clock or a signal of some of them may ask for it. They agree by one
/// short message, not at every call but about ten times per second. The time of a checkpoint never changes a result.
public final class CheckpointSchedule {
  public struct Rule: Sendable {
    /// Seconds between checkpoints; infinite for none by time.
    public var everySeconds: Double
    /// Steps between checkpoints; 0 for none by steps.
    public var everySteps: Int
    /// Time at which the run will be killed from outside. The run stops early enough to save before it.
    public var end: Date?

    public init(everySeconds: Double, everySteps: Int, end: Date?) {
      self.everySeconds = everySeconds
      self.everySteps = everySteps
      self.end = end
    }
  }

  enum Verdict: Double {
    case proceed = 0
    case save = 1
    case stop = 2
  }

  private let rule: Rule
  private let communicator: Communicator
  private let write: (Checkpoint) throws -> Void
  private var lastSaved = Date()
  private var lastAgreed = Date()
  private var stepsSinceSaved = 0
  private var callsSinceAgreed = 0
  /// Number of calls of ``verdict(isStep:)`` between two agreements of the ranks.
  private var stride = 1
  private var isDue = false
  private var isStopping = false
  private var hasFailed = false
  // Longest time so far for one checkpoint and between two agreements, in seconds.
  private var longestSave = 0.0
  private var longestGap = 0.0

  /// Target time between two agreements, in seconds.
  private static let agreementInterval = 0.1

  /// Starts the schedule, and begins to record the signals that ask the run to stop.
  /// - Parameter write: writes a checkpoint to disk. Collective.
  public init(_ rule: Rule, over communicator: Communicator, write: @escaping (Checkpoint) throws -> Void) {
    self.rule = rule
    self.communicator = communicator
    self.write = write
    StopSignal.install()
  }

  /// Message for the user when the run stops.
  var explanation: String { "suspended with a checkpoint; resume with --resume auto" }

  // MARK: When

  /// Returns the same verdict on all ranks. Collective.
  func verdict(isStep: Bool) throws -> Verdict {
    try Fault.trigger(at: "safe-point", rank: communicator.rank)
    if Fault.requestsStop() { isStopping = true }
    if isStep {
      stepsSinceSaved += 1
      if rule.everySteps > 0, stepsSinceSaved >= rule.everySteps { isDue = true }
    }
    callsSinceAgreed += 1
    if callsSinceAgreed >= stride { try agree() }
    return isStopping ? .stop : isDue ? .save : .proceed
  }

  private func agree() throws {
    let now = Date()
    let gap = max(0, now.timeIntervalSince(lastAgreed))
    var answers = [gap, ownVerdict(now, gap).rawValue]
    try communicator.reduce(&answers, .maximum)
    if answers[1] == Verdict.stop.rawValue { isStopping = true }
    if answers[1] >= Verdict.save.rawValue { isDue = true }
    longestGap = max(longestGap, answers[0])
    // The stride at most doubles, so that a fast start does not hide slower calls later.
    stride = min(max(1, Int(Double(stride) * Self.agreementInterval / max(answers[0], 1e-6))), 2 * stride, 1 << 20)
    callsSinceAgreed = 0
    lastAgreed = now
  }

  /// Verdict of this rank alone, from its own clock and signals.
  private func ownVerdict(_ now: Date, _ gap: Double) -> Verdict {
    if StopSignal.hasCome { return .stop }
    let margin = 1 + 1.5 * longestSave + 2 * max(longestGap, gap)
    if let end = rule.end, end.timeIntervalSince(now) < margin { return .stop }
    return now.timeIntervalSince(lastSaved) >= rule.everySeconds ? .save : .proceed
  }

  // MARK: Saving

  /// Fills a checkpoint and writes it to disk. Collective.
  ///
  /// If that fails, the run continues with the previous checkpoint. It tries again when the next one is due, or at once
  /// if it has to stop. The second failure in a row ends the run.
  func makeCheckpoint(isStopping: Bool, _ fill: (Checkpoint) throws -> Void) throws {
    let started = Date()
    do {
      let checkpoint = Checkpoint(over: communicator)
      try fill(checkpoint)
      try write(checkpoint)
      hasFailed = false
    } catch let failure as Failure where [.inputOutput, .input].contains(failure.kind) && failure.agreedRank != nil {
      // A file that the run itself made and that has disappeared is not bad input.
      if hasFailed { throw Failure.everywhere(.inputOutput, failure.message) }
      hasFailed = true
      if communicator.isRoot {
        StandardError.write("athermal: no checkpoint could be written; earlier ones are kept: \(failure.message)\n")
      }
      if isStopping { return try makeCheckpoint(isStopping: true, fill) }
    }
    isDue = false
    stepsSinceSaved = 0
    lastSaved = Date()
    // Restart the stride measurement. If checkpoints come more often than once per stride, no stride is ever timed
    // completely and its length would grow without bound.
    lastAgreed = lastSaved
    callsSinceAgreed = 0
    stride = 1
    longestSave = max(longestSave, lastSaved.timeIntervalSince(started))
  }
}
