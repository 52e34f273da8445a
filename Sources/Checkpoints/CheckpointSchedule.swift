import Foundation
import MessagePassing

/// When a checkpoint is due, and when the run has to stop: by time, by steps, before a time limit, or by a signal.
///
/// All ranks get the same answer, though only clocks and signals of some of them may say so. They agree by one short
/// message, not at every call but about ten times a second. When a checkpoint is made changes no number.
public final class CheckpointSchedule {
  public struct Rule: Sendable {
    /// Seconds between checkpoints; infinite for none by time.
    public var everySeconds: Double
    /// Steps between checkpoints; 0 for none by steps.
    public var everySteps: Int
    /// When the run will be ended from outside; the run stops early enough before.
    public var end: Date?

    public init(everySeconds: Double, everySteps: Int, end: Date?) {
      self.everySeconds = everySeconds
      self.everySteps = everySteps
      self.end = end
    }
  }

  enum Verdict: Double {
    case goOn = 0
    case save = 1
    case stop = 2
  }

  private let rule: Rule
  private let communicator: Communicator
  private let write: (Checkpoint) throws -> Void
  private var lastSaved = Date()
  private var lastAsked = Date()
  private var stepsSinceSaved = 0
  private var callsSinceAsked = 0
  /// Calls between two agreements.
  private var stride = 1
  private var isDue = false
  private var isStopping = false
  private var hasFailed = false
  // The longest so far, in seconds.
  private var longestSave = 0.0
  private var longestGap = 0.0

  /// Seconds between two agreements.
  private static let pace = 0.1

  /// - Parameter write: brings a checkpoint to safety. Collective.
  public init(_ rule: Rule, over communicator: Communicator, write: @escaping (Checkpoint) throws -> Void) {
    self.rule = rule
    self.communicator = communicator
    self.write = write
    StopSignal.watch()
  }

  /// Why the run stops, in words.
  var explanation: String { "stopped early, with a checkpoint; go on with --resume auto" }

  // MARK: When

  /// The same on all ranks, if all call it.
  func verdict(isStep: Bool) throws -> Verdict {
    try Fault.reach("safe-point", rank: communicator.rank)
    if Fault.asksToStop() { isStopping = true }
    if isStep {
      stepsSinceSaved += 1
      if rule.everySteps > 0, stepsSinceSaved >= rule.everySteps { isDue = true }
    }
    callsSinceAsked += 1
    if callsSinceAsked >= stride { try ask() }
    return isStopping ? .stop : isDue ? .save : .goOn
  }

  private func ask() throws {
    let now = Date()
    let gap = max(0, now.timeIntervalSince(lastAsked))
    var answers = [gap, wish(now, gap).rawValue]
    try communicator.reduce(&answers, .maximum)
    if answers[1] == Verdict.stop.rawValue { isStopping = true }
    if answers[1] >= Verdict.save.rawValue { isDue = true }
    longestGap = max(longestGap, answers[0])
    // At most twice as many as before, so that a fast start does not hide a slow rest.
    stride = min(max(1, Int(Double(stride) * Self.pace / max(answers[0], 1e-6))), 2 * stride, 1 << 20)
    callsSinceAsked = 0
    lastAsked = now
  }

  /// What this rank would do.
  private func wish(_ now: Date, _ gap: Double) -> Verdict {
    if StopSignal.hasCome { return .stop }
    let margin = 1 + 1.5 * longestSave + 2 * max(longestGap, gap)
    if let end = rule.end, end.timeIntervalSince(now) < margin { return .stop }
    return now.timeIntervalSince(lastSaved) >= rule.everySeconds ? .save : .goOn
  }

  // MARK: Saving

  /// Fills a checkpoint and brings it to safety. Where that fails the run goes on with the one before, and tries again
  /// when the next one is due, or at once if it has to stop; the second failure in a row ends it. Collective.
  func keep(isStopping: Bool, _ fill: (Checkpoint) throws -> Void) throws {
    let started = Date()
    do {
      let checkpoint = Checkpoint(over: communicator)
      try fill(checkpoint)
      try write(checkpoint)
      hasFailed = false
    } catch let failure as Failure where [.inputOutput, .input].contains(failure.kind) && failure.agreedRank != nil {
      // Files that the run itself has made and that are gone are no bad input.
      if hasFailed { throw Failure.everywhere(.inputOutput, failure.message) }
      hasFailed = true
      if communicator.isRoot {
        StandardError.write("athermal: no checkpoint could be made, and any before stay: \(failure.message)\n")
      }
      if isStopping { return try keep(isStopping: true, fill) }
    }
    isDue = false
    stepsSinceSaved = 0
    lastSaved = Date()
    // What comes now is measured anew: where checkpoints are closer than a stride, its time would never be seen as a
    // whole, and the stride would grow for ever.
    lastAsked = lastSaved
    callsSinceAsked = 0
    stride = 1
    longestSave = max(longestSave, lastSaved.timeIntervalSince(started))
  }
}
