import Configuration
import Geometry
import Interactions
import MessagePassing
import Particles
import Statics
import Storage

/// Measurement of energies, forces, stresses and bonds of a configuration. No particle is moved.
struct MeasureCommand: RunCommand {
  static let canResume = false
  static let outputs = ["state.h5", "measure.h5"]
  static let guide = CommandGuide(
    running: "measure", canResume: canResume, summary: "measure forces, energies, stresses without moving",
    text: """
      Measures a configuration and moves nothing: energy, force, stress and bonds of each particle go to state.h5, \
      each bond to measure.h5.
      """,
    examples: [
      "athermal measure my.toml --output runs/m", "athermal export runs/m/state.h5 --to lammps-dump --fields all",
    ])

  let arguments: RunArguments

  static func demand(
    of configuration: MeasureConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    try ParticleDemand(configuration, on: ranks, over: communicator).lines()
  }

  func compute(_ run: Run<MeasureSections>) throws -> Int32 {
    let (configuration, folder, communicator) = (run.configuration, run.folder, run.communicator)
    let system = try Model.system(configuration, over: communicator)
    try system.evaluate(.forcesEnergyAndStress)
    let largest = try system.largestComponent(system.forces, width: system.dimension)
    guard largest.isFinite else {
      throw Failure.everywhere(.physics, "the forces are not finite: some particles are at the same place")
    }
    let rest = try ForceTolerance.floor.threshold(for: system)
    try folder.begin()
    let provenance = Build.provenance(config: configuration.resolved)
    let bonds = system.makeBondNetwork()
    try StateFile.write(
      system.snapshot(), to: folder.file("state.h5"), provenance: provenance, fields: fields(of: system, bonds),
      over: communicator)
    if configuration.output.bonds { try write(bonds, of: system, to: folder.file("measure.h5"), provenance) }
    var result = MinimizationResult(reason: .converged, forceMax: largest, tolerance: rest)
    result.evaluations = 1
    var summary = try Summary(system, configuration, result: result, wallSeconds: folder.seconds)
    summary.reason = "measured"
    summary.atRest = largest <= rest
    try folder.write(try Timing(system, wallSeconds: folder.seconds), as: "timing.json")
    try folder.finish(summary)
    if communicator.isRoot {
      print(
        """
        \(summary.particles) particles, energy per particle \(summary.energyPerParticle), pressure \(summary.pressure)
        largest force component \(largest.shown), \(largest <= rest ? "at rest" : "not at rest") within \
        \(rest.shown), \(summary.bonds) bonds
        \(folder.whereabouts)
        """)
    }
    return 0
  }

  private func fields(of system: ParticleSystem, _ bonds: BondNetwork) -> [ParticleColumn] {
    [
      system.energyColumn(), system.forceColumn(), system.stressColumn(),
      ParticleColumn("bonds", (0..<system.ownedCount).map { Int32(bonds.ends(of: $0).count) }),
    ]
  }

  /// Writes each bond once, by the identifiers of its particles. Collective.
  private func write(_ bonds: BondNetwork, of system: ParticleSystem, to path: String, _ provenance: Provenance) throws
  {
    let d = system.dimension
    var (i, j, values): ([Int64], [Int64], [Double]) = ([], [], [])
    try system.forEachBond(of: bonds) { _, end, own, other in
      i.append(own)
      j.append(other)
      let vector = bonds.bond(end)
      let squared = (vector * vector).sum()
      let stiffness = bonds.stiffness(end)
      for k in 0..<d { values.append(vector[k]) }
      values.append(-stiffness.first * squared.squareRoot())
      values.append(stiffness.second * squared + stiffness.first)
    }
    let table = try BondTable(
      i: i, j: j, values: values, width: d + 2, particleCount: system.totalCount, over: system.communicator)
    let file = try TableFile(path: path, provenance: provenance, over: system.communicator)
    func write<Element: HDF5Element>(_ name: String, _ rows: [Element], _ shape: [Int] = []) throws {
      try file.write("bonds/\(name)", rows: rows, firstRow: table.firstRow, shape: [table.totalCount] + shape)
    }
    try write("i", table.i)
    try write("j", table.j)
    let vectors = (0..<d).map(table.column)
    try write("separation", table.i.indices.flatMap { k in vectors.map { $0[k] } }, [d])
    try write("force", table.column(d))
    try write("stiffness", table.column(d + 1))
    try file.close()
  }
}
