import Foundation

/// A density of kicks made of powers of their magnitude m: amplitude · m^power between two magnitudes, of one sign.
struct KickDensity {
  struct Piece {
    let sign: Double
    let low: Double
    let high: Double
    let amplitude: Double
    let power: Double
  }
  let pieces: [Piece]

  /// ∫ δ² density.
  var secondMoment: Double { pieces.reduce(0) { $0 + $1.integral(2, from: $1.low) } }

  /// Returns ∫ (m − x) density over the kicks of one sign with a magnitude m > x. Its second differences are the
  /// numbers of kicks between two intervals, without large terms that cancel: it falls to 0 with x.
  func excess(beyond x: Double, sign: Double) -> Double {
    pieces.reduce(0) { sum, piece in
      guard piece.sign == sign, x < piece.high else { return sum }
      let from = max(x, piece.low)
      return sum + piece.integral(1, from: from) - x * piece.integral(0, from: from)
    }
  }
}

extension KickDensity.Piece {
  /// ∫ m^order density from a magnitude on.
  func integral(_ order: Int, from low: Double) -> Double {
    let n = power + Double(order) + 1
    return amplitude * (n.magnitude < 1e-12 ? log(high / low) : (pow(high, n) - pow(low, n)) / n)
  }
}
