import Checkpoints
import Configuration
import Geometry
import Measurement
import MessagePassing
import Particles
import QuasistaticShear
import Storage

/// Plastic activity of each particle in a loading: D²min over windows of strain, the number of windows in which it
/// exceeded the threshold, and the profiles of both.
final class PlasticActivity {
  /// Names in checkpoints.
  private enum Key {
    static let d2min = "output/d2min"
    static let count = "output/plastic_count"
    static let state = "output/activity"
    static let window = "output/window"
  }

  /// D²min of the last closed window, NaN before the first, and the number of windows in
  /// which it exceeded the threshold.
  let d2min: ParticleField
  let count: ParticleField

  private let configuration: ShearConfiguration
  private var isMeasured: Bool { state.isMeasured ?? configuration.output.measuresD2min }
  private var window: StrainWindow?
  private var state = State()

  /// State for checkpoints, in addition to fields and the window.
  private struct State: Codable {
    var lastWindowEnd: Double?
    /// Number of slices of the first window. They are fractions of the edges, so it stays fixed
    /// while the box changes its shape.
    var profileBins: [Int]?
    /// Whether the box is written with each profile; nil in files that an earlier build began.
    var keepsBox: Bool?
    var hasWindow = false
    /// Whether D²min is measured. Nil in checkpoints of earlier builds, which measured it whenever the output needs it.
    var isMeasured: Bool?
  }

  /// Returns whether the user has asked for D²min or profiles. By default profiles are on.
  private static func isAskedFor(_ configuration: ShearConfiguration) -> Bool {
    configuration.places.gives("output.profiles") || configuration.places.gives("d2min")
      || configuration.output.hasFieldsOfD2min
  }

  /// Checks whether the box has room for the neighbourhoods. If it has not, and the user did not ask for D²min, a
  /// message says that the run does without.
  /// - Returns: whether D²min can be measured.
  /// - Throws: an input failure if it cannot, and the user asked for it.
  static func fitsBox(_ configuration: ShearConfiguration, over communicator: Communicator, _ look: () throws -> Void)
    throws -> Bool
  {
    do {
      try configuration.places.namingPlace(of: "d2min.radius", look)
      return true
    } catch let failure as Failure where failure.kind == .input && !isAskedFor(configuration) {
      if communicator.isRoot {
        print(
          "D²min and profiles are not measured: the box is too small for neighbourhoods of d2min.radius = "
            + "\(configuration.d2min.radius) d; a smaller radius would help")
      }
      return false
    }
  }

  /// Starts a new measurement. Collective.
  /// - Throws: an input failure if the user asked for D²min and the box has no room for the neighbourhoods.
  init(_ configuration: ShearConfiguration, _ system: ParticleSystem, _ schedule: StrainSchedule) throws {
    self.configuration = configuration
    d2min = system.makeField(width: 1)
    count = system.makeField(width: 1)
    for i in 0..<system.ownedCount { d2min.values[i] = .nan }
    guard configuration.output.measuresD2min else { return }
    // Fail before anything is computed.
    state.isMeasured = try Self.fitsBox(configuration, over: system.communicator) { _ = try newWindow(system) }
    guard isMeasured else { return }
    let farthest = schedule.strains.map { abs($0 - schedule.start) }.max() ?? 0
    if system.communicator.isRoot, farthest < configuration.d2min.window * (1 - 1e-9) {
      print(
        "D²min is not measured: the loading goes \(farthest) from its start, less than d2min.window = "
          + "\(configuration.d2min.window)")
    }
  }

  /// Restores the measurement from a checkpoint. Collective.
  init(_ configuration: ShearConfiguration, _ system: ParticleSystem, resuming checkpoint: Checkpoint) throws {
    self.configuration = configuration
    d2min = try system.makeField(resuming: checkpoint, as: Key.d2min)
    count = try system.makeField(resuming: checkpoint, as: Key.count)
    // Checkpoints of version 1 store it together with the other output state.
    state = try checkpoint.value(State.self, of: checkpoint.holds(Key.state) ? Key.state : "output")
    guard state.hasWindow else { return }
    window = try StrainWindow(
      system, radius: configuration.d2min.radius * system.spacing, resuming: checkpoint, as: Key.window)
  }

  /// Saves the measurement. Collective.
  func save(_ system: ParticleSystem, to checkpoint: Checkpoint) throws {
    state.hasWindow = window != nil
    try checkpoint.put(state, as: Key.state)
    try system.save(d2min, to: checkpoint, as: Key.d2min)
    try system.save(count, to: checkpoint, as: Key.count)
    try window?.save(system, to: checkpoint, as: Key.window)
  }

  /// Returns the nonaffine displacement of owned particle `i` since the window began.
  func displacement(_ system: ParticleSystem, of i: Int) -> Vector { window?.displacement(system, of: i) ?? .zero }

  /// Measures D²min if the strain has advanced by the length of a window. Returns whether it did. Collective.
  func measure(_ strain: Double, _ system: ParticleSystem, _ table: TableFile) throws -> Bool {
    let settings = configuration.d2min
    guard let window, abs(strain - (state.lastWindowEnd ?? window.strain)) >= settings.window * (1 - 1e-9) else {
      return false
    }
    let measured = try window.d2min(system, normalisation: settings.normalisation == .mean ? .mean : .sum)
    for i in 0..<system.ownedCount {
      d2min.values[i] = measured[i]
      if measured[i] > settings.threshold { count.values[i] += 1 }
    }
    if configuration.output.profiles { try writeProfiles(strain, system, window, table) }
    state.lastWindowEnd = strain
    return true
  }

  /// Opens the first window, or the next one after a window has closed, if each window has a
  /// start of its own. Collective.
  func openWindow(_ system: ParticleSystem, afterOneThatClosed: Bool) throws {
    guard isMeasured, window == nil || (afterOneThatClosed && configuration.d2min.reference == .window) else { return }
    window = try newWindow(system)
  }

  private func newWindow(_ system: ParticleSystem) throws -> StrainWindow {
    try StrainWindow(system, radius: configuration.d2min.radius * system.spacing)
  }

  private func writeProfiles(_ strain: Double, _ system: ParticleSystem, _ window: StrainWindow, _ table: TableFile)
    throws
  {
    let flow: Int
    if case .simpleShear(let axis, _) = configuration.loading.mode { flow = axis } else { flow = 0 }
    let bins = state.profileBins ?? Profile.bins(for: system)
    let isFirst = state.profileBins == nil
    if isFirst {
      state.profileBins = bins
      state.keepsBox = true
    }
    let schema = ActivityProfile.schema(bins: bins, keepsBox: state.keepsBox == true)
    if isFirst {
      try table.write(bins, of: ActivityProfile.edges(dimension: system.dimension))
      try table.create(schema)
    }
    let profile = try Profile(system, bins: bins, quantities: 3) { i, out in
      out[0] = self.count.values[i]
      out[1] = self.d2min.values[i]
      out[2] = window.displacement(system, of: i)[flow]
    }
    let undefined = try system.communicator.reduce((0..<system.ownedCount).count { d2min.values[$0].isNaN }, .sum)
    try table.append(
      ActivityProfile(strain: strain, box: system.cell.edges, undefined: undefined, profile: profile), to: schema)
  }
}
