import Foundation

/// Density of soft modes, D(ω) = A_g ω⁴ below a frequency, from the softest modes of many samples.
public struct SoftModeDensity: Sendable {
  /// Highest frequency of the fit.
  public let cutoff: Double
  /// Number of modes below the cutoff, in all samples.
  public let count: Int
  /// Exponent s of D(ω) ~ ωˢ by maximum likelihood, and its standard error.
  public let exponent: Double
  public let exponentError: Double
  /// Prefactor A_g for s = 4, per degree of freedom, and its standard error.
  public let prefactor: Double
  public let prefactorError: Double

  /// Fits the modes of many samples.
  /// - Parameters:
  ///   - frequencies: ω of the softest modes of each sample.
  ///   - degreesOfFreedom: number of degrees of freedom of all samples together.
  ///   - cutoff: highest frequency of the fit; `frequencies` must contain all modes of every sample below it.
  /// - Returns: nil if fewer than ten modes are below the cutoff.
  public init?(_ frequencies: [[Double]], degreesOfFreedom: Double, cutoff: Double) {
    let below = frequencies.flatMap { $0 }.filter { $0 > 0 && $0 < cutoff }
    guard below.count >= 10 else { return nil }
    let n = Double(below.count)
    self.cutoff = cutoff
    count = below.count
    let mean = below.map { log(cutoff / $0) }.reduce(0, +) / n
    exponent = 1 / mean - 1
    exponentError = (exponent + 1) / n.squareRoot()
    prefactor = 5 * n / (degreesOfFreedom * pow(cutoff, 5))
    prefactorError = prefactor / n.squareRoot()
  }
}
