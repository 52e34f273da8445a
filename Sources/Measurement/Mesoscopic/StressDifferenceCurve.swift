import Statistics

/// Moments of the stress differences Δσ of blocks as functions of the lag, with the errors that follow from the scatter
/// between segments of the run.
///
/// Each segment group lasts at least twice the lag, so that the windows of different groups hardly overlap. Blocks are
/// not taken to be independent of one another, since the elastic field of an event kicks many of them.
public struct StressDifferenceCurve: Sendable {
  /// Lags in samples.
  public let lags: [Int]
  /// Time between samples.
  public let interval: Double
  private let sums: SegmentSums

  init(lags: [Int], interval: Double, sums: SegmentSums) {
    self.lags = lags
    self.interval = interval
    self.sums = sums
  }

  /// Lags in units of time.
  public var times: [Double] { lags.map { Double($0) * interval } }

  /// Returns the number of windows of a lag, over all blocks.
  public func windows(_ lag: Int) -> Int { Int(sums.total[lag * StressDifference.quantities]) }

  /// Returns ⟨Δσ⟩ of a lag, given by its place in ``lags``.
  public func mean(_ lag: Int) -> Estimate { estimate(lag) { Self.moment(1, $0, lag) } }

  /// Returns ⟨|Δσ|⟩ of a lag.
  public func meanMagnitude(_ lag: Int) -> Estimate { estimate(lag) { Self.moment(2, $0, lag) } }

  /// Returns ⟨(Δσ − c t)²⟩ of a lag t.
  /// - Parameter drift: the mean rate c that is subtracted, such as G₀γ̇, in stress per time.
  public func meanSquare(_ lag: Int, drift: Double = 0) -> Estimate {
    estimate(lag) { meanSquare($0, lag, drift) }
  }

  /// Returns the kurtosis ⟨(Δσ − c t)⁴⟩/⟨(Δσ − c t)²⟩² of a lag: 3 for a Gaussian.
  public func kurtosis(_ lag: Int, drift: Double = 0) -> Estimate {
    estimate(lag) { sums in
      let c = drift * times[lag]
      let (first, second) = (Self.moment(1, sums, lag), Self.moment(3, sums, lag))
      let (third, fourth) = (Self.moment(4, sums, lag), Self.moment(5, sums, lag))
      let square = meanSquare(sums, lag, drift)
      return (fourth - 4 * c * third + 6 * c * c * second - 4 * c * c * c * first + c * c * c * c) / (square * square)
    }
  }

  /// Fits ⟨(Δσ − c t)²⟩ = a + b t between two times; nil if fewer than two lags lie there.
  public func diffusion(in window: ClosedRange<Double>, drift: Double = 0) -> StressDiffusion? {
    let used = lags.indices.filter { window.contains(times[$0]) && windows($0) > 0 }
    func fit(_ sums: [Double]) -> LinearFit? { LinearFit(used.map { (x: times[$0], y: meanSquare(sums, $0, drift)) }) }
    guard let last = used.last, fit(sums.total) != nil else { return nil }
    let slope = estimate(last) { fit($0)?.slope ?? .nan }
    return StressDiffusion(
      perTime: slope, perTwoTimes: Estimate(slope.value / 2, error: slope.error / 2),
      floor: estimate(last) { fit($0)?.intercept ?? .nan }, from: times[used[0]], to: times[last], lags: used.count)
  }

  /// Returns the Hurst exponent H of ⟨(Δσ − c t)²⟩ ~ t^{2H} between two times: ½ for diffusion. Nil if fewer than three
  /// lags lie there.
  public func hurstExponent(in window: ClosedRange<Double>, drift: Double = 0) -> Estimate? {
    let used = lags.indices.filter { window.contains(times[$0]) && windows($0) > 0 }
    func exponent(_ sums: [Double]) -> Double? {
      PowerLawFit(used.map { (x: times[$0], y: meanSquare(sums, $0, drift)) }).map { $0.exponent / 2 }
    }
    guard let last = used.last, exponent(sums.total) != nil else { return nil }
    return estimate(last) { exponent($0) ?? .nan }
  }

  // MARK: Sums

  private func estimate(_ lag: Int, _ quantity: ([Double]) -> Double) -> Estimate {
    sums.estimate(over: 2 * lags[lag], quantity)
  }

  /// Returns the mean of a power over the windows of a lag.
  private static func moment(_ quantity: Int, _ sums: [Double], _ lag: Int) -> Double {
    let first = lag * StressDifference.quantities
    return sums[first + quantity] / sums[first]
  }

  private func meanSquare(_ sums: [Double], _ lag: Int, _ drift: Double) -> Double {
    let c = drift * times[lag]
    return Self.moment(3, sums, lag) - 2 * c * Self.moment(1, sums, lag) + c * c
  }
}
