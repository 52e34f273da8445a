import Foundation

/// Cells of stress, symmetric about 0, with 0 in the middle of a cell and faces at the thresholds ±1. The width of the
/// cells grows with the distance from the threshold, from `layer` on in proportion: the density bends within a layer of
/// the width √D at the thresholds, and has long tails beyond.
public struct StressGrid: Sendable {
  /// Ends of the cells, ascending; one more than there are cells.
  public let faces: [Double]
  public let centres: [Double]
  public let widths: [Double]
  public var count: Int { centres.count }

  /// - Parameters:
  ///   - bins: number of cells, about.
  ///   - threshold: where cells are narrowest, on both sides.
  ///   - layer: distance from the threshold within which cells have about the same width.
  ///   - reach: largest stress of the grid.
  public init(bins: Int, threshold: Double, layer: Double, reach: Double) {
    let inside = asinh(threshold / layer)
    let outside = asinh((reach - threshold) / layer)
    // Cells between 0 and the threshold, besides one half of that around 0.
    let inner = max(4, Int((Double(bins) / 2 * inside / (inside + outside)).rounded()))
    let step = inside / (Double(inner) + 0.5)
    let outer = max(4, Int((outside / step).rounded(.up)))
    var positive: [Double] = []
    for k in 0..<inner { positive.append(threshold - layer * sinh(step * Double(inner - k))) }
    positive.append(threshold)
    for k in 1...outer { positive.append(threshold + layer * sinh(step * Double(k))) }
    faces = positive.reversed().map { -$0 } + positive
    centres = zip(faces, faces.dropFirst()).map { ($0 + $1) / 2 }
    widths = zip(faces, faces.dropFirst()).map { $1 - $0 }
  }

  /// The cell that holds the stress 0.
  var middle: Int { count / 2 }

  /// Width of the cells at the threshold.
  public var finest: Double { widths.min()! }

  /// The cell in which a stress lies; the first or the last one for stresses beyond the grid.
  func cell(of stress: Double) -> Int {
    var (low, high) = (0, count - 1)
    while low < high {
      let middle = (low + high) / 2
      if faces[middle + 1] > stress { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Returns the two cells among which a probability at `stress` is shared so that its mean stays, and the share of
  /// the second. Beyond the last centres all goes to the last cell.
  func share(_ stress: Double) -> (cell: Int, second: Double) {
    if stress <= centres[0] { return (0, 0) }
    if stress >= centres[count - 1] { return (count - 2, 1) }
    var (low, high) = (0, count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if centres[middle] <= stress { low = middle } else { high = middle }
    }
    return (low, (stress - centres[low]) / (centres[high] - centres[low]))
  }
}
