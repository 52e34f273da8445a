import Foundation

/// The stress changes of a block that an event elsewhere makes. Whatever their distribution, they are so frequent that
/// their second moment per event is 2α (in σ_c²).
public enum KickNoise: Sendable, Equatable {
  /// Infinitely many infinitely small kicks: diffusion, D = αΓ.
  case gaussian
  /// Kicks of both signs with a density A |δ|^(−1−μ) between the cut-offs, 0 < μ < 2; the lower one may be 0.
  case levy(exponent: Double, lower: Double, upper: Double)
  /// Kicks of a measured distribution: bins that ascend, and their weights.
  case histogram(edges: [Double], weights: [Double])

  /// The amplitude A of the Lévy density for a coupling α; nil for other kinds.
  public func amplitude(alpha: Double) -> Double? {
    guard case .levy(let mu, let lower, let upper) = self else { return nil }
    return alpha * (2 - mu) / (pow(upper, 2 - mu) - pow(lower, 2 - mu))
  }

  /// The largest kick; 0 for diffusion.
  var reach: Double {
    switch self {
    case .gaussian: 0
    case .levy(_, _, let upper): upper
    case .histogram(let edges, _): max(-edges.first!, edges.last!)
    }
  }

  /// Returns the density of kicks of a magnitude above `smallest`, as a sum of pieces.
  func density(alpha: Double, above smallest: Double) -> KickDensity {
    switch self {
    case .gaussian: return KickDensity(pieces: [])
    case .levy(let mu, let lower, let upper):
      let amplitude = amplitude(alpha: alpha)!
      let low = max(lower, smallest)
      guard low < upper else { return KickDensity(pieces: []) }
      return KickDensity(
        pieces: [1, -1].map { .init(sign: $0, low: low, high: upper, amplitude: amplitude, power: -1 - mu) })
    case .histogram(let edges, let weights):
      let bins = zip(edges, edges.dropFirst())
      let scale = 2 * alpha / zip(weights, bins).reduce(0.0) { $0 + $1.0 * Self.meanSquare($1.1) }
      return KickDensity(
        pieces: zip(weights, bins).flatMap { weight, bin in
          // What lies on either side of the small kicks.
          [
            (sign: 1.0, low: max(bin.0, smallest), high: bin.1),
            (sign: -1.0, low: max(-bin.1, smallest), high: -bin.0),
          ].filter { $0.low < $0.high && weight > 0 }.map {
            KickDensity.Piece(
              sign: $0.sign, low: $0.low, high: $0.high, amplitude: scale * weight / (bin.1 - bin.0), power: 0)
          }
        })
    }
  }

  /// Size of the kicks that the grid has to resolve; 0 for diffusion.
  var scale: Double {
    switch self {
    case .gaussian: return 0
    // Kicks of all sizes up to the upper cut-off: the smallest may act as diffusion.
    case .levy(_, let lower, let upper): return max(lower, upper / 4)
    case .histogram(let edges, let weights):
      let bins = zip(edges, edges.dropFirst())
      let second = zip(weights, bins).reduce(0.0) { $0 + $1.0 * Self.meanSquare($1.1) } / weights.reduce(0, +)
      return second.squareRoot() / 2
    }
  }

  private static func meanSquare(_ bin: (Double, Double)) -> Double {
    (bin.0 * bin.0 + bin.0 * bin.1 + bin.1 * bin.1) / 3
  }
}
