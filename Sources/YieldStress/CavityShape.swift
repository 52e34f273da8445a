import Foundation
import Geometry

/// Shape of the region around a centre that yields by itself: particles inside may move nonaffinely, particles outside
/// may not.
public enum CavityShape: Equatable, Sendable {
  /// All particles within a radius (Richard, Sec. IV).
  case sphere(radius: Double)
  /// All particles within a square or cube whose sides are parallel to the axes (Puosi, Sec. 3.4).
  case block(halfSide: Double)
  /// All particles within a block of a grid that divides the edges of the cell.
  case cellBlock(CellBlock)

  /// Returns whether a particle at x from the centre is inside.
  @inline(__always) func contains(_ x: Vector) -> Bool {
    switch self {
    case .sphere(let radius): x.squaredLength <= radius * radius
    case .block(let half): abs(x.x) <= half && abs(x.y) <= half && abs(x.z) <= half
    case .cellBlock(let block): block.contains(x)
    }
  }

  /// Returns the largest distance of a particle inside from the centre.
  public func reach(dimension: Int) -> Double {
    switch self {
    case .sphere(let radius): radius
    case .block(let half): half * Double(dimension).squareRoot()
    case .cellBlock(let block): block.reach
    }
  }

  /// Returns the volume to which the stress refers.
  public func volume(dimension: Int) -> Double {
    switch self {
    case .sphere(let r): dimension == 2 ? Double.pi * r * r : 4 / 3 * Double.pi * r * r * r
    case .block(let half): pow(2 * half, Double(dimension))
    case .cellBlock(let block): block.volume
    }
  }

  /// Returns the same shape, larger by a shell on all sides.
  func grown(by shell: Double) -> CavityShape {
    switch self {
    case .sphere(let radius): .sphere(radius: radius + shell)
    case .block(let half): .block(halfSide: half + shell)
    case .cellBlock(let block): .cellBlock(block.grown(by: shell))
    }
  }
}

/// Weight of a bond's contribution Σ (φ'/r) x⊗x in the stress of the cavity. A bond with both ends inside contributes
/// all of it; a bond with one end inside half, nothing, or all.
public enum StressWeight: String, CaseIterable, Sendable {
  /// Half for each end inside (Puosi, eq. 6). It is unbiased: the mean over all cavities is the stress of the sample.
  case half
  /// Only bonds with both ends inside.
  case both
  /// All bonds with at least one end inside: the derivative of the energy of the cavity.
  case any

  /// Factor of bonds with one end inside.
  @inline(__always) var share: Double {
    switch self {
    case .half: 0.5
    case .both: 0
    case .any: 1
    }
  }
}
