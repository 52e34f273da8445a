import Configuration
import Geometry
import Measurement
import MessagePassing
import Particles
import Statics
import Statistics
import Storage

/// Measurement of plasticity from frame to frame of a trajectory, by the code that measures a flow.
struct FrameMeasurement {
  let run: Run<MeasureSections>
  let section: FramesSection
  private var configuration: MeasureConfiguration { run.configuration }

  /// Measures all frames and writes the results. Collective.
  func compute() throws -> Int32 {
    let communicator = run.communicator
    let frames = try ChosenFrames(section.choice, configuration, over: communicator)
    let interval = try frames.interval()
    let settings = try Self.settings(section, frames, interval, configuration.places)
    let sequence = try FrameSequence(frames, skin: configuration.neighbours.skin, over: communicator)
    let system = sequence.system
    try Self.check(section, system.positionSnapshot(), configuration.places, ranks: communicator.size, communicator)
    let plastic = try PlasticMeasurement(
      settings(sequence.generator), Self.grids(section, system.cell, configuration.places), system)
    try run.folder.begin()
    let provenance = Build.provenance(config: configuration.resolved)
    let table = try TableFile(path: run.folder.file("measure.h5"), provenance: provenance, over: communicator)
    let active = try measure(sequence, plastic, table)
    let results = try plastic.results(every: interval, rate: 1, fitWindow: section.fitWindow)
    for schema in PlasticResults.schemas(in: FrameRow.group, .strain) { try table.write(results, of: schema) }
    try table.close()
    try frames.close()
    try writeState(system, plastic, provenance)
    try finish(FramesSummary(sequence, interval, lag: section.lag, results, active), system)
    return 0
  }

  /// Measures one frame after the other. Collective.
  /// - Returns: statistics of the number of active particles.
  private func measure(
    _ sequence: FrameSequence, _ plastic: PlasticMeasurement, _ table: TableFile
  ) throws -> BlockedMean {
    let (system, communicator) = (sequence.system, run.communicator)
    let curve = FrameRow.curve(dimension: system.dimension)
    try table.create(curve)
    let progress = Progress(isShown: communicator.isRoot)
    let count = sequence.frames.numbers.count
    var statistics = BlockedMean(length: count - section.lag)
    repeat {
      Heartbeat.enter(phase: "frame \(sequence.frames.numbers[sequence.place])")
      try system.evaluate(.forcesEnergyAndStress)
      let totals = try system.totals()
      guard totals.energy.isFinite else {
        throw Failure.everywhere(
          .physics,
          "in frame \(sequence.frames.numbers[sequence.place]) the energy is not finite: some particles are at the "
            + "same place")
      }
      let active = try plastic.measure(
        .init(strain: system.strain, stress: totals.stress, flips: sequence.flips), system)
      if let active { statistics.add(Double(active)) }
      let row = try FrameRow(sequence, totals, active, plastic, keepsD2min: section.d2min)
      try table.append(row, to: curve)
      try run.folder.log(curve.line(row), over: communicator)
      try table.appendArrays(row, of: FrameRow.fields)
      progress.show(
        "frame \(row.frame)  strain \(row.strain.shown)  active \(active.map { "\($0)" } ?? "–")",
        fraction: Double(sequence.place + 1) / Double(count))
    } while try sequence.advance()
    return statistics
  }

  /// Writes the last frame, with D²min over the last lag. Collective.
  private func writeState(_ system: ParticleSystem, _ plastic: PlasticMeasurement, _ provenance: Provenance) throws {
    let fields = [
      system.energyColumn(), system.forceColumn(), system.stressColumn(), ParticleColumn("d2min", plastic.d2min),
    ]
    try StateFile.write(
      system.snapshot(), to: run.folder.file("state.h5"), provenance: provenance, fields: fields,
      over: run.communicator)
  }

  private func finish(_ frames: FramesSummary, _ system: ParticleSystem) throws {
    let folder = run.folder
    let largest = try system.largestComponent(system.forces, width: system.dimension)
    let rest = try ForceTolerance.floor.threshold(for: system)
    var summary = try Summary(
      measured: system, configuration, forceMax: largest, rest: rest, wallSeconds: folder.seconds)
    summary.frames = frames
    try folder.write(try Timing(system, wallSeconds: folder.seconds), as: "timing.json")
    try folder.finish(summary)
    guard run.communicator.isRoot else { return }
    print(
      """
      \(frames.count) frames of \(summary.particles) particles from strain \(frames.strainFrom.shown) to \
      \(frames.strainTo.shown), \(frames.active.shown) particles active over \(frames.lagStrain.shown)
      \(folder.whereabouts)
      """)
  }
}

/// What the frames must satisfy, and what they take.
extension FrameMeasurement {
  /// Returns a description of the resources, one per line. Collective.
  /// - Throws: an input failure if the run would be refused.
  static func demand(
    _ section: FramesSection, _ configuration: MeasureConfiguration, on ranks: TargetRanks,
    over communicator: Communicator
  ) throws -> [String] {
    let frames = try ChosenFrames(section.choice, configuration, over: communicator)
    let settings = try settings(section, frames, frames.interval(), configuration.places)(.identity)
    let particles = try ParticleDemand(configuration, on: ranks, over: communicator)
    // The first frame, from which the blocks are counted; the particles are those of the last one.
    let first = try frames.snapshot(at: 0, over: communicator)
    try check(section, first, configuration.places, ranks: ranks.count, communicator)
    let blocks = try grids(section, cell(of: first), configuration.places).blocks.reduce(1, *)
    let row = FrameRow.curve(dimension: particles.snapshot.dimension).numbersPerRecord + blocks
    let numbers = frames.numbers.count * (row + (section.d2min ? particles.snapshot.totalCount : 0))
    try frames.close()
    return particles.lines(fields: 4) {
      $0.plasticity(windows: settings.lag, radius: settings.radius, ring: settings.correlation + 2)
    } + [
      "frames          \(frames.numbers.count), strain \(frames.strains[0].shown) to \(frames.strains.last!.shown), "
        + "\(blocks) blocks",
      "disk            \(ParticleDemand.bytes(8 * Double(numbers))) for the frames",
    ]
  }

  /// Returns the settings, without the generator that the first frame gives.
  /// - Throws: an input failure if a lag does not fit the frames.
  static func settings(
    _ section: FramesSection, _ frames: ChosenFrames, _ interval: Double, _ places: KeyPlaces
  ) throws -> (_ generator: Tensor) -> PlasticMeasurement.Settings {
    let steps = frames.numbers.count - 1
    func check(_ lag: Int, _ key: String) throws {
      guard lag > steps else { return }
      throw Failure.everywhere(
        .input,
        "\(places.nearest("frames." + key)): '\(key)' in [frames] is \(lag), and \(steps + 1) frames are chosen; take "
          + "at most \(steps), or more frames")
    }
    try check(section.lag, "lag")
    if let lag = section.correlationLag { try check(lag, "correlation_lag") }
    if let lag = section.differenceLag { try check(lag, "difference_lag") }
    var longest = section.differenceLag ?? max(1, steps / 10)
    if let end = section.fitWindow?.upperBound {
      guard end <= Double(section.differenceLag ?? steps) * interval * (1 + 1e-9) else {
        throw Failure.everywhere(
          .input,
          "\(places.nearest("frames.fit_window")): 'fit_window' in [frames] ends at a strain of \(end.shown), and the "
            + "longest lag is \((Double(section.differenceLag ?? steps) * interval).shown); take an earlier end")
      }
      longest = max(longest, min(steps, Int((end / interval).rounded(.up))))
    }
    let correlation = section.correlationLag ?? min(steps, 5 * section.lag)
    return { generator in
      PlasticMeasurement.Settings(
        lag: section.lag, longest: longest, correlation: correlation, threshold: section.threshold,
        radius: section.radius, radiusKey: "frames.radius", generator: generator)
    }
  }

  static func grids(_ section: FramesSection, _ cell: Cell, _ places: KeyPlaces) throws -> BlockGrids {
    try BlockGrids(of: cell, block: section.block, smallBlock: section.smallBlock, in: "frames", places)
  }

  private static func cell(of snapshot: Snapshot) -> Cell {
    Cell(dimension: snapshot.dimension, edges: snapshot.edges, range: 0)
  }

  /// Verifies that blocks fit the box of the first frame, and neighbourhoods fit it at any shear. Collective.
  static func check(
    _ section: FramesSection, _ positions: Snapshot, _ places: KeyPlaces, ranks: Int, _ communicator: Communicator
  ) throws {
    _ = try grids(section, cell(of: positions), places)
    try places.namingPlace(of: "frames.radius") {
      try StrainWindow.check(
        positions.mostTilted(by: positions.strainGenerator ?? Tensor()), radius: section.radius, key: "frames.radius",
        ranks: ranks, over: communicator)
    }
  }
}
