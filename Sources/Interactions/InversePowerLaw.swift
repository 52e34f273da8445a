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

  @inline(__always) public func row(_ parameter: Lanes) -> Sizes.Row { sizes.row(parameter) }

  /// λ⁻², u = (r/λ)² and 1/u with one division, and which lanes interact.
  @inline(__always) private func scaled(
    _ row: Sizes.Row, _ parameter: Lanes, _ squaredDistance: Lanes
  ) -> (inside: IntegerLanes, inverseSquaredLength: Lanes, u: Lanes, inverse: Lanes) {
    let length = sizes.length(row, parameter)
    let squaredLength = length * length
    let (inside, safe) = insideCutoff(squaredDistance, Lanes(shape.cutoff * shape.cutoff) * squaredLength)
    let reciprocal = Lanes(1) / (squaredLength * safe)
    let inverseSquaredLength = reciprocal * safe
    return (inside, inverseSquaredLength, safe * inverseSquaredLength, squaredLength * (squaredLength * reciprocal))
  }

  @inline(__always) public func interaction(
    _ row: Sizes.Row, _ parameter: Lanes, _ squaredDistance: Lanes
  ) -> (energy: Lanes, first: Lanes) {
    let s = scaled(row, parameter, squaredDistance)
    let (value, slope) = shape.valueAndSlope(s.u, inverse: s.inverse)
    let zero = Lanes(0)
    return (s.inside.select(value, else: zero), s.inside.select(2 * slope * s.inverseSquaredLength, else: zero))
  }

  @inline(__always) public func stiffness(
    _ row: Sizes.Row, _ parameter: Lanes, _ squaredDistance: Lanes
  ) -> (first: Lanes, second: Lanes) {
    let s = scaled(row, parameter, squaredDistance)
    let (slope, curvature) = shape.slopeAndCurvature(s.u, inverse: s.inverse)
    let zero = Lanes(0)
    let scale = s.inverseSquaredLength
    return (
      s.inside.select(2 * slope * scale, else: zero), s.inside.select(4 * curvature * (scale * scale), else: zero)
    )
  }

  public func derivatives(_ distance: Double, _ a: Double, _ b: Double) -> PairDerivatives {
    let length = sizes.length(a, b)
    guard distance < shape.cutoff * length else { return .zero }
    let x = distance / length
    return PairDerivatives(ofSquare: shape.derivatives(x * x), distance: distance, length: length)
  }
}
