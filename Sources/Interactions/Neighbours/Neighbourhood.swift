import Geometry

/// A potential without interaction that lists all particles within a radius, for measurements that need neighbours.
public struct Neighbourhood: PairPotential {
  public let radius: Double

  public init(radius: Double) { self.radius = radius }

  public var parameter: ParticleParameter { .species }
  public func cutoff(_ a: Double, _ b: Double) -> Double { radius }
  @inline(__always) public func cutoff(_ a: Lanes, _ b: Lanes) -> Lanes { Lanes(radius) }
  public static var hasScale: Bool { false }
  @inline(__always) public func scale(_ a: Lanes, _ b: Lanes) -> Lanes { Lanes(1) }

  @inline(__always) public func interaction(
    _ row: Void, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (energy: Lanes, first: Lanes) { (Lanes(0), Lanes(0)) }

  @inline(__always) public func stiffness(
    _ row: Void, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (first: Lanes, second: Lanes) { (Lanes(0), Lanes(0)) }

  public func derivatives(_ distance: Double, _ a: Double, _ b: Double) -> PairDerivatives { .zero }

  public func compiled(dimension: Int) -> PairInteraction { PairInteraction(self, dimension: dimension) }
}
