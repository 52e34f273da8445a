import Foundation
import MessagePassing

/// Progress display of a run: one updating line on a terminal, otherwise a line every half minute. Rank 0 only.
final class Progress {
  private let isShown: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let started = Date()
  private var last = Date.distantPast

  init(isShown: Bool) { self.isShown = isShown }

  /// Shows the progress, unless the last line is too recent.
  /// - Parameter fraction: fraction of the work that is done; 0 if it is unknown.
  func show(_ text: @autoclosure () -> String, fraction: Double) {
    let now = Date()
    let interval = isTerminal ? 0.2 : 30
    guard isShown, now.timeIntervalSince(last) >= interval || fraction >= 1 else { return }
    last = now
    let elapsed = now.timeIntervalSince(started)
    let left = fraction > 0 ? ", \(Self.clock(elapsed * (1 - fraction) / fraction)) left" : ""
    let line = "\(text())   \(Self.clock(elapsed)) elapsed\(left)"
    let ending = isTerminal && fraction < 1 ? "" : "\n"
    StandardError.write((isTerminal ? "\r\u{1B}[K" : "") + line + ending)
  }

  static func clock(_ seconds: Double) -> String {
    // The remaining time may be extrapolated from almost nothing.
    let s = Int(min(seconds, 1e9).rounded())
    return s < 3600
      ? String(format: "%d:%02d", s / 60, s % 60) : String(format: "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
  }
}
