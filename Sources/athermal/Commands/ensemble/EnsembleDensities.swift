import Statistics
import Storage

/// Distributions over the samples of an ensemble, as ensemble.h5 keeps them.
struct EnsembleDensities {
  /// Sums of the histograms of the samples, and errors of their densities, by the name of the coefficient.
  var sums: [String: (histogram: LogarithmicHistogram, errors: [Double])] = [:]
  /// Frequencies of the soft modes of all samples; nil if not every sample has them.
  var frequencies: [Double]?

  /// Datasets of ensemble.h5.
  static var schema: Schema<EnsembleDensities> {
    var columns: [Column<EnsembleDensities>] = [
      .array("edges", "[801]", unit: "ε", "edges of the bins of the magnitude") { _ in
        ResultArray(LogarithmicHistogram.edges)
      }
    ]
    for (name, symbol) in [("phi_g", "φ_γ"), ("phi_gg", "φ_γγ"), ("phi_ggg", "φ_γγγ")] {
      columns += [
        .array("\(name)/counts", "[800], int64", "bonds of all samples with \(symbol) in each bin") {
          $0.sums[name].map { ResultArray($0.histogram.counts) }
        },
        .array("\(name)/density", "[800]", unit: "1/ε", "probability density of the magnitude of \(symbol)") {
          $0.sums[name].map { ResultArray($0.histogram.density) }
        },
        .array("\(name)/error", "[800]", unit: "1/ε", "standard error of the density") {
          $0.sums[name].map { ResultArray($0.errors) }
        },
      ]
    }
    columns.append(
      .array("frequencies", "[modes]", unit: "√ε/λ", "ω of the soft modes of all samples, ascending") {
        $0.frequencies.map { ResultArray($0) }
      })
    return .arrays(columns)
  }
}
