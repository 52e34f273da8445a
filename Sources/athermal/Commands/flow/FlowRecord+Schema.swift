import Dynamics
import Storage

/// A row of the curve of a flow.
struct FlowRow {
  var record: FlowRecord
  /// Number of particles.
  var particles: Int
  /// Number of active particles of the last lag; NaN before the first lag is over.
  var active: Double

  /// Returns the columns of `/rates/<k>/curve` in flow.h5.
  static func schema(rate k: Int, dimension: Int) -> Schema<FlowRow> {
    .table(
      "rates/\(k)/curve", dimension: dimension,
      [
        .real("rate", unit: "1/τ", "shear rate γ̇", in: .log) { $0.record.rate },
        .real("time", unit: "τ", "since the flow began at this rate") { $0.record.time },
        .real("strain", "since the flow began at this rate") { $0.record.strain },
        .tensor("stress", unit: "ε/λ^d", "virial stress, tension positive") { $0.record.stress },
        .tensor("kinetic", unit: "ε/λ^d", "kinetic stress −(m/V) Σ v v of the peculiar velocities", in: .file) {
          $0.record.kinetic
        },
        .real("energy_per_particle", unit: "ε", "potential energy per particle") { $0.potentialEnergy },
        .real("kinetic_per_particle", unit: "ε", "kinetic energy per particle") {
          $0.record.kineticEnergy / Double($0.particles)
        },
        .real("active", "particles whose D²min over the last lag is above the threshold; NaN before the first lag") {
          $0.active
        },
        .real("work_per_particle", unit: "ε", "work of the flow since it began at this rate", in: .file) {
          $0.record.work / Double($0.particles)
        },
        .real("heat_per_particle", unit: "ε", "heat that friction has taken since then", in: .file) {
          $0.record.heat / Double($0.particles)
        },
        .real(
          "imbalance_per_particle", unit: "ε", "work that neither heat nor energy accounts for: error of the step",
          in: .file
        ) { $0.record.imbalance / Double($0.particles) },
      ])
  }

  private var potentialEnergy: Double { record.potentialEnergy / Double(particles) }
}
