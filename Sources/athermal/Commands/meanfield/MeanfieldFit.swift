import Configuration
import Foundation
import MeanField
import MessagePassing

/// The model that describes a measured flow curve best, and the coupling that measured block stresses give.
struct MeanfieldFit: Encodable {
  var status = "done"
  var exitCode = 0
  var reason = "the fit has converged"
  var commit = Build.commit
  var build = Build.text
  var wallSeconds: Double
  var alpha: FlowCurveFit.Parameter
  var localYieldStress: FlowCurveFit.Parameter
  /// G₀τ, of which alone the stress depends.
  var modulusTimesRelaxationTime: FlowCurveFit.Parameter
  var yieldStress: Double?
  var prefactor: Double?
  var chiSquared: Double
  var degreesOfFreedom: Int
  /// Stresses of the model at the measured rates.
  var stresses: [Double]
  /// D/(σ_c² Γ) with D = ⟨Δσ²⟩/(2t), which is that of the model.
  var alphaMicro: Double?
  /// The same with ⟨Δσ²⟩/t in place of D, twice as much, as Puosi, Olivier and Martens have it.
  var alphaMicroWithoutHalf: Double?

  /// Fits the measurement and writes the summary. Collective.
  static func compute(_ measured: MeanfieldMeasurement, _ run: Run<MeanfieldSections>) throws {
    let section = run.configuration.meanfield
    try run.folder.begin()
    let fit = try FlowCurveFit(
      rates: measured.rates, stresses: measured.stresses, errors: measured.errors,
      localYieldStress: section.unknowns.localYieldStress ? nil : section.localYieldStress,
      viscosity: section.unknowns.timeScale ? nil : section.modulus * section.relaxationTime)
    let result = MeanfieldFit(fit, measured, seconds: run.folder.seconds)
    try run.folder.finish(result)
    if run.communicator.isRoot { print(result.text) }
  }

  init(_ fit: FlowCurveFit, _ measured: MeanfieldMeasurement, seconds: Double) {
    wallSeconds = seconds
    alpha = fit.alpha
    localYieldStress = fit.localYieldStress
    modulusTimesRelaxationTime = fit.viscosity
    chiSquared = fit.chiSquared
    degreesOfFreedom = fit.degreesOfFreedom
    stresses = fit.stresses
    if fit.alpha.value < 0.5 {
      let limit = QuasistaticLimit(alpha: fit.alpha.value)
      yieldStress = limit.yieldStress * fit.localYieldStress.value
      prefactor = limit.prefactor * (fit.viscosity.value * fit.localYieldStress.value).squareRoot()
    }
    if let diffusion = measured.diffusion, let activity = measured.activity {
      let scale = fit.localYieldStress.value * fit.localYieldStress.value * activity
      alphaMicro = diffusion / 2 / scale
      alphaMicroWithoutHalf = diffusion / scale
    }
  }

  var text: String {
    func value(_ p: FlowCurveFit.Parameter) -> String {
      String(format: "%.6g", p.value) + (p.error.map { String(format: " ± %.2g", $0) } ?? " (given)")
    }
    var text =
      "α = \(value(alpha)), σ_c = \(value(localYieldStress)), G₀τ = \(value(modulusTimesRelaxationTime)); "
      + String(format: "χ² = %.4g for %d degrees of freedom", chiSquared, degreesOfFreedom)
    if let yieldStress, let prefactor { text += String(format: "\nσ_Y = %.6g, A = %.6g", yieldStress, prefactor) }
    if let alphaMicro, let alphaMicroWithoutHalf {
      text += String(
        format: "\nα from block stresses: %.4g with D = ⟨Δσ²⟩/2t; %.4g without the ½", alphaMicro, alphaMicroWithoutHalf
      )
    }
    return text
  }
}
