import Interactions
import Particles
import SparseSolvers
import Statistics
import Storage
import StrainExpansion

/// The result of an expansion in the form in which expand.h5 keeps it.
struct ExpandResult {
  private let expansion: StrainExpansion
  private let moduli: ElasticModuli?
  private let modes: SoftModes?
  private let system: ParticleSystem
  private let bonds: BondNetwork
  private let order: IdentifierBlocks
  /// Share of the nonaffine velocity that each mode carries.
  private let overlaps: [Double]
  /// Histograms of |φ_γ|, |φ_γγ| and |φ_γγγ| in logarithmic bins, from which ensembles are combined.
  private let histograms: [LogarithmicHistogram]
  /// φ_γ, φ_γγ and φ_γγγ of every bond, if they are kept.
  private let table: BondTable?

  var modeCount: Int { modes?.modes.count ?? 0 }

  /// Collects the numbers. Collective.
  init(
    _ system: ParticleSystem, _ bonds: BondNetwork, _ expansion: StrainExpansion, _ moduli: ElasticModuli?,
    _ modes: SoftModes?, keepsBonds: Bool
  ) throws {
    self.system = system
    self.bonds = bonds
    self.expansion = expansion
    self.moduli = moduli
    self.modes = modes
    order = try IdentifierBlocks(
      ids: (0..<system.ownedCount).map(system.id), totalCount: system.totalCount, over: system.communicator)
    let fields = expansion.fields
    let velocity = fields.velocity.values
    let length = try modes == nil ? 0 : system.dot(velocity, velocity).squareRoot()
    overlaps = try (modes?.modes ?? []).map {
      length > 0 ? abs(try system.dot($0.displacement.values, velocity)) / length : 0
    }
    var histograms = [LogarithmicHistogram](repeating: LogarithmicHistogram(), count: 3)
    var (i, j, values): ([Int64], [Int64], [Double]) = ([], [], [])
    if keepsBonds {
      i.reserveCapacity(bonds.endCount / 2)
      j.reserveCapacity(bonds.endCount / 2)
      values.reserveCapacity(3 * bonds.endCount / 2)
    }
    try system.forEachBond(of: bonds) { particle, end, own, other in
      let e = fields.energies(of: end, at: particle, bonds)
      histograms[0].add(abs(e.0))
      histograms[1].add(abs(e.1))
      histograms[2].add(abs(e.2))
      guard keepsBonds else { return }
      i.append(own)
      j.append(other)
      values += [e.0, e.1, e.2]
    }
    for k in histograms.indices { try system.communicator.reduce(&histograms[k].counts, .sum) }
    self.histograms = histograms
    table =
      keepsBonds
      ? try BondTable(
        i: i, j: j, values: values, width: 3, particleCount: system.totalCount, over: system.communicator) : nil
  }

  private func particles(_ field: ParticleField) throws -> ResultArray<Double> {
    let d = system.dimension
    let values = Array(UnsafeBufferPointer(start: field.values, count: system.ownedCount * d))
    return try ResultArray(values, by: order, row: [d])
  }

  private func ofModes(_ value: (SoftModes.Mode) -> Double) -> ResultArray<Double>? {
    modes.map { ResultArray($0.modes.map(value)) }
  }

  private func stiffness(_ rows: [[Double]]?) -> ResultArray<Double>? {
    rows.map { ResultArray($0.flatMap { $0 }, shape: [Int](repeating: system.dimension, count: 4)) }
  }

  /// Returns the datasets of expand.h5. Longer than 60 lines: one entry for each dataset.
  /// - Parameter modes: the endings of the names of the modes.
  static func schema(modes: [String]) -> Schema<ExpandResult> {
    let orders = [("phi_g", "φ_γ"), ("phi_gg", "φ_γγ"), ("phi_ggg", "φ_γγγ")]
    var columns: [Column<ExpandResult>] = [
      .array("particles/velocity", "[N, d]", unit: "λ", "nonaffine velocity ẋ") {
        try $0.particles($0.expansion.fields.velocity)
      },
      .array("particles/acceleration", "[N, d]", unit: "λ", "nonaffine acceleration ẍ") {
        try $0.particles($0.expansion.fields.acceleration)
      },
      .array("particles/jerk", "[N, d]", unit: "λ", "nonaffine jerk x⃛") {
        try $0.particles($0.expansion.fields.jerk)
      },
      .array("particles/product", "[N]", unit: "ε²", "Σ φ_γ φ_γγ over the bonds of the particle") { result in
        let values = (0..<result.system.ownedCount).map {
          result.expansion.fields.secondOrder.product($0, result.bonds)
        }
        return try ResultArray(values, by: result.order)
      },
      .array("energy_derivatives", "[3]", unit: "ε", "derivatives of the total energy") {
        ResultArray($0.expansion.energy)
      },
      .array("stress_derivatives", "[4, d, d]", unit: "ε/λ^d", "σ and its derivatives, at the current volume") {
        let d = $0.system.dimension
        return ResultArray($0.expansion.stress.flatMap { $0.block(d).flatMap { $0 } }, shape: [4, d, d])
      },
      .array("elastic_stress", "[d, d, d, d]", unit: "ε/λ^d", "B; with `elastic_tensor`") {
        $0.stiffness($0.moduli?.stressStiffness)
      },
      .array("elastic_green", "[d, d, d, d]", unit: "ε/λ^d", "C; with `elastic_tensor`") {
        $0.stiffness($0.moduli?.greenStiffness)
      },
      .array("bonds/i", "[bonds], int64", "smaller identifier; bonds are sorted by (i, j), without those of rattlers") {
        $0.table.map { $0.array($0.i) }
      },
      .array("bonds/j", "[bonds], int64", "larger identifier") { $0.table.map { $0.array($0.j) } },
    ]
    for (k, (name, symbol)) in orders.enumerated() {
      columns.append(
        .array("bonds/\(name)", "[bonds]", unit: "ε", "\(symbol) of the bond; with `output.bonds`") {
          $0.table?.column(k)
        })
    }
    columns.append(
      .array("statistics/edges", "[801]", unit: "ε", "edges of the bins of the magnitude") { _ in
        ResultArray(LogarithmicHistogram.edges)
      })
    for (k, (name, symbol)) in orders.enumerated() {
      columns.append(
        .array("statistics/\(name)", "[800], int64", "bonds in each bin of the magnitude of \(symbol)") {
          ResultArray($0.histograms[k].counts)
        })
    }
    columns += [
      .array("modes/eigenvalue", "[modes]", unit: "ε/λ²", "ω²") { $0.ofModes(\.eigenvalue) },
      .array("modes/residual", "[modes]", unit: "ε/λ²", "‖Hψ − ω²ψ‖") { $0.ofModes(\.residual) },
      .array("modes/participation_ratio", "[modes]", "(Σψ²)²/(NΣψ⁴)") { $0.ofModes(\.participationRatio) },
      .array("modes/overlap_velocity", "[modes]", "magnitude of ψ·ẋ/‖ẋ‖") { result in
        result.modes.map { _ in ResultArray(result.overlaps) }
      },
    ]
    for (k, name) in modes.enumerated() {
      columns.append(
        .array("modes/displacement_\(name)", "[N, d]", "ψ of the k-th softest mode, normalised, of either sign") {
          try $0.particles($0.modes!.modes[k].displacement)
        })
    }
    return .arrays(columns)
  }
}
