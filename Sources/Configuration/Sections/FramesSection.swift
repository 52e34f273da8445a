/// Frames of a trajectory.
public struct FrameChoice: Sendable, Equatable {
  /// First and last frame, from 0, or negative from the end.
  public var first: Int
  public var last: Int
  /// Distance of the frames that are taken.
  public var every: Int

  init(_ table: Table) {
    let frame = Bound<Int>.between(-1_000_000_000, 1_000_000_000)
    first = table.integer("first", frame, default: 0)
    last = table.integer("last", frame, default: -1)
    every = table.integer("every", .count(from: 1), default: 1)
  }
}

/// `[frames]` of `measure`: the frames of a trajectory, and what is measured of plasticity from one to the next.
/// Lengths are in reduced units; lags are numbers of frames.
public struct FramesSection: Sendable, Equatable {
  public var choice: FrameChoice
  /// Approximate side W of the blocks whose stresses are followed.
  public var block: Double
  /// Approximate side w₀ of the blocks of which clusters of plastic activity are made.
  public var smallBlock: Double
  /// Frames over which D²min is taken.
  public var lag: Int
  /// D²min, summed over the neighbours, above which a particle is active, in units of squared length.
  public var threshold: Double
  /// Radius of the neighbourhood of D²min.
  public var radius: Double
  /// Longest lag of the autocorrelation of D²min; nil for five lags.
  public var correlationLag: Int?
  /// Longest lag of the mean square difference of block stresses; nil for a tenth of the frames.
  public var differenceLag: Int?
  /// Strains between which the diffusion of block stresses is fitted; nil for no fit.
  public var fitWindow: ClosedRange<Double>?
  /// Whether D²min of the particles is kept for every frame.
  public var d2min: Bool

  /// Names of the keys with their defaults, for a config that has no such table.
  private static let keys: [(String, String?)] = [
    ("first", "0"), ("last", "-1"), ("every", "1"), ("block", "6.0"), ("small_block", "2.0"), ("lag", nil),
    ("threshold", nil), ("radius", "2.5"), ("correlation_lag", nil), ("difference_lag", nil), ("fit_window", nil),
    ("d2min", "false"),
  ]

  /// Reads the section. Returns nil if the config does not have it, or it lacks something.
  init?(_ table: Table) {
    guard table.isGiven else {
      for (key, standard) in Self.keys {
        table.forbid(key, because: "has no effect", hint: "remove it", default: standard)
      }
      return nil
    }
    choice = FrameChoice(table)
    block = table.number("block", .moderate, default: 6)
    smallBlock = table.number("small_block", .moderate, default: 2)
    let lag = table.integer(
      "lag", .count(from: 1), hint: "add lag = …, the number of frames over which D²min is taken")
    let threshold = table.number(
      "threshold", .moderate,
      hint: "add threshold = …, D²min above which a particle is active; it depends on the strain of a lag")
    radius = table.number("radius", .moderate, default: 2.5)
    correlationLag = table.optionalInteger("correlation_lag", .count(from: 1))
    differenceLag = table.optionalInteger("difference_lag", .count(from: 1))
    fitWindow = table.window("fit_window", of: "strains", for: "[0.01, 0.05]")
    d2min = table.boolean("d2min", default: false)
    if smallBlock > block {
      table.report(
        "'small_block' in [frames] is \(smallBlock) and 'block' is \(block)",
        hint: "small_block must be at most block", key: table.gives("small_block") ? "small_block" : "block")
    }
    guard let lag, let threshold else { return nil }
    self.lag = lag
    self.threshold = threshold
  }
}
