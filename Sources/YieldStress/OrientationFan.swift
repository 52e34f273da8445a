import Foundation
import Geometry
import MessagePassing
import Particles

/// Yield stresses of each cavity for loadings that are rotated in their plane, by the expansion. Local yield is
/// tensorial, and the softest direction at a place need not be that of the loading.
///
/// Each further direction costs three solves and no factorisation. Half a turn is enough,
/// since the other half repeats it.
public final class OrientationFan {
  public struct Orientation: Sendable {
    /// Angle of rotation of the loading, from the first axis of the plane towards the second.
    public var angle: Double
    public var generator: Tensor
  }

  public let orientations: [Orientation]
  /// Yield stresses of the configured weight, node × orientation × direction; NaN if there is none.
  public private(set) var stresses: [Double] = []
  /// Lowest yield stress of each node: node × (angle, 1 forward or −1 backward, stress).
  public private(set) var softest: [Double] = []
  private let directions: [MethodResult.Direction]
  private let weight: StressWeight
  private let lowest: AlignedBuffer<Double>
  private let surroundings: Surroundings

  /// Returns a loading in `count` orientations, in steps of π/`count` in the plane of two axes.
  public static func orientations(of generator: Tensor, plane: (Int, Int), count: Int) -> [Orientation] {
    (0..<count).map { k in
      let angle = Double.pi * Double(k) / Double(count)
      var turn = Tensor.identity
      turn[plane.0, plane.0] = cos(angle)
      turn[plane.1, plane.1] = cos(angle)
      turn[plane.0, plane.1] = -sin(angle)
      turn[plane.1, plane.0] = sin(angle)
      return Orientation(angle: angle, generator: k == 0 ? generator : turn * generator * turn.transposed)
    }
  }

  init(
    _ surroundings: Surroundings, _ orientations: [Orientation], directions: [MethodResult.Direction],
    weight: StressWeight
  ) {
    self.surroundings = surroundings
    self.orientations = orientations
    self.directions = directions
    self.weight = weight
    lowest = AlignedBuffer(capacity: surroundings.count)
    lowest.pointer.update(repeating: .infinity, count: surroundings.count)
  }

  /// Returns the yield stresses of a cavity, orientation × direction; NaN if there is none.
  func yields(_ response: CavityExpansion) -> [Double] {
    let w = StressWeight.allCases.firstIndex(of: weight)!
    return orientations.flatMap { orientation in
      let series = response.series(along: orientation.generator)[w]
      return directions.map { direction in
        guard case .success(let point) = (direction == .forward ? series : series.reversed).yield else {
          return Double.nan
        }
        return point.stress
      }
    }
  }

  /// Records a cavity with its yield stresses; `yields` is empty if it has no response.
  func record(_ cavity: Cavity, _ yields: [Double]) {
    var best = (angle: Double.nan, sign: Double.nan, stress: Double.infinity)
    for (o, orientation) in orientations.enumerated() {
      for (d, direction) in directions.enumerated() {
        let stress = yields.isEmpty ? .nan : yields[o * directions.count + d]
        stresses.append(stress)
        if stress < best.stress { best = (orientation.angle, direction.sign, stress) }
      }
    }
    softest.append(contentsOf: [best.angle, best.sign, best.stress < .infinity ? best.stress : .nan])
    if best.stress < .infinity {
      cavity.forEachCoreMember { copy in lowest[copy] = min(lowest[copy], best.stress) }
    }
  }

  /// Returns the lowest value of each particle over all cavities and orientations. Collective.
  public func map(_ system: ParticleSystem) throws -> ParticleYieldMap {
    try ParticleYieldMap(surroundings, lowest.pointer, weights: 1, directions: 1, system)
  }
}
