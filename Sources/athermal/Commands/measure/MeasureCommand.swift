import Configuration
import Geometry
import Interactions
import Measurement
import MessagePassing
import Particles
import Statics
import Storage

/// Measurement of a configuration as it is: energies, forces, stresses and bonds; or of plasticity over the frames of a
/// trajectory.
struct MeasureCommand: RunCommand {
  static let canResume = false
  static let outputs = ["state.h5", "measure.h5"]
  static let guide = CommandGuide(
    running: "measure", canResume: canResume, summary: "measure forces, energies, stresses without moving",
    text: """
      Measures a configuration and moves nothing: energy, force, stress and bonds of each particle go to state.h5, \
      each bond to measure.h5. With [frames], the frames of a trajectory of shear or flow: stresses of blocks, D²min, \
      active particles and their clusters, as flow measures them.
      """,
    examples: [
      "athermal measure my.toml --output runs/m", "athermal export runs/m/state.h5 --to lammps-dump --fields all",
    ])

  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] {
    [
      ("measure.h5", "", schema.description), ("measure.h5", "frames", FrameRow.curve(dimension: 3).description),
      ("measure.h5", "", FrameRow.fields.description),
    ] + PlasticResults.schemas(in: FrameRow.group, .strain).map { ("measure.h5", "", $0.description) }
  }

  /// Datasets of measure.h5; the values of a bond are its separation, force and stiffness.
  private static let schema = Schema<BondTable>.arrays(
    in: "bonds",
    [
      .array("i", "[bonds], int64", "smaller identifier; bonds are sorted by (i, j)") { $0.array($0.i) },
      .array("j", "[bonds], int64", "larger identifier") { $0.array($0.j) },
      .array("separation", "[bonds, d]", unit: "λ", "x_j − x_i, for the image within the cutoff") {
        $0.columns(0..<($0.width - 2))
      },
      .array("force", "[bonds]", unit: "ε/λ", "−φ', positive if the two particles repel each other") {
        $0.column($0.width - 2)
      },
      .array("stiffness", "[bonds]", unit: "ε/λ²", "φ''") { $0.column($0.width - 1) },
    ])

  let arguments: RunArguments

  static func demand(
    of configuration: MeasureConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    if let frames = configuration.frames {
      return try FrameMeasurement.demand(frames, configuration, on: ranks, over: communicator)
    }
    return try ParticleDemand(configuration, on: ranks, over: communicator).lines { $0.bonds }
  }

  func compute(_ run: Run<MeasureSections>) throws -> Int32 {
    if let frames = run.configuration.frames { return try FrameMeasurement(run: run, section: frames).compute() }
    return try measureOne(run)
  }

  /// Measures one configuration. Collective.
  private func measureOne(_ run: Run<MeasureSections>) throws -> Int32 {
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
    let summary = try Summary(
      measured: system, configuration, forceMax: largest, rest: rest, wallSeconds: folder.seconds)
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
    try file.write(table, of: Self.schema)
    try file.close()
  }
}
