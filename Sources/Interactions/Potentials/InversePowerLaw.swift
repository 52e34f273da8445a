import Geometry

/// The smoothed inverse power law φ(r) = (λ/r)^β + Σ c₂ₗ (r/λ)²ˡ for r < x_c λ (Richard, eq. A2), in units of ε.
public struct InversePowerLaw<Sizes: SizeRule, Shape: RepulsionShape>: PairPotential {
  public let sizes: Sizes
  public let shape: Shape

  public init(sizes: Sizes, shape: Shape) {
    self.sizes = sizes
    self.shape = shape
  }

  public var parameter: ParticleParameter { sizes.parameter }

  public func cutoff(_ a: Double, _ b: Double) -> Double { shape.cutoff * sizes.length(a, b) }
  @inline(__always) public func cutoff(_ a: Lanes, _ b: Lanes) -> Lanes { shape.cutoff * sizes.length(a, b) }

  public func slopeTerms(cutoff: Double) -> Double { shape.slopeTerms * shape.cutoff / cutoff }

  public static var hasScale: Bool { true }

  /// Returns the scale λ_ij⁻².
  @inline(__always) public func scale(_ a: Lanes, _ b: Lanes) -> Lanes {
    let length = sizes.length(a, b)
    return Lanes(1) / (length * length)
  }

  @inline(__always) public func interaction(
    _ row: Void, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (energy: Lanes, first: Lanes) {
    let u = squaredDistance * scale
    let inside = isInside(u, Lanes(shape.cutoff * shape.cutoff))
    let (value, doubleSlope) = shape.valueAndDoubleSlope(u)
    return (inside.select(value, else: Lanes(0)), inside.select(doubleSlope * scale, else: Lanes(0)))
  }

  /// Returns φ(after) − φ(before). One division gives 1/u at both distances and λ_ij⁻².
  @inline(__always) public func energyChange(
    _ row: Void, _ parameter: Lanes, _ other: Lanes, from before: Lanes, to after: Lanes
  ) -> Lanes {
    let length = sizes.length(parameter, other)
    let squared = length * length
    let both = before * after
    let inverse = Lanes(1) / (both * squared)
    let scale = both * inverse
    let quartic = squared * squared * inverse
    let (ua, ub) = (after * scale, before * scale)
    let limit = Lanes(shape.cutoff * shape.cutoff)
    let (fa, fb) = (shape.value(ua, inverse: quartic * before), shape.value(ub, inverse: quartic * after))
    return isInside(ua, limit).select(fa, else: Lanes(0)) - isInside(ub, limit).select(fb, else: Lanes(0))
  }

  @inline(__always) public func stiffness(
    _ row: Void, _ parameter: Lanes, _ scale: Lanes, _ squaredDistance: Lanes
  ) -> (first: Lanes, second: Lanes) {
    let u = squaredDistance * scale
    let inside = isInside(u, Lanes(shape.cutoff * shape.cutoff))
    let (doubleSlope, curvature) = shape.doubleSlopeAndCurvature(u)
    return (
      inside.select(doubleSlope * scale, else: Lanes(0)), inside.select(curvature * (scale * scale), else: Lanes(0))
    )
  }

  public func derivatives(_ distance: Double, _ a: Double, _ b: Double) -> PairDerivatives {
    let length = sizes.length(a, b)
    guard distance < shape.cutoff * length else { return .zero }
    let x = distance / length
    return PairDerivatives(ofSquare: shape.derivatives(x * x), distance: distance, length: length)
  }
}
