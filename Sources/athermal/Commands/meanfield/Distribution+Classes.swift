import ElastoPlastic
import Foundation

extension Distribution {
  /// Returns numbers that stand for classes of equal probability: their medians, or the means for a list of numbers.
  func classes(_ count: Int) -> [Double] {
    if case .samples(let values) = self {
      let sorted = values.sorted()
      let classes = min(count, sorted.count)
      return (0..<classes).map { k in
        let range = k * sorted.count / classes..<(k + 1) * sorted.count / classes
        return sorted[range].reduce(0, +) / Double(range.count)
      }
    }
    return (0..<count).map { quantile((Double($0) + 0.5) / Double(count)) }
  }

  /// Returns the number below which a fraction 0 < p < 1 of the distribution lies.
  private func quantile(_ p: Double) -> Double {
    switch self {
    case .weibull(let shape, let scale): return scale * pow(-log1p(-p), 1 / shape)
    case .exponential(let mean): return -mean * log1p(-p)
    case .gaussian(let mean, let deviation):
      // The part above 0, by bisection of the error function.
      func below(_ x: Double) -> Double { erfc((mean - x) / (deviation * 2.0.squareRoot())) / 2 }
      guard deviation > 0 else { return mean }
      let target = below(0) + p * (1 - below(0))
      var (low, high) = (0.0, mean + 40 * deviation)
      for _ in 0..<200 {
        let middle = (low + high) / 2
        if below(middle) < target { low = middle } else { high = middle }
      }
      return (low + high) / 2
    case .samples(let values): return values.sorted()[Int(p * Double(values.count))]
    case .histogram(let edges, let cumulative):
      let bin = cumulative.firstIndex { $0 > p } ?? cumulative.count - 1
      let before = bin == 0 ? 0 : cumulative[bin - 1]
      return edges[bin] + (edges[bin + 1] - edges[bin]) * (p - before) / (cumulative[bin] - before)
    }
  }
}
