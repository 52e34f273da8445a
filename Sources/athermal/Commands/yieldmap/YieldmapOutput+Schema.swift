import Particles
import Storage
import YieldStress

extension YieldmapOutput {
  /// The grid of a map.
  static let grid = Schema<YieldmapOutput>.arrays([
    .array("grid", "[d], int64", "nodes along each edge; not of `centres = \"particles\"`") { output in
      output.map.settings.centres.counts(output.system.cell).map { counts in
        ResultArray((0..<output.system.dimension).map { Int64(counts[$0]) })
      }
    },
    .array("edges", "[d, d]", unit: "λ", "edges of the box, as rows") {
      let d = $0.system.dimension
      return ResultArray($0.system.cell.edges.block(d).flatMap { $0 }, shape: [d, d])
    },
    .array("spacing", "[1]", unit: "λ", "mean distance d between particles") { ResultArray([$0.system.spacing]) },
  ])

  /// What the expansion gives besides the map.
  static let expansion = Schema<YieldmapOutput>.arrays(
    in: "expansion",
    [
      .array("lowest_eigenvalue", "[M]", unit: "ε/λ²", "of the Hessian of the cavity; with `lowest_eigenvalue`") {
        try $0.map.settings.lowestEigenvalue && $0.map.expansion != nil ? $0.ofNodes($0.map.lowestEigenvalues) : nil
      },
      .array("fan/angles", "[O]", unit: "rad", "orientations of the shear; with `orientations` = O > 1") {
        $0.map.fan.map { ResultArray($0.orientations.map(\.angle)) }
      },
      .array("fan/yield_stress", "[M, O, D]", unit: "ε/λ^d", "stress at which the cavity yields") { output in
        try output.map.fan.map {
          try output.ofNodes($0.stresses, [$0.orientations.count, output.map.settings.directions.count])
        }
      },
      .array(
        "fan/softest", "[M, 3]", "angle, 1 (forward) or −1 (backward), and stress of the softest"
      ) { output in try output.map.fan.map { try output.ofNodes($0.softest, [3]) } },
      .array("fan/map", "[N, 1]", unit: "ε/λ^d", "lowest value over all orientations and directions") { output in
        try output.map.fan.map {
          let particles = try $0.map(output.system)
          return ResultArray(
            rows: particles.values(.half), firstRow: particles.rows.lowerBound, shape: [particles.totalCount, 1])
        }
      },
    ])

  /// What explicit shear gives besides the map.
  static let frozenMatrix = Schema<YieldmapOutput>.arrays(
    in: "frozen-matrix",
    [
      .array("stress_drop", "[M, D]", unit: "ε/λ^d", "σ_Y minus the stress one step later") {
        try $0.ofTrials($0.map.frozenMatrix?.drops)
      },
      .array(
        "reversible", "[M, D], int32", "1: that step is reversible; 0: it is not; −1: no drop"
      ) { try $0.ofTrials($0.map.frozenMatrix?.reversible) },
      .array("modulus", "[M, D]", unit: "ε/λ^d", "slope of the first step") {
        try $0.ofTrials($0.map.frozenMatrix?.moduli)
      },
      .array("event_strain", "[M, D]", "strain before the first plastic event") {
        try $0.ofTrials($0.map.frozenMatrix?.eventStrains)
      },
      .array("event_stress", "[M, D]", unit: "ε/λ^d", "stress before the first plastic event") {
        try $0.ofTrials($0.map.frozenMatrix?.eventStresses)
      },
      .array("event_drop", "[M, D]", unit: "ε/λ^d", "stress drop of the first plastic event") {
        try $0.ofTrials($0.map.frozenMatrix?.eventDrops)
      },
      .array(
        "curves", "[M, D, steps, 3]", unit: "ε/λ^d",
        "stress after each step from γ = 0 on, for the weights half, both, any; NaN beyond the end; with `curves`"
      ) { try $0.curves() },
    ])

  /// Returns one or several numbers per node, in the order of the grid.
  private func ofNodes<Element: HDF5Element & Numeric>(
    _ values: [Element], _ row: [Int] = []
  ) throws -> ResultArray<Element> { try ResultArray(values, by: nodes, row: row) }

  private func ofTrials<Element: HDF5Element & Numeric>(_ values: [Element]?) throws -> ResultArray<Element>? {
    try values.map { try ofNodes($0, [map.settings.directions.count]) }
  }

  private func curves() throws -> ResultArray<Double>? {
    guard configuration.yieldmap.curves, let frozen = map.frozenMatrix else { return nil }
    let weights = StressWeight.allCases.count
    let longest = try communicator.reduce(frozen.curves.map(\.count).max() ?? 0, .maximum)
    let padded = frozen.curves.flatMap { $0 + [Double](repeating: .nan, count: longest - $0.count) }
    return try ofNodes(padded, [map.settings.directions.count, longest / weights, weights])
  }
}
