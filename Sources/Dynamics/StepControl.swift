import Foundation

/// Choice of the time step from the errors of the last two steps: the proportional-integral controller of
/// Gustafsson (ACM Trans. Math. Softw. 20, 496), for an estimate of third order in the step.
struct StepControl: Codable, Equatable {
  private static let safety = 0.9
  private static let smallestFactor = 0.2
  private static let largestFactor = 4.0
  /// Factor of a step whose equations had no solution near the last state.
  private static let failureFactor = 0.3
  /// Smallest error that counts, in units of the tolerance: what is below says nothing about the next step.
  private static let smallestError = 1e-4

  /// Error, in units of the tolerance, below which the step is chosen from the last error alone.
  private static let smallError = 0.05

  /// Time step to try next.
  private(set) var timeStep: Double
  /// Error of the last accepted step, in units of the tolerance.
  private var lastError = 1.0
  /// Whether the last try failed, after which a step must not grow.
  private var hasFailed = false

  init(timeStep: Double) { self.timeStep = timeStep }

  /// Notes that a step was accepted with an error in units of the tolerance.
  mutating func accept(error: Double, of tried: Double) {
    let bounded = max(error, Self.smallestError)
    // Far below the tolerance, the last error is no reason to hold back.
    let isFarBelow = max(bounded, lastError) < Self.smallError
    let factor =
      Self.safety * (isFarBelow ? pow(bounded, -1.0 / 3) : pow(bounded, -0.7 / 3) * pow(lastError, 0.4 / 3))
    let next = tried * min(max(factor, Self.smallestFactor), hasFailed ? 1 : Self.largestFactor)
    // A step that was cut short at a given time says little about longer ones.
    timeStep = tried < timeStep && factor >= 1 ? max(next, timeStep) : next
    lastError = bounded
    hasFailed = false
  }

  /// Notes that a step had too large an error, in units of the tolerance.
  mutating func reject(error: Double, of tried: Double) {
    timeStep = tried * max(Self.smallestFactor, Self.safety * pow(error, -1.0 / 3))
    hasFailed = true
  }

  /// Notes that a step could not be made at all.
  mutating func fail(_ tried: Double) {
    timeStep = tried * Self.failureFactor
    hasFailed = true
  }
}
