import Foundation
import Geometry
import MessagePassing
import Particles

/// Structure factor S(q) = |Σ exp(i q·x)|² / N around its first peak, over the wave vectors of the box.
public struct StructureFactor: Sendable {
  /// Largest mean of S over a shell of wave vectors, which is a tenth of 2π/d thick, and the wave number of that shell.
  public let peak: Double
  public let peakWaveNumber: Double
  /// Largest S of a single wave vector. It grows with N in a crystal, with ln N in a liquid.
  public let largest: Double

  /// Largest number of terms that are summed. In larger systems only every second, third … wave vector along each edge
  /// is used, so that no rank holds more than some 10⁵ of them, however many particles there are.
  private static let budget = 1.5e9

  /// Measures the structure factor of a configuration. Collective.
  public init(_ snapshot: Snapshot, over communicator: Communicator) throws {
    let d = snapshot.dimension
    let cell = Cell(dimension: d, edges: snapshot.edges, range: 1)
    let n = snapshot.totalCount
    let unit = 2 * Double.pi / meanSpacing(volume: cell.volume, count: n, dimension: d)
    // q = 2π Σ m_k (row k of the inverse); shells between 0.6 and 1.6 of 2π/d hold the first peak.
    let rows = (0..<d).map { 2 * Double.pi * cell.fractionsOfPosition[$0] }
    let (lower, upper) = (0.6 * unit, 1.6 * unit)
    let limits = (0..<d).map { Int(upper * cell.edges[$0].length / (2 * Double.pi)) + 1 }
    let shell =
      d == 2 ? Double.pi * (upper * upper - lower * lower) : 4 / 3 * Double.pi * (pow(upper, 3) - pow(lower, 3))
    let expected = shell * cell.volume / pow(2 * Double.pi, Double(d)) / 2
    let stride = max(1, Int(pow(expected * Double(n) / Self.budget, 1 / Double(d)).rounded(.up)))
    let vectors = Self.halfShell(limits, rows, lower...upper, stride)
    let sums = try Self.amplitudes(vectors, limits, snapshot, cell, communicator)

    let shells = 10
    var totals = [Double](repeating: 0, count: shells)
    var counts = [Int](repeating: 0, count: shells)
    var top = 0.0
    for (k, m) in vectors.enumerated() {
      let (re, im) = (Double(sums[2 * k]) * 0x1p-36, Double(sums[2 * k + 1]) * 0x1p-36)
      let s = (re * re + im * im) / Double(n)
      let shell = min(Int((Self.wave(m, rows).length - lower) / (upper - lower) * Double(shells)), shells - 1)
      totals[shell] += s
      counts[shell] += 1
      top = max(top, s)
    }
    let means = zip(totals, counts).map { $1 > 0 ? $0 / Double($1) : 0 }
    let best = means.indices.max { means[$0] < means[$1] }!
    peak = means[best]
    peakWaveNumber = lower + (upper - lower) * (Double(best) + 0.5) / Double(shells)
    largest = top
  }

  private static func wave(_ m: SIMD3<Int>, _ rows: [Vector]) -> Vector {
    rows.indices.reduce(Vector.zero) { $0 + Double(m[$1]) * rows[$1] }
  }

  /// Returns the wave vectors whose length is in `range`, one of each pair ±q.
  private static func halfShell(
    _ limits: [Int], _ rows: [Vector], _ range: ClosedRange<Double>, _ stride: Int
  ) -> [SIMD3<Int>] {
    var vectors: [SIMD3<Int>] = []
    let depth = limits.count == 3 ? limits[2] : 0
    for z in Swift.stride(from: 0, through: depth, by: stride) {
      for y in Swift.stride(from: z == 0 ? 0 : -limits[1] / stride * stride, through: limits[1], by: stride) {
        for x in Swift.stride(
          from: z == 0 && y == 0 ? stride : -limits[0] / stride * stride, through: limits[0], by: stride)
        {
          let m = SIMD3(x, y, z)
          if range.contains(wave(m, rows).length) { vectors.append(m) }
        }
      }
    }
    return vectors
  }

  /// Returns Σ exp(i q·x) over all particles, real and imaginary part in units of 2⁻³⁶.
  private static func amplitudes(
    _ vectors: [SIMD3<Int>], _ limits: [Int], _ snapshot: Snapshot, _ cell: Cell, _ communicator: Communicator
  ) throws -> [Int64] {
    let d = snapshot.dimension
    let table = snapshot.particles
    var sums = [Int64](repeating: 0, count: 2 * vectors.count)
    // exp(2πi m s) for m = −limit … limit along each edge.
    var phases = limits.map { [SIMD2<Double>](repeating: SIMD2(1, 0), count: 2 * $0 + 1) }
    for i in 0..<table.count {
      var x = Vector.zero
      for k in 0..<d { x[k] = table.positions[i * d + k] }
      let s = cell.fractionsOfPosition * x
      for k in 0..<d {
        let angle = 2 * Double.pi * s[k]
        for m in 0...limits[k] {
          let phase = SIMD2(cos(Double(m) * angle), sin(Double(m) * angle))
          phases[k][limits[k] + m] = phase
          phases[k][limits[k] - m] = SIMD2(phase.x, -phase.y)
        }
      }
      sums.withUnsafeMutableBufferPointer { sums in
        for (k, m) in vectors.enumerated() {
          let a = phases[0][limits[0] + m.x]
          let b = phases[1][limits[1] + m.y]
          var re = a.x * b.x - a.y * b.y
          var im = a.x * b.y + a.y * b.x
          if d == 3 {
            let c = phases[2][limits[2] + m.z]
            (re, im) = (re * c.x - im * c.y, re * c.y + im * c.x)
          }
          sums[2 * k] &+= Int64((re * 0x1p36).rounded(.toNearestOrEven))
          sums[2 * k + 1] &+= Int64((im * 0x1p36).rounded(.toNearestOrEven))
        }
      }
    }
    try communicator.reduce(&sums, .sum)
    return sums
  }
}
