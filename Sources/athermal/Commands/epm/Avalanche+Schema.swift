import ElastoPlastic
import Storage

extension Avalanche {
  /// Returns the columns of `/avalanches` in epm.h5.
  static func schema(dimension: Int) -> Schema<Avalanche> {
    .series(
      "avalanches", dimension: dimension,
      [
        .real("strain", "strain at which the first block yielded") { $0.strain },
        .real("stress_before", unit: "σ", "mean stress before the first block yielded") { $0.stressBefore },
        .real("stress_after", unit: "σ", "mean stress after the last block yielded") { $0.stressAfter },
        .real("stress_drop", unit: "σ", "before − after") { $0.stressBefore - $0.stressAfter },
        .real("extent", unit: "blocks", "largest periodic radius of gyration of the failures along an axis") {
          $0.extent
        },
        .real("strain_after", "strain at the end; differs from strain under stress control") { $0.strainAfter },
        .whole("failures", "size: blocks that yielded, counted with repetition") { $0.failures },
        .whole("sweeps", "rounds in which all blocks at their thresholds yield together") { $0.sweeps },
        .whole("direction", "sign of the load") { $0.direction },
        .reals(
          "gyration", count: dimension, of: "d", unit: "blocks", "periodic radius of gyration along each axis"
        ) { $0.gyration },
      ])
  }
}
