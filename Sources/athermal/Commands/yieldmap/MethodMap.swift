import Measurement
import MessagePassing
import Particles
import Storage
import YieldStress

/// The result of one method in the form in which yieldmap.h5 keeps it.
struct MethodMap {
  let name: String
  let result: MethodResult
  let particles: ParticleYieldMap
  let blocks: BlockField
  let summary: YieldmapSummary.Method
  /// Distribution of the nodes, as rows in the order of the grid, over the ranks.
  let nodes: IdentifierBlocks
  let directions: Int
  let communicator: Communicator

  private func yields(_ weight: StressWeight, _ value: (YieldPoint) -> Double) throws -> ResultArray<Double> {
    try ResultArray(result.yields(weight, value), by: nodes, row: [directions])
  }

  /// Returns the blocks of a direction that have a value: a list without gaps, from which thresholds can be drawn.
  private func samples(of direction: Int) throws -> ResultArray<Double>? {
    let values = blocks.means(of: direction).filter { !$0.isNaN }
    let total = try communicator.reduce(values.count, .sum)
    let first = try communicator.exclusiveSum(values.count)
    return total > 0 ? ResultArray(rows: values, firstRow: first, shape: [total]) : nil
  }

  /// Returns the datasets of one method in yieldmap.h5. Longer than 60 lines: one entry for each dataset.
  /// - Parameters:
  ///   - name: the group of the method.
  ///   - weights: all weights, with the beginnings of the names of their datasets.
  ///   - directions: the names of the directions.
  static func schema(
    _ name: String, weights: [(String, StressWeight)], directions: [String]
  ) -> Schema<MethodMap> {
    var columns: [Column<MethodMap>] = [
      .array("centres", "[M], int64", "id of the particle closest to the node, also if the trial was discarded") {
        try ResultArray($0.result.centres, by: $0.nodes)
      },
      .array("particles", "[M], int64", "free particles of the cavity") {
        try ResultArray($0.result.freeCounts, by: $0.nodes)
      },
    ]
    for (prefix, weight) in weights {
      columns += [
        .array(
          prefix + "coefficients", "[M, 4]", unit: "ε/λ^d",
          "σ₀ … σ₃ of the cavity, derivatives per γ without factorials, the same for both methods"
        ) { try ResultArray($0.result.coefficients(weight), by: $0.nodes, row: [4]) },
        .array(prefix + "yield_stress", "[M, D]", unit: "ε/λ^d", "stress at which the cavity yields") {
          try $0.yields(weight, \.stress)
        },
        .array(prefix + "yield_strain", "[M, D]", "strain at which the cavity yields") {
          try $0.yields(weight, \.strain)
        },
        .array(
          prefix + "map", "[N, D]", unit: "ε/λ^d", "lowest yield stress of the cavities that contain the particle"
        ) {
          ResultArray(
            rows: $0.particles.values(weight), firstRow: $0.particles.rows.lowerBound,
            shape: [$0.particles.totalCount, $0.directions])
        },
      ]
    }
    for (k, direction) in directions.enumerated() {
      columns += [
        .array(
          "blocks/\(direction)", "[n_x, n_y(, n_z)]", unit: "ε/λ^d",
          "mean of the map over blocks: a table of thresholds for a lattice model; it may be negative"
        ) { ResultArray(rows: $0.blocks.means(of: k), firstRow: $0.blocks.slabs.lowerBound, shape: $0.blocks.shape) },
        .array(
          "samples/\(direction)", "[≤ blocks]", unit: "ε/λ^d",
          "the same as a list, without NaN; absent if no block has a value"
        ) { try $0.samples(of: k) },
      ]
      for (source, histogram) in sources {
        columns += [
          .array("distribution/\(source)/\(direction)/edges", "[bins+1]", unit: "ε/λ^d", "edges of the bins") {
            let (edges, density) = histogram($0, k)
            return density.isEmpty ? nil : ResultArray(edges)
          },
          .array(
            "distribution/\(source)/\(direction)/density", "[bins]", unit: "λ^d/ε",
            "density of yield stresses of the \(source)"
          ) {
            let density = histogram($0, k).density
            return density.isEmpty ? nil : ResultArray(density)
          },
        ]
      }
    }
    return .arrays(in: name, columns)
  }

  private static let sources: [(String, @Sendable (MethodMap, Int) -> (edges: [Double], density: [Double]))] = [
    ("particles", { $0.summary.particles[$1].histogram }), ("blocks", { $0.summary.blocks[$1].histogram }),
  ]
}
