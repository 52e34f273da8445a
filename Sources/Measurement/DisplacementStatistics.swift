import Foundation
import Geometry
import MessagePassing
import Particles

/// Size, localisation and centre of a displacement field.
public struct DisplacementStatistics: Sendable {
  /// Largest and mean length of the displacements.
  public var largest = 0.0
  public var mean = 0.0
  /// Participation ratio (Σu²)² / (N Σu⁴) after removal of the common translation: 1 if all particles
  /// move alike, 1/N if one does.
  public var participationRatio = 0.0
  /// Mean of the displaced positions, weighted by u⁴: the circular mean of the fractions of each edge.
  public var centre = Vector.zero

  /// Measures the nonaffine displacement since `tracker` was made. Collective.
  public init(_ system: ParticleSystem, _ tracker: ParticleField) throws {
    let d = system.dimension
    let n = Double(system.totalCount)
    let first = try system.sums(d + 1) { i, out in
      let u = system.displacement(tracker, of: i)
      for k in 0..<d { out[k] = u[k] }
      out[d] = u.length
    }
    var average = Vector.zero
    for k in 0..<d { average[k] = first[k] / n }
    mean = first[d] / n

    let second = try system.sums(2 + 2 * d) { i, out in
      let u = system.displacement(tracker, of: i) - average
      let squared = u.squaredLength
      let weight = squared * squared
      out[0] = squared
      out[1] = weight
      let s = system.cell.fractions(system.fixedPosition(i))
      for k in 0..<d {
        out[2 + 2 * k] = weight * cos(2 * .pi * s[k])
        out[3 + 2 * k] = weight * sin(2 * .pi * s[k])
      }
    }
    if second[1] > 0 { participationRatio = second[0] * second[0] / (n * second[1]) }
    for k in 0..<d {
      var fraction = atan2(second[3 + 2 * k], second[2 + 2 * k]) / (2 * .pi)
      if fraction < 0 { fraction += 1 }
      centre += fraction * system.cell.edges[k]
    }
    var longest = 0.0
    for i in 0..<system.ownedCount { longest = max(longest, system.displacement(tracker, of: i).squaredLength) }
    largest = try system.communicator.reduce(longest, .maximum).squareRoot()
  }
}
