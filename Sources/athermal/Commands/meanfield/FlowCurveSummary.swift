import Configuration
import Foundation
import MeanField

/// Scalars of a flow curve of the mean-field model, in summary.json.
struct FlowCurveSummary: Encodable {
  /// The states of one coupling.
  struct Curve: Encodable {
    var alpha: Double
    /// σ_c G₀ γ̇/D at vanishing rate; like the next two nil where there is no yield stress, or no closed form.
    var u: Double?
    var yieldStress: Double?
    /// A of ⟨σ⟩ = σ_Y + A √γ̇.
    var prefactor: Double?
    var flowCurve: [FlowCurve.Point]

    init(_ points: [FlowCurve.Point], _ model: MeanFieldModel, _ section: MeanfieldSection) {
      alpha = model.alpha
      flowCurve = points
      guard model.isHebraudLequeux, alpha < 0.5 else { return }
      let limit = QuasistaticLimit(alpha: alpha)
      let units = MeanfieldUnits(section)
      u = limit.u
      yieldStress = limit.yieldStress * units.stress
      prefactor = limit.prefactor * units.stress / units.rate.squareRoot()
    }
  }

  private struct Content: Encodable {
    var status = "done"
    var exitCode = 0
    var reason = "all states were found"
    var commit = Build.commit
    var build = Build.text
    var wallSeconds: Double
  }

  private let content: Content
  private let curves: [Curve]

  init(_ curve: FlowCurve, _ section: MeanfieldSection, _ models: [MeanFieldModel], seconds: Double) {
    content = Content(wallSeconds: seconds)
    let count = curve.points.count / models.count
    curves = models.enumerated().map { k, model in
      Curve(Array(curve.points[(k * count)..<((k + 1) * count)]), model, section)
    }
  }

  /// One curve stands at the top, several in a list.
  func encode(to encoder: any Encoder) throws {
    try content.encode(to: encoder)
    if curves.count == 1 { return try curves[0].encode(to: encoder) }
    try ["curves": curves].encode(to: encoder)
  }

  var text: String {
    curves.map { curve in
      var line = String(format: "α = %.6g", curve.alpha)
      if let yieldStress = curve.yieldStress, let prefactor = curve.prefactor {
        line += String(format: ": σ_Y = %.10g, A = %.10g", yieldStress, prefactor)
      }
      let (first, last) = (curve.flowCurve.first!, curve.flowCurve.last!)
      line += String(format: "; ⟨σ⟩ = %.6g at γ̇ = %.4g", first.stress, first.rate)
      if curve.flowCurve.count > 1 { line += String(format: ", %.6g at %.4g", last.stress, last.rate) }
      return line
    }.joined(separator: "\n")
  }
}
