import Configuration
import Interactions
import MessagePassing
import Particles
import Storage

/// The frames of a trajectory that `[frames]` chooses, with their strains. They can be read in any order.
struct ChosenFrames {
  /// Largest difference of two steps of strain that count as equal, as a share of a step.
  private static let unevenness = 1e-6

  /// Numbers of the frames in the file, from 0.
  let numbers: [Int]
  /// Accumulated strain of each.
  let strains: [Double]
  /// The potential for which the particles are prepared.
  let potential: PairModel
  private let places: KeyPlaces
  private let dimension: Int?
  private let path: String
  private let contents: TrajectoryContents

  /// Opens the file and finds the frames. Collective.
  /// - Throws: an input failure if the file is no trajectory of this program, or fewer than two frames are chosen.
  init(
    _ choice: FrameChoice, _ configuration: RunConfiguration<some ParticleCommandSections>,
    over communicator: Communicator
  ) throws {
    guard case .file(let path) = configuration.system.source else {
      preconditionFailure("the config allows no frames of generated particles")
    }
    self.path = path
    places = configuration.places
    dimension = configuration.system.dimension
    potential = Model.pairModel(configuration.potential)
    contents = try configuration.places.namingPlace(of: "system.file") {
      try communicator.coordinated {
        let format = try ConfigurationReader.format(of: path)
        guard format == .h5md else {
          throw Failure(
            .input,
            "\(path): is \(format.rawValue), and frames are measured of a trajectory.h5 of shear or flow, which has "
              + "their strains")
        }
      }
      return try TrajectoryContents(path, over: communicator)
    }
    numbers = try Self.numbers(choice, among: contents.frameCount, path, configuration.places)
    strains = try numbers.map(contents.strain(of:))
  }

  private static func numbers(
    _ choice: FrameChoice, among count: Int, _ path: String, _ places: KeyPlaces
  ) throws -> [Int] {
    guard count > 1 else {
      throw Failure.everywhere(
        .input,
        "\(places.nearest("system.file")): \(path): has \(count) frame, and [frames] needs at least two; "
          + "remove [frames] to measure one configuration")
    }
    func number(_ frame: Int, _ key: String) throws -> Int {
      let number = frame < 0 ? count + frame : frame
      guard (0..<count).contains(number) else {
        throw Failure.everywhere(
          .input, "\(places.nearest("frames." + key)): \(path): has \(count) frames; there is no frame \(frame)")
      }
      return number
    }
    let (first, last) = (try number(choice.first, "first"), try number(choice.last, "last"))
    let numbers = Array(stride(from: first, through: last, by: choice.every))
    guard numbers.count > 1 else {
      throw Failure.everywhere(
        .input,
        "\(places.nearest("frames.first")): of the \(count) frames of \(path), 'first', 'last' and 'every' choose "
          + "\(numbers.count); at least two are needed")
    }
    return numbers
  }

  /// Returns the strain from one frame to the next.
  /// - Throws: an input failure if the strain does not grow, or not by equal steps.
  func interval() throws -> Double {
    let steps = zip(strains.dropFirst(), strains).map { $0 - $1 }
    let mean = (strains.last! - strains[0]) / Double(steps.count)
    func complaint(_ k: Int, _ what: String) -> Failure {
      Failure.everywhere(
        .input,
        "\(places.nearest("frames.first")): \(path): \(what) from frame \(numbers[k]) to frame "
          + "\(numbers[k + 1]), from \(strains[k]) to \(strains[k + 1]); choose frames of one loading at equal steps "
          + "by 'first', 'last' and 'every'")
    }
    if let k = steps.firstIndex(where: { !($0 > 0) }) { throw complaint(k, "the strain does not grow") }
    if let k = steps.firstIndex(where: { abs($0 - steps[0]) > Self.unevenness * steps[0] }) {
      throw complaint(k, "the strain grows by another step than before")
    }
    return mean
  }

  /// Reads the configuration of the frame at a place in ``numbers``. Collective.
  func snapshot(at place: Int, over communicator: Communicator) throws -> Snapshot {
    try places.namingPlace(of: "system.file") {
      var snapshot = try contents.snapshot(of: numbers[place], dimension: dimension)
      _ = try Model.prepare(&snapshot, for: potential, path: path, over: communicator)
      return snapshot
    }
  }

  /// Runs `work` on a frame. An input failure is prefixed with the place of the file in the config and with the frame.
  func naming<Result>(_ place: Int, _ work: () throws -> Result) throws -> Result {
    try places.namingPlace(of: "system.file") {
      do { return try work() } catch let failure as Failure where failure.kind == .input {
        throw failure.prefixed(by: "\(path), frame \(numbers[place])")
      }
    }
  }

  func close() throws { try contents.close() }
}
