import Foundation
import Testing

/// The end of a flow: what two programs, or two steps, are compared by.
struct FlowEnd {
  /// Unwrapped positions by ascending number of the particle, x and y in turn.
  var positions: [Double]
  /// Peculiar velocities in the same order.
  var velocities: [Double]
  /// Virial σ_xy.
  var stress: Double
  var strain: Double

  /// Reads the particles of the first frame of a LAMMPS dump.
  /// - Parameter velocities: names of the columns of the velocities.
  init(dump text: String, velocities columns: [String], stress: Double, strain: Double) throws {
    let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
    func numbers(_ line: Int) throws -> [Double] { try lines[line].map { try #require(Double($0)) } }
    let (x, y) = (try numbers(5), try numbers(6))
    let tilt = x[2]
    let (width, height) = (x[1] - x[0] - abs(tilt), y[1] - y[0])
    let names = lines[8].dropFirst(2).map(String.init)
    let wanted = try (["id", "x", "y", "ix", "iy"] + columns).map { try #require(names.firstIndex(of: $0), "\($0)") }
    let count = try #require(Int(lines[3][0]))
    let rows = try (9..<9 + count).map { line in
      let row = try numbers(line)
      return wanted.map { row[$0] }
    }.sorted { $0[0] < $1[0] }
    positions = rows.flatMap { [$0[1] + width * $0[3] + tilt * $0[4], $0[2] + height * $0[4]] }
    velocities = rows.flatMap { [$0[5], $0[6]] }
    self.stress = stress
    self.strain = strain
  }

  /// Returns the limit of the step 0 from two steps, `fine` being half of `coarse`, if the error is of this order.
  static func limit(_ coarse: FlowEnd, _ fine: FlowEnd, order: Int) -> FlowEnd {
    let weight = 1 / Double(1 << order - 1)
    func mix(_ a: Double, _ b: Double) -> Double { b + weight * (b - a) }
    var result = fine
    result.positions = zip(coarse.positions, fine.positions).map(mix)
    result.velocities = zip(coarse.velocities, fine.velocities).map(mix)
    result.stress = mix(coarse.stress, fine.stress)
    return result
  }

  /// Differences of two ends.
  struct Difference {
    /// Root mean square of the differences of a coordinate and of a component of the velocity.
    var typicalPosition: Double
    var typicalVelocity: Double
    var largestPosition: Double
    var largestVelocity: Double
    var stress: Double
  }

  static func - (a: FlowEnd, b: FlowEnd) -> Difference {
    let x = zip(a.positions, b.positions).map { $0 - $1 }
    let v = zip(a.velocities, b.velocities).map { $0 - $1 }
    func typical(_ values: [Double]) -> Double {
      (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    }
    func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }
    return Difference(
      typicalPosition: typical(x), typicalVelocity: typical(v), largestPosition: largest(x),
      largestVelocity: largest(v), stress: abs(a.stress - b.stress))
  }
}
