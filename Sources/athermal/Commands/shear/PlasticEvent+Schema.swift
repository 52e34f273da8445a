import Geometry
import QuasistaticShear
import Storage

extension PlasticEvent {
  /// Returns the columns of `/events` in shear.h5 and of the events in the log.
  static func schema(dimension: Int) -> Schema<PlasticEvent> {
    .series(
      "events", dimension: dimension,
      [
        .real("strain_before", "beginning of the interval that holds the event") { $0.strainBefore },
        .real("strain_after", "end of that interval") { $0.strainAfter },
        .tensor("stress_before", unit: "ε/λ^d", "stress before the event", in: .file) { $0.stressBefore },
        .tensor("stress_after", unit: "ε/λ^d", "stress after the event", in: .file) { $0.stressAfter },
        .tensor("stress_drop", unit: "ε/λ^d", "before − after") { $0.stressDrop },
        .real("energy_before", unit: "ε", "energy of the whole system before the event", in: .file) { $0.energyBefore },
        .real("energy_after", unit: "ε", "energy of the whole system after the event", in: .file) { $0.energyAfter },
        .real("energy_drop", unit: "ε", "before − after") { $0.energyDrop },
        .real("participation_ratio", "(Σu²)²/(N Σu⁴) of the nonaffine displacements u over the event") {
          $0.participationRatio
        },
        .vector("centre", unit: "λ", "u⁴-weighted mean of the positions after the event, in the cell") { $0.centre },
      ])
  }
}
