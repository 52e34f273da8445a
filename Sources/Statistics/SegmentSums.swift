/// Sums of several quantities over consecutive segments of a stationary run, from which means, and anything else that
/// is computed from the sums, get their errors.
///
/// There are at most ``most`` segments: when they are full, neighbours are added and each of them lasts twice as long.
/// So the segments are always long, whatever the length of the run, and nothing grows with it.
public struct SegmentSums: Equatable, Sendable {
  public static let most = 32

  /// Number of quantities.
  public let width: Int
  /// Number of samples of each segment, a power of two.
  public private(set) var span: Int
  /// Sums of each segment, `width` each.
  public private(set) var segments: [[Double]]

  /// - Parameters:
  ///   - span, segments: those of earlier sums that are continued.
  public init(width: Int, span: Int = 1, segments: [[Double]] = []) {
    self.width = width
    self.span = span
    self.segments = segments
  }

  /// Appends the sums of one more segment.
  public mutating func append(_ sums: [Double]) {
    precondition(sums.count == width, "a segment has a sum of each quantity")
    if segments.count == Self.most {
      segments = stride(from: 0, to: Self.most, by: 2).map { Self.added(segments[$0..<($0 + 2)], width) }
      span *= 2
    }
    segments.append(sums)
  }

  /// Sums over the whole run.
  public var total: [Double] { Self.added(segments[...], width) }

  /// Whether the next segment, once it is appended, makes all segments longer.
  public var isFull: Bool { segments.count == Self.most }

  /// Returns what is computed from the sums of the whole run, with its error by the jackknife: segments are left out in
  /// turn, neighbouring ones together so that each group lasts at least `samples`.
  ///
  /// The groups count as independent, which they are if they last longer than what is measured stays correlated. The
  /// error is NaN for fewer than five groups.
  public func estimate(over samples: Int = 1, _ quantity: ([Double]) -> Double) -> Estimate {
    let whole = total
    let value = quantity(whole)
    let size = max(1, (samples + span - 1) / span)
    let groups = stride(from: 0, to: segments.count, by: size).map {
      Self.added(segments[$0..<min($0 + size, segments.count)], width)
    }
    guard groups.count >= 5 else { return Estimate(value, error: .nan) }
    let partial = groups.map { group in quantity(zip(whole, group).map { $0 - $1 }) }
    let n = Double(partial.count)
    let mean = partial.reduce(0, +) / n
    let scatter = partial.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return Estimate(value, error: ((n - 1) / n * scatter).squareRoot())
  }

  private static func added(_ segments: ArraySlice<[Double]>, _ width: Int) -> [Double] {
    var sum = [Double](repeating: 0, count: width)
    for segment in segments { for k in 0..<width { sum[k] += segment[k] } }
    return sum
  }
}
