import Geometry
import MessagePassing
import Particles

/// Averages over slices of the cell along each of its edges.
public struct Profile: Sendable {
  /// Number of slices along each edge.
  public let bins: [Int]
  /// Means over the particles in a slice whose value is finite, indexed [quantity][edge][slice]; NaN if there are none.
  public let means: [[[Double]]]

  /// Returns the number of slices along each edge for which a slice is about as thick as the
  /// mean distance between particles.
  public static func bins(for system: ParticleSystem) -> [Int] {
    (0..<system.dimension).map { max(1, Int((system.cell.widths[$0] / system.spacing).rounded())) }
  }

  /// Averages quantities of the particles. Collective.
  /// - Parameters:
  ///   - bins: number of slices along each edge.
  ///   - quantities: number of values that `values(i, out)` writes for owned particle i.
  public init(
    _ system: ParticleSystem, bins: [Int], quantities: Int,
    values: (_ particle: Int, _ out: UnsafeMutablePointer<Double>) -> Void
  ) throws {
    let d = system.dimension
    let offsets = bins.indices.map { bins[..<$0].reduce(0, +) }
    let slices = bins.reduce(0, +)
    // A sum and a count per quantity and slice.
    let sums = ExactSums(count: 2 * quantities * slices)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: quantities) { buffer in
      let out = buffer.baseAddress!
      for i in 0..<system.ownedCount {
        values(i, out)
        let s = system.cell.fractions(system.fixedPosition(i))
        for axis in 0..<d {
          let wrapped = s[axis] - s[axis].rounded(.down)
          let slice = offsets[axis] + min(Int(wrapped * Double(bins[axis])), bins[axis] - 1)
          for q in 0..<quantities where out[q].isFinite {
            sums.add(out[q], to: 2 * (q * slices + slice))
            sums.add(1, to: 2 * (q * slices + slice) + 1)
          }
        }
      }
    }
    let totals = try sums.reduce(over: system.communicator)
    self.bins = bins
    means = (0..<quantities).map { q in
      (0..<d).map { axis in
        (0..<bins[axis]).map { b in
          let k = 2 * (q * slices + offsets[axis] + b)
          return totals[k + 1] > 0 ? totals[k] / totals[k + 1] : .nan
        }
      }
    }
  }
}
