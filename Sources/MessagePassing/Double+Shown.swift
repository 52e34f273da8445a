import Foundation

extension Double {
  /// The number as a sentence says it: the digits that mean something to a reader, not those that give the same bits
  /// back.
  public var shown: String { String(format: "%.6g", self) }
}
