import ElastoPlastic
import Statistics
import Storage

extension ElastoPlasticModel {
  /// Bins of the residual strengths in epm.h5.
  static let residualEdges = Schema<ElastoPlasticModel>.arrays([
    .array("residual_edges", "[bins − 1]", unit: "σ", "edges between the bins of `residual_counts`") { _ in
      ResultArray(ResidualStrengths.edges)
    }
  ])

  /// The state at each sample, with `output.frames`.
  static let frames = Schema<ElastoPlasticModel>.arrays(
    in: "frames",
    [
      .array("stress", "[K, …shape]", unit: "σ", "stress of each block; with `output.frames`") {
        $0.field($0.blocks.stress.pointer)
      },
      .array("failures", "[K, …shape], int32", "failures of each block so far; with `output.frames`") {
        $0.field($0.yieldCounts.pointer)
      },
    ])

  /// The last state.
  static let lastState = Schema<ElastoPlasticModel>.arrays([
    .array("stress", "shape", unit: "σ", "stress of each block in the last state") {
      $0.field($0.blocks.stress.pointer)
    },
    .array("thresholds", "shape", unit: "σ", "threshold of each block in the last state") {
      $0.field($0.blocks.thresholds.pointer)
    },
    .array("failures", "shape, int32", "failures of each block") { $0.field($0.yieldCounts.pointer) },
  ])

  private func field<Element: HDF5Element>(_ values: UnsafeMutablePointer<Element>) -> SlabField<Element> {
    SlabField(values, shape: lattice.shape, planes: blocks.planes)
  }
}
