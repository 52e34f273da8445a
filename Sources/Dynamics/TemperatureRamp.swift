/// A temperature that changes linearly in time and then stays.
public struct TemperatureRamp: Codable, Sendable, Equatable {
  /// Temperatures at the beginning and from ``duration`` on, in ε.
  public var start: Double
  public var end: Double
  public var duration: Double

  public init(from start: Double, to end: Double, in duration: Double) {
    self.start = start
    self.end = end
    self.duration = duration
  }

  public init(constant temperature: Double) { self.init(from: temperature, to: temperature, in: 0) }

  public var isCold: Bool { start == 0 && end == 0 }

  public func temperature(at time: Double) -> Double {
    time >= duration ? end : start + (end - start) * time / duration
  }
}
