import Configuration
import Interactions
import MessagePassing
import Particles
import QuasistaticShear
import SparseSolvers
import Statics
import Statistics
import Storage
import StrainExpansion

/// Output of an expansion: expand.h5, summary.json, timing.json.
struct ExpandOutput {
  private let folder: RunFolder
  private let configuration: ExpandConfiguration
  private let system: ParticleSystem
  private let bonds: BondNetwork

  init(_ folder: RunFolder, _ configuration: ExpandConfiguration, _ system: ParticleSystem, _ bonds: BondNetwork) {
    self.folder = folder
    self.configuration = configuration
    self.system = system
    self.bonds = bonds
  }

  /// Writes expand.h5. Collective.
  func write(_ expansion: StrainExpansion, _ moduli: ElasticModuli?, _ modes: SoftModes?) throws {
    Heartbeat.enter(phase: "output")
    let provenance = Build.provenance(config: configuration.resolved)
    let file = try TableFile(path: folder.file("expand.h5"), provenance: provenance, over: system.communicator)
    try writeParticles(expansion.fields, to: file)
    if let modes { try writeModes(modes, velocity: expansion.fields.velocity, to: file) }
    try writeStatistics(expansion.fields, to: file)
    if configuration.output.bonds { try writeBonds(expansion.fields, to: file) }
    let d = system.dimension
    try file.write("energy_derivatives", expansion.energy, shape: [3])
    try file.write("stress_derivatives", expansion.stress.flatMap { $0.block(d).flatMap { $0 } }, shape: [4, d, d])
    if let moduli {
      try file.write("elastic_stress", moduli.stressStiffness.flatMap { $0 }, shape: [d, d, d, d])
      try file.write("elastic_green", moduli.greenStiffness.flatMap { $0 }, shape: [d, d, d, d])
    }
    try file.close()
  }

  private func writeParticles(_ fields: NonaffineFields, to file: TableFile) throws {
    let n = system.totalCount
    let d = system.dimension
    let blocks = try IdentifierBlocks(
      ids: (0..<system.ownedCount).map(system.id), totalCount: n, over: system.communicator)
    for (name, field) in [("velocity", fields.velocity), ("acceleration", fields.acceleration), ("jerk", fields.jerk)] {
      let values = Array(UnsafeBufferPointer(start: field.values, count: system.ownedCount * d))
      try file.write(
        "particles/\(name)", rows: try blocks.column(values, width: d), firstRow: blocks.rows.lowerBound, shape: [n, d])
    }
    let product = (0..<system.ownedCount).map { fields.secondOrder.product($0, bonds) }
    try file.write(
      "particles/product", rows: try blocks.column(product), firstRow: blocks.rows.lowerBound, shape: [n])
  }

  /// Writes the softest modes, row by row, and the share of the nonaffine velocity that each of them carries.
  private func writeModes(_ modes: SoftModes, velocity: ParticleField, to file: TableFile) throws {
    let n = system.totalCount
    let d = system.dimension
    let list = modes.modes
    let blocks = try IdentifierBlocks(
      ids: (0..<system.ownedCount).map(system.id), totalCount: n, over: system.communicator)
    let length = try system.dot(velocity.values, velocity.values).squareRoot()
    let overlaps = try list.map {
      length > 0 ? abs(try system.dot($0.displacement.values, velocity.values)) / length : 0
    }
    for (name, values) in [
      ("eigenvalue", list.map(\.eigenvalue)), ("residual", list.map(\.residual)),
      ("participation_ratio", list.map(\.participationRatio)), ("overlap_velocity", overlaps),
    ] { try file.write("modes/\(name)", values, shape: [list.count]) }
    for (k, mode) in list.enumerated() {
      let values = Array(UnsafeBufferPointer(start: mode.displacement.values, count: system.ownedCount * d))
      try file.write(
        "modes/displacement_\(k)", rows: try blocks.column(values, width: d), firstRow: blocks.rows.lowerBound,
        shape: [n, d])
    }
  }

  /// Writes histograms of |φ_γ|, |φ_γγ| and |φ_γγγ| in logarithmic bins, from which ensembles are combined.
  private func writeStatistics(_ fields: NonaffineFields, to file: TableFile) throws {
    var histograms = [LogarithmicHistogram](repeating: LogarithmicHistogram(), count: 3)
    try system.forEachBond(of: bonds) { particle, end, _, _ in
      let e = fields.energies(of: end, at: particle, bonds)
      histograms[0].add(abs(e.0))
      histograms[1].add(abs(e.1))
      histograms[2].add(abs(e.2))
    }
    for (k, name) in ["phi_g", "phi_gg", "phi_ggg"].enumerated() {
      try system.communicator.reduce(&histograms[k].counts, .sum)
      try file.write("statistics/\(name)", histograms[k].counts, shape: [histograms[k].counts.count])
    }
    try file.write("statistics/edges", LogarithmicHistogram.edges, shape: [LogarithmicHistogram.edges.count])
  }

  /// Writes each bond once, by the identifiers of its particles.
  private func writeBonds(_ fields: NonaffineFields, to file: TableFile) throws {
    var i: [Int64] = []
    var j: [Int64] = []
    var values: [Double] = []
    i.reserveCapacity(bonds.endCount / 2)
    j.reserveCapacity(bonds.endCount / 2)
    values.reserveCapacity(3 * bonds.endCount / 2)
    try system.forEachBond(of: bonds) { particle, end, own, other in
      let e = fields.energies(of: end, at: particle, bonds)
      i.append(own)
      j.append(other)
      values.append(e.0)
      values.append(e.1)
      values.append(e.2)
    }
    let table = try BondTable(
      i: i, j: j, values: values, width: 3, particleCount: system.totalCount, over: system.communicator)
    func write<Element: HDF5Element>(_ name: String, _ column: [Element]) throws {
      try file.write("bonds/\(name)", rows: column, firstRow: table.firstRow, shape: [table.totalCount])
    }
    try write("i", table.i)
    try write("j", table.j)
    for (k, name) in ["phi_g", "phi_gg", "phi_ggg"].enumerated() { try write(name, table.column(k)) }
  }

  /// Writes summary.json and timing.json. Collective.
  func summarise(
    _ expansion: StrainExpansion, _ moduli: ElasticModuli?, _ modes: SoftModes?, _ loading: Loading.Mode,
    _ rest: MinimizationResult,
    _ null: NullSpace, _ solver: any LinearSolver
  ) throws {
    let base = try Summary(system, configuration, result: rest, wallSeconds: folder.seconds)
    let summary = ExpandSummary(
      base, expansion, moduli, modes, loading, rattlers: null.rattlerCount, solver, configuration.expand)
    try folder.write(try Timing(system, wallSeconds: folder.seconds), as: "timing.json")
    try folder.finish(summary)
    if system.communicator.isRoot { print(summary.text + "\n" + folder.whereabouts) }
  }
}
