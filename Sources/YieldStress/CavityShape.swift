import Foundation
import Geometry

/// The region around a particle that yields by itself: what is inside may move nonaffinely, what is outside may not.
public enum CavityShape: Equatable, Sendable {
  /// All particles within a radius (Richard, Sec. IV).
  case sphere(radius: Double)
  /// All particles within a square or cube whose sides are parallel to the axes (Puosi, Sec. 3.4).
  case block(halfSide: Double)

  /// Whether a particle at x from the centre is inside.
  @inline(__always) func contains(_ x: Vector) -> Bool {
    switch self {
    case .sphere(let radius): x.squaredLength <= radius * radius
    case .block(let half): abs(x.x) <= half && abs(x.y) <= half && abs(x.z) <= half
    }
  }

  /// No particle inside is farther than this from the centre.
  public func reach(dimension: Int) -> Double {
    switch self {
    case .sphere(let radius): radius
    case .block(let half): half * Double(dimension).squareRoot()
    }
  }

  /// What the stress refers to.
  public func volume(dimension: Int) -> Double {
    switch self {
    case .sphere(let r): dimension == 2 ? Double.pi * r * r : 4 / 3 * Double.pi * r * r * r
    case .block(let half): pow(2 * half, Double(dimension))
    }
  }

  /// The same shape, larger by a shell on all sides.
  func grown(by shell: Double) -> CavityShape {
    switch self {
    case .sphere(let radius): .sphere(radius: radius + shell)
    case .block(let half): .block(halfSide: half + shell)
    }
  }
}

/// Which part of a bond's contribution Σ (φ'/r) x⊗x belongs to the stress of the cavity: with both ends inside always
/// all of it; with one end inside, half, nothing, or all.
public enum StressWeight: String, CaseIterable, Sendable {
  /// Half for each end inside (Puosi, eq. 6): unbiased, the mean over all cavities is the stress of the sample.
  case half
  /// Bonds with both ends inside.
  case both
  /// Bonds with at least one end inside: the derivative of the energy of the cavity.
  case any

  /// The factor of bonds with one end inside.
  @inline(__always) var share: Double {
    switch self {
    case .half: 0.5
    case .both: 0
    case .any: 1
    }
  }
}
