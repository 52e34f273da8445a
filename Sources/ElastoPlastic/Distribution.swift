import Foundation
import Geometry

/// A distribution of random numbers: yield thresholds or eigenstrains.
public enum Distribution: Sendable, Equatable {
  /// Weibull distribution P(x) ∝ x^(k−1) exp(−(x/scale)^k).
  case weibull(shape: Double, scale: Double)
  /// Gaussian restricted to x > 0: other numbers are drawn again.
  case gaussian(mean: Double, deviation: Double)
  case exponential(mean: Double)
  /// Numbers from a list, all with the same probability.
  case samples([Double])
  /// Histogram, uniform within each bin; `cumulative` is the probability up to the end of each bin, 1 for the last.
  case histogram(edges: [Double], cumulative: [Double])

  /// Returns the Weibull distribution of a given mean, whose scale is mean/Γ(1 + 1/k).
  public static func weibull(shape: Double, mean: Double) -> Distribution {
    .weibull(shape: shape, scale: mean / tgamma(1 + 1 / shape))
  }

  /// Returns the distribution of a histogram with any nonnegative weights of its bins.
  public static func histogram(edges: [Double], weights: [Double]) -> Distribution {
    let total = weights.reduce(0, +)
    var sum = 0.0
    var cumulative = weights.map { weight -> Double in
      sum += weight
      return sum / total
    }
    // Ensure, whatever the rounding of the sums, that no number lies beyond the last bin with a positive weight.
    for k in cumulative.indices where weights[k...].dropFirst().allSatisfy({ $0 == 0 }) { cumulative[k] = 1 }
    return .histogram(edges: edges, cumulative: cumulative)
  }

  /// Draws a number that depends only on the stream, the item and the step.
  public func draw(_ stream: RandomStream, item: Int, step: Int) -> Double {
    let (first, second) = stream.uniformPair(item: item, step: step)
    switch self {
    case .weibull(let shape, let scale): return scale * pow(-log1p(-Self.open(first)), 1 / shape)
    case .exponential(let mean): return -mean * log1p(-Self.open(first))
    case .gaussian(let mean, let deviation):
      var (u, v) = (first, second)
      var draw = 0
      while true {
        let x = mean + deviation * (-2 * log(Self.open(u))).squareRoot() * cos(2 * .pi * v)
        if x > 0 || draw == 65_535 { return x }
        draw += 1
        (u, v) = stream.uniformPair(item: item, step: step, draw: draw)
      }
    case .samples(let values): return values[min(values.count - 1, Int(first * Double(values.count)))]
    case .histogram(let edges, let cumulative):
      var (low, high) = (0, cumulative.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if first < cumulative[middle] { high = middle } else { low = middle + 1 }
      }
      return edges[low] + (edges[low + 1] - edges[low]) * Self.open(second)
    }
  }

  /// Shifts a uniform number into (0, 1), since a block with a threshold of exactly 0 would yield for ever.
  private static func open(_ u: Double) -> Double { u + 0x1p-54 }
}
