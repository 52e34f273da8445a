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
      return KickDensity(pieces: [
        .init(from: low, to: upper, amplitude: amplitude, power: -1 - mu),
        .init(from: -upper, to: -low, amplitude: amplitude, power: -1 - mu),
      ])
    case .histogram(let edges, let weights):
      let bins = zip(edges, edges.dropFirst())
      let scale = 2 * alpha / zip(weights, bins).reduce(0.0) { $0 + $1.0 * Self.meanSquare($1.1) }
      return KickDensity(
        pieces: zip(weights, bins).flatMap { weight, bin in
          // What lies on either side of the small kicks.
          [(bin.0, min(bin.1, -smallest)), (max(bin.0, smallest), bin.1)].filter { $0.0 < $0.1 && weight > 0 }.map {
            KickDensity.Piece(from: $0, to: $1, amplitude: scale * weight / (bin.1 - bin.0), power: 0)
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

/// A density of kicks made of powers: amplitude · |δ|^power between two ends of one sign (or any, for power 0).
struct KickDensity {
  struct Piece {
    let from: Double
    let to: Double
    let amplitude: Double
    let power: Double
  }
  let pieces: [Piece]

  /// Returns the function F with F″ = density, F = 0 far on the left, as a function of the kick. The mean number of
  /// kicks from one interval into another is a second difference of F.
  func twiceIntegrated(_ x: Double) -> Double { pieces.reduce(0) { $0 + $1.twiceIntegrated(x) } }

  /// ∫ δ² density.
  var secondMoment: Double { pieces.reduce(0) { $0 + $1.moment(2) } }
}

extension KickDensity.Piece {
  /// ∫ δ^order density over the piece.
  func moment(_ order: Int) -> Double { partial(order, to: to) }

  /// ∫ δ^order density from the lower end to `x`.
  private func partial(_ order: Int, to x: Double) -> Double {
    let (a, b) = (from, min(x, to))
    guard b > a else { return 0 }
    if power == 0 {
      let n = Double(order + 1)
      return amplitude * (pow(b, n) - pow(a, n)) / n
    }
    // On the negative side with magnitudes, b' = |b| < a' = |a|.
    let isNegative = to <= 0
    let (low, high) = isNegative ? (-b, -a) : (a, b)
    let n = power + Double(order) + 1
    let integral = n.magnitude < 1e-12 ? log(high / low) : (pow(high, n) - pow(low, n)) / n
    return (isNegative && order % 2 == 1 ? -1 : 1) * amplitude * integral
  }

  /// ∫∫ density: (x − δ)₊ integrated over the piece.
  func twiceIntegrated(_ x: Double) -> Double {
    guard x > from else { return 0 }
    return x * partial(0, to: x) - partial(1, to: x)
  }
}
