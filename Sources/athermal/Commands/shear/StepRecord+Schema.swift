import Geometry
import QuasistaticShear
import Storage

extension StepRecord {
  /// Returns the columns of `/curve` in shear.h5 and of the steps in the log.
  /// - Parameter generator: generator A of the loading; σ:A is the stress that does its work.
  static func schema(dimension: Int, generator: Tensor) -> Schema<StepRecord> {
    .table(
      "curve", dimension: dimension,
      [
        .whole("step", "number of the step; 0 before the first") { $0.step },
        .real("strain", "accumulated strain") { $0.strain },
        .tensor("stress", unit: "ε/λ^d", "stress, tension positive") { $0.stress },
        .real("energy_per_particle", unit: "ε", "potential energy per particle") { $0.energyPerParticle },
        .real("pressure", unit: "ε/λ^d", "−Tr σ/d") { $0.pressure },
        .word("reason", "why the last minimisation ended") { $0.minimization.reason.rawValue },
        .whole(
          "evaluations",
          "force evaluations and Hessian products of the step; those near an event alone count by their share"
        ) { $0.evaluations },
        .real("force_max", unit: "ε/λ", "largest force component at the end") { $0.forceMax },
        .whole("iterations", "iterations of the last method", in: .log) { $0.minimization.iterations },
        .whole("negative_curvatures", "iterations that met a direction of negative curvature", in: .log) {
          $0.minimization.negativeCurvatures
        },
        .whole("capped_steps", "iterations whose displacement was cut to the largest allowed", in: .log) {
          $0.minimization.cappedSteps
        },
        .whole("rejected_steps", "iterations that were repeated with a smaller displacement", in: .log) {
          $0.minimization.rejectedSteps
        },
        .real("displacement_max", unit: "λ", "largest nonaffine displacement of a particle in the step") {
          $0.displacementMax
        },
        .real("displacement_mean", unit: "λ", "mean nonaffine displacement of the particles in the step", in: .file) {
          $0.displacementMean
        },
        .real("working_stress", unit: "ε/λ^d", "σ:A, the stress that does the work of the loading", in: .file) {
          $0.stress.contracted(with: generator)
        },
      ])
  }
}
