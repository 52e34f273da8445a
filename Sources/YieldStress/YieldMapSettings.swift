import Geometry

/// Settings of a yield map.
public struct YieldMapSettings: Sendable {
  public var shape: CavityShape
  public var centres: Centres
  /// Generator A of the loading D(γ) = exp(γA).
  public var generator: Tensor
  public var directions: [MethodResult.Direction]
  public var usesExpansion = true
  /// Settings of the explicit method: strain step, largest strain, and whether curves are kept; nil if it is not used.
  public var frozenMatrix: (strainStep: Double, maximumStrain: Double, keepsCurves: Bool)?
  /// Weight of the bonds across the border of a cavity, by which the explicit method detects its events.
  public var weight = StressWeight.half
  public var lowestEigenvalue = false
  /// Rotated loadings for which the expansion is computed too: none, or at least two.
  public var fan: [OrientationFan.Orientation] = []
  /// Tethers of the particles around the cavity: their stiffness, and the thickness of the shell; nil if these
  /// particles follow the affine motion.
  public var matrix: (stiffness: Double, shell: Double)?

  public init(shape: CavityShape, centres: Centres, generator: Tensor, directions: [MethodResult.Direction]) {
    self.shape = shape
    self.centres = centres
    self.generator = generator
    self.directions = directions
  }

  /// Settings by which each block of a grid that divides the edges of a cell is sheared explicitly, in the direction of
  /// the loading (Puosi, Sec. 3.4).
  /// - Parameter counts: number of blocks along each edge.
  public init(
    blocks counts: [Int], of cell: Cell, generator: Tensor, strainStep: Double, maximumStrain: Double
  ) {
    self.init(
      shape: .cellBlock(CellBlock(of: cell, counts: counts)), centres: .blocks(counts), generator: generator,
      directions: [.forward])
    usesExpansion = false
    frozenMatrix = (strainStep, maximumStrain, keepsCurves: false)
  }

  /// Shape that contains all particles that need not follow the affine motion: the cavity and its shell.
  var outerShape: CavityShape { shape.grown(by: matrix?.shell ?? 0) }

  /// Returns the distance around that shape within which particles are needed.
  func matrixReach(largestCutoff: Double, spacing: Double, dimension: Int) -> Double {
    guard let frozenMatrix else { return largestCutoff }
    return ExplicitCavity.reach(
      generator, largestStrain: frozenMatrix.maximumStrain, largestCutoff: largestCutoff, spacing: spacing,
      dimension: dimension)
  }
}
