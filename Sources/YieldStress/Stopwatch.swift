import Dispatch

/// Stopwatch that adds up the time between laps. No decision depends on it.
struct Stopwatch {
  private var last = DispatchTime.now().uptimeNanoseconds

  mutating func lap(_ sum: inout Double) {
    let now = DispatchTime.now().uptimeNanoseconds
    sum += Double(now - last) * 1e-9
    last = now
  }
}
