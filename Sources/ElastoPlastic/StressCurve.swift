/// Summary of the stress-strain curve: its peak, its end, and its mean and variance in the steady state. Between
/// avalanches the stress is linear in the strain, so the integrals are exact.
public struct StressCurve: Codable, Sendable {
  public let steadyFrom: Double
  public private(set) var peakStress = -Double.infinity
  public private(set) var peakStrain = 0.0
  private var last = Point(strain: 0, stress: 0)
  private struct Point: Codable {
    var strain: Double
    var stress: Double
  }
  private var length = 0.0
  private var first = 0.0
  private var second = 0.0

  /// Starts a curve.
  /// - Parameter steadyFrom: the strain from which on the state counts as steady.
  public init(steadyFrom: Double) { self.steadyFrom = steadyFrom }

  public mutating func add(_ avalanche: Avalanche) {
    go(to: avalanche.strain, avalanche.stressBefore)
    last = Point(strain: avalanche.strainAfter, stress: avalanche.stressAfter)
  }

  public mutating func end(strain: Double, stress: Double) { go(to: strain, stress) }

  private mutating func go(to strain: Double, _ stress: Double) {
    if stress > peakStress {
      peakStress = stress
      peakStrain = strain
    }
    let start = max(last.strain, steadyFrom)
    if strain > start, strain > last.strain {
      let slope = (stress - last.stress) / (strain - last.strain)
      let a = last.stress + slope * (start - last.strain)
      let step = strain - start
      length += step
      first += step * (a + stress) / 2
      second += step * (a * a + a * stress + stress * stress) / 3
    }
    last = Point(strain: strain, stress: stress)
  }

  /// Mean and variance over strain in the steady state; nil if the run did not reach it.
  public var steady: (mean: Double, variance: Double)? {
    guard length > 0 else { return nil }
    let mean = first / length
    return (mean, max(0, second / length - mean * mean))
  }
}
