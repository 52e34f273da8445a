import Geometry
import Particles
import TestSupport
import Testing

@testable import Dynamics

/// The way of particles within an implicit step.
@Suite struct StepPathTests {
  /// A motion that is a cubic is followed exactly, forwards and backwards, and in a box of another strain with its
  /// shear. The tolerance is some hundred quanta of positions.
  @Test(arguments: [0, 0.3]) func cubicsAreExact(shear: Double) throws {
    let system = try ImplicitIntegratorTests.glass(2)
    let equations = EquationsOfMotion(damping: 1)
    let path = StepPath(system, equations)
    let (end, velocities) = (system.makeField(width: 2), system.makeField(width: 2))
    let h = 0.7
    /// Coefficients of s, s², s³ of a particle along an axis: any numbers.
    func cubic(_ i: Int, _ k: Int) -> [Double] { (1...3).map { 0.01 * Double((17 * i + 5 * k + 11 * $0) % 23 - 11) } }
    func way(_ i: Int, _ k: Int, _ s: Double) -> Double {
      let c = cubic(i, k)
      return s * (c[0] + s * (c[1] + s * c[2]))
    }
    func velocity(_ i: Int, _ k: Int, _ s: Double) -> Double {
      let c = cubic(i, k)
      return (c[0] + s * (2 * c[1] + s * 3 * c[2])) / h
    }
    for i in 0..<system.ownedCount {
      for k in 0..<2 {
        path.whole.values[2 * i + k] = way(i, k, 1)
        path.middle.values[2 * i + k] = way(i, k, TrapezoidalBackward.middle)
        end.values[2 * i + k] = velocity(i, k, 1)
      }
    }
    for (old, new) in [(1.0, 0.3), (0.3, 0.8), (0.8, 0), (0, 1)] {
      let tracker = system.makeDisplacementTracker()
      path.move(system, from: old, to: new, strain: shear, h: h, end: end)
      path.velocities(system, at: new, strain: shear, h: h, end: end, into: velocities)
      for i in 0..<system.ownedCount {
        let moved = system.displacement(tracker, of: i)
        for k in 0..<2 {
          func sheared(_ value: (Int) -> Double) -> Double { value(k) + (k == 0 ? shear * value(1) : 0) }
          #expect(abs(moved[k] - sheared { way(i, $0, new) - way(i, $0, old) }) < 1e-12)
          // The velocities at the end are those of the box at the end.
          let expected = new < 1 ? sheared { velocity(i, $0, new) } : velocity(i, k, 1)
          #expect(abs(velocities.values[2 * i + k] - expected) < 1e-12)
        }
      }
    }
  }
}
