import ElastoPlastic
import Storage

/// The state of a lattice at one strain of the schedule.
struct LatticeSample {
  var strain: Double
  var stress: Double
  /// Numbers counted from the start of the run.
  var avalanches: Int
  var failures: Int
  var sweeps: Int
  var fields: StateSample

  init(strain: Double, _ model: ElastoPlasticModel, _ fields: StateSample) {
    self.strain = strain
    stress = model.stress(at: strain)
    avalanches = model.avalanches
    failures = model.failures
    sweeps = model.sweeps
    self.fields = fields
  }

  /// Returns the columns of `/samples` in epm.h5 and of the lines of the log.
  /// - Parameters:
  ///   - shape: shape of the lattice.
  ///   - bins: number of bins of the residual strengths.
  static func schema(shape: [Int], bins: Int) -> Schema<LatticeSample> {
    var columns: [Column<LatticeSample>] = [
      .real("strain", "strain of the sample") { $0.strain },
      .real("stress", unit: "σ", "mean stress at that strain") { $0.stress },
      .real("stress_variance", unit: "σ²", "variance over the blocks, after the last avalanche before", in: .file) {
        $0.fields.stressVariance
      },
      .real("threshold_mean", unit: "σ", "mean threshold of the blocks, after the last avalanche before", in: .file) {
        $0.fields.meanThreshold
      },
      .whole("avalanches", "avalanches so far") { $0.avalanches },
      .whole("failures", "failures so far") { $0.failures },
      .whole("sweeps", "sweeps so far") { $0.sweeps },
      .whole("yielded", "blocks that have yielded at least once") { $0.fields.yielded },
    ]
    for (axis, name) in zip(shape.indices, ["x", "y", "z"]) {
      columns.append(
        .wholes(
          "yield_counts_\(name)", count: shape[axis], of: "n_\(name)",
          "failures so far, summed over the blocks of each row (plane) perpendicular to the axis"
        ) { $0.fields.profiles[axis] })
    }
    columns.append(
      .wholes(
        "residual_counts", count: bins, of: "bins",
        "blocks by the distance x of their stress to their threshold, between `/residual_edges` and beyond"
      ) { $0.fields.residualCounts })
    return .series("samples", dimension: shape.count, columns)
  }
}
