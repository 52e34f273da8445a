import Foundation
import MessagePassing

/// The Hébraud-Lequeux model that describes a measured flow curve best, by weighted least squares over the exact
/// stationary states: ⟨σ⟩ = σ_c f_α(γ̇ T), with T = G₀τ/σ_c the time that makes rates dimensionless.
///
/// G₀ and τ enter only by their product. Parameters are found in logarithms (Levenberg and Marquardt), so that they
/// stay positive; their errors follow from the curvature at the minimum.
public struct FlowCurveFit: Sendable {
  /// A parameter: its value and standard error; the error is nil if the value was given.
  public struct Parameter: Codable, Sendable, Equatable {
    public var value: Double
    public var error: Double?
  }

  public let alpha: Parameter
  /// σ_c.
  public let localYieldStress: Parameter
  /// The product G₀τ.
  public let viscosity: Parameter
  /// Σ (residual/error)², and the number of points less that of parameters.
  public let chiSquared: Double
  public let degreesOfFreedom: Int
  /// Stresses of the model at the measured rates.
  public let stresses: [Double]

  /// - Parameters:
  ///   - errors: standard errors of the stresses; without them, all points count alike and the scatter about the best
  ///     curve gives the errors of the parameters.
  ///   - localYieldStress: σ_c; nil if it is to be found.
  ///   - viscosity: G₀τ; nil if it is to be found.
  /// - Throws: an input failure if there are fewer points than parameters, a failure of kind `notConverged` with the
  ///   residual if no minimum is found.
  public init(
    rates: [Double], stresses: [Double], errors: [Double]?, localYieldStress: Double?, viscosity: Double?
  ) throws {
    let unknowns = 1 + (localYieldStress == nil ? 1 : 0) + (viscosity == nil ? 1 : 0)
    guard rates.count > unknowns else {
      throw Failure.everywhere(
        .input, "a fit of \(unknowns) parameters needs more than \(unknowns) points, and there are \(rates.count)")
    }
    func parameters(_ x: [Double]) -> (alpha: Double, stress: Double, viscosity: Double) {
      var next = x.dropFirst().map { exp($0) }
      let stress = localYieldStress ?? next.removeFirst()
      return (exp(x[0]), stress, viscosity ?? next.removeFirst())
    }
    func model(_ x: [Double]) -> [Double] {
      let p = parameters(x)
      return rates.map { p.stress * ExactStationaryState(alpha: p.alpha, rate: $0 * p.viscosity / p.stress).stress }
    }
    let weights = errors.map { $0.map { 1 / $0 } } ?? rates.map { _ in 1 }
    func residuals(_ x: [Double]) -> [Double] {
      zip(zip(model(x), stresses), weights).map { ($0.0 - $0.1) * $1 }
    }
    var best: (x: [Double], sum: Double)?
    // Several starts: the curve may resemble that of another coupling with other units.
    for alpha in [0.05, 0.15, 0.3, 0.42, 0.6] {
      var start = [log(alpha)]
      let stress =
        localYieldStress ?? stresses.min()! / (alpha < 0.45 ? QuasistaticLimit(alpha: alpha).yieldStress : 0.2)
      if localYieldStress == nil { start.append(log(stress)) }
      if viscosity == nil { start.append(log(stresses.max()! / rates.max()!)) }
      let found = LeastSquares.minimise(from: start, residuals)
      if found.sum.isFinite, found.sum < best?.sum ?? .infinity { best = found }
    }
    guard let best else {
      throw Failure.everywhere(.notConverged, "the fit of the flow curve has no finite residual")
    }
    guard let variances = LeastSquares.variances(at: best.x, residuals) else {
      throw Failure.everywhere(
        .notConverged,
        "the flow curve does not determine \(unknowns) parameters (residual \(best.sum.squareRoot())); give "
          + "local_yield_stress, or modulus and relaxation_time")
    }
    let freedom = rates.count - unknowns
    // Without errors, the scatter about the curve stands for them.
    let scale = errors == nil ? best.sum / Double(freedom) : 1
    var relative = variances.map { ($0 * scale).squareRoot() }
    let p = parameters(best.x)
    alpha = Parameter(value: p.alpha, error: p.alpha * relative.removeFirst())
    self.localYieldStress = Parameter(
      value: p.stress, error: localYieldStress == nil ? p.stress * relative.removeFirst() : nil)
    self.viscosity = Parameter(
      value: p.viscosity, error: viscosity == nil ? p.viscosity * relative.removeFirst() : nil)
    chiSquared = best.sum
    degreesOfFreedom = freedom
    self.stresses = model(best.x)
  }
}
