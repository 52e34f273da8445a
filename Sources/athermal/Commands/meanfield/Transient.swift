import Checkpoints
import Configuration
import Foundation
import MeanField
import MessagePassing
import Storage

/// A transient of the mean-field model, sample by sample. Every rank computes it, since it is one rank's work.
final class Transient {
  /// Names in checkpoints and of the file.
  private enum Key {
    static let file = "meanfield.h5"
    static let state = "meanfield"
  }

  /// Everything but the files that a resumed run needs.
  private struct State: Codable {
    var evolution: Evolution.State?
    var samples: [TransientSample] = []
    var snapshots = TransientSnapshots()
  }

  private let section: MeanfieldSection
  private let units: MeanfieldUnits
  private let model: MeanFieldModel
  private let plan: TransientPlan
  private let grid: StressGrid
  private let folder: RunFolder
  private let communicator: Communicator
  private let file: TableFile
  private var state = State()

  /// Runs the transient that the config describes. Collective.
  static func compute(_ run: Run<MeanfieldSections>) throws {
    let checkpoints = try run.checkpoints()
    let transient = try Transient(run, resuming: checkpoints.saved)
    try transient.advance(checkpoints.safePoint.within(transient.save))
    try checkpoints.safePoint.within(transient.save).end()
    try transient.finish()
  }

  private init(_ run: Run<MeanfieldSections>, resuming checkpoint: Checkpoint?) throws {
    section = run.configuration.meanfield
    (folder, communicator) = (run.folder, run.communicator)
    units = MeanfieldUnits(section)
    model = try MeanFieldModel(section, alpha: section.alphas[0], over: communicator)
    plan = try TransientPlan(section, over: communicator)
    grid = section.grid(
      model, layer: plan.layer, fastest: plan.fastest, reach: plan.reach)
    let path = folder.file(Key.file)
    if let checkpoint {
      try folder.begin(resuming: true)
      file = try folder.resuming(from: checkpoint) { try TableFile(path: path, resuming: checkpoint, as: Key.file) }
      try folder.resumeLog(checkpoint, over: communicator)
      state = try checkpoint.value(State.self, of: Key.state)
      return
    }
    // The evolution refuses what the grid cannot resolve.
    _ = try Evolution(
      model, grid: grid, from: plan.initial, movedBy: plan.shift, driving: plan.driving, tolerance: section.tolerance)
    try folder.begin()
    file = try TableFile(
      path: path, provenance: Build.provenance(config: run.configuration.resolved), over: communicator)
    try file.create(TransientSample.schema)
    state.snapshots.stresses = grid.centres.map { $0 * units.stress }
  }

  private func save(to checkpoint: Checkpoint) throws {
    try checkpoint.put(state, as: Key.state)
    try file.save(to: checkpoint, as: Key.file)
    try folder.saveLog(to: checkpoint)
  }

  /// Computes all samples. While no block can yield, stresses move with the strain, exactly.
  private func advance(_ safePoint: SafePoint) throws {
    let elastic = plan.elasticTime(model)
    var evolution = try state.evolution.map {
      try Evolution(model, grid: grid, driving: plan.driving, tolerance: section.tolerance, resuming: $0)
    }
    let progress = Progress(isShown: communicator.isRoot)
    for (index, time) in plan.times.enumerated().dropFirst(state.samples.count) {
      if time < elastic {
        // A state that has only moved is made anew for each sample.
        try report(try begin(at: time), index, at: time)
      } else {
        if evolution == nil { evolution = try begin(at: elastic) }
        try evolution!.advance(to: time)
        state.evolution = evolution!.state
        try expectResolution(evolution!)
        try report(evolution!, index, at: time)
      }
      let last = state.samples.last!
      progress.show(
        "time \(last.time.shown)  strain \(last.strain.shown)  stress \(last.stress.shown)",
        fraction: Double(index + 1) / Double(plan.times.count))
      try safePoint.reached(isStep: true)
    }
  }

  private func begin(at time: Double) throws -> Evolution {
    try Evolution(
      model, grid: grid, from: plan.initial, movedBy: plan.elasticStress(at: time), driving: plan.driving,
      tolerance: section.tolerance, at: time)
  }

  /// - Throws: a failure of kind `notConverged` if the density at the threshold falls to zero within one cell, or if it
  ///   reaches the ends of the grid.
  private func expectResolution(_ evolution: Evolution) throws {
    let width = max(model.layer(activity: evolution.state.activity) ?? .infinity, evolution.state.rate.magnitude)
    let matters = evolution.state.activity > 1e-12 && evolution.state.steps > 100
    guard !matters || width > grid.finest / 2 else {
      throw Failure.everywhere(
        .notConverged,
        "at time \(evolution.state.time * units.time) the density at the threshold falls to zero within \(width) σ_c, "
          + "and the cells there are \(grid.finest) σ_c wide; set meanfield.layer = \(width / 2 * units.stress), or "
          + "end earlier")
    }
    guard evolution.probabilityAtEnds < 1e-10 else {
      throw Failure.everywhere(
        .physics,
        "at time \(evolution.state.time * units.time) blocks reach the end of the grid, \(grid.faces.last!) σ_c")
    }
  }

  private func report(_ evolution: Evolution, _ index: Int, at time: Double) throws {
    let now = evolution.state
    let sample = TransientSample(
      time: time * units.time, strain: now.strain * units.strain, rate: now.rate * units.rate,
      stress: evolution.stress * units.stress, activity: now.activity / units.time,
      diffusion: evolution.diffusion * units.diffusion)
    state.samples.append(sample)
    try file.append(sample, to: TransientSample.schema)
    let last = plan.times.count - 1
    // Spread evenly over the samples, the first and the last among them.
    if section.snapshots > 0, index * section.snapshots / last != (index - 1) * section.snapshots / last || index == 0 {
      state.snapshots.times.append(sample.time)
      state.snapshots.densities.append(evolution.density.map { $0 / units.stress })
    }
    try folder.log(TransientSample.schema.line(sample), over: communicator)
  }

  private func finish() throws {
    try file.write(state.snapshots, of: TransientSnapshots.schema)
    try file.close()
    let moduli = plan.oscillation.map {
      OscillationModuli(
        state.samples.suffix(section.samples).map(\.stress), amplitude: $0.amplitude * units.strain)
    }
    let summary = TransientSummary(
      state.samples, state.evolution, moduli, alpha: model.alpha, cells: grid.count, seconds: folder.seconds)
    try folder.finish(summary)
    if communicator.isRoot { print(summary.text) }
  }
}
