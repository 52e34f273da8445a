import Geometry

/// What a yield map computes.
public struct YieldMapSettings: Sendable {
  public var shape: CavityShape
  public var centres: Centres
  /// The loading, D(γ) = exp(γA).
  public var generator: Tensor
  public var directions: [MethodResult.Direction]
  public var usesExpansion = true
  /// Whether cavities are sheared explicitly too, in steps of this strain, up to a largest one.
  public var frozenMatrix: (strainStep: Double, maximumStrain: Double, keepsCurves: Bool)?
  /// The share of the bonds across the border of a cavity: which stress decides about the explicit method's events.
  public var weight = StressWeight.half
  public var lowestEigenvalue = false
  /// Turned loadings for which the expansion is made too; none, or at least two.
  public var fan: [OrientationFan.Orientation] = []
  /// Of the tethers of the particles around the cavity; nil where these follow the affine motion.
  public var matrix: (stiffness: Double, shell: Double)?

  public init(shape: CavityShape, centres: Centres, generator: Tensor, directions: [MethodResult.Direction]) {
    self.shape = shape
    self.centres = centres
    self.generator = generator
    self.directions = directions
  }

  /// The shape that holds all particles that are not held to the affine motion: the cavity and its shell.
  var outerShape: CavityShape { shape.grown(by: matrix?.shell ?? 0) }

  /// How far around it particles have to be known.
  func matrixReach(largestCutoff: Double, spacing: Double, dimension: Int) -> Double {
    guard let frozenMatrix else { return largestCutoff }
    return ExplicitCavity.reach(
      generator, largestStrain: frozenMatrix.maximumStrain, largestCutoff: largestCutoff, spacing: spacing,
      dimension: dimension)
  }
}
