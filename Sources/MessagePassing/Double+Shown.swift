import Foundation

extension Double {
  /// Text of the number for messages: six significant digits, not enough to restore its bits.
  public var shown: String { String(format: "%.6g", self) }
}
