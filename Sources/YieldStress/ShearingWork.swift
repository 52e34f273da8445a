/// Work of the explicit shearing of cavities.
public struct ShearingWork: Sendable {
  /// Number of factorisations of the Hessian of a cavity.
  public var factorisations = 0
  /// Number of evaluations of the forces of a cavity.
  public var evaluations = 0

  static func + (a: ShearingWork, b: ShearingWork) -> ShearingWork {
    ShearingWork(factorisations: a.factorisations + b.factorisations, evaluations: a.evaluations + b.evaluations)
  }
  static func - (a: ShearingWork, b: ShearingWork) -> ShearingWork {
    ShearingWork(factorisations: a.factorisations - b.factorisations, evaluations: a.evaluations - b.evaluations)
  }
}
