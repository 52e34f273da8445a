/// What shearing cavities step by step took.
public struct ShearingWork: Sendable {
  /// Of the Hessian of a cavity.
  public var factorisations = 0
  /// Of its forces.
  public var evaluations = 0

  static func + (a: ShearingWork, b: ShearingWork) -> ShearingWork {
    ShearingWork(factorisations: a.factorisations + b.factorisations, evaluations: a.evaluations + b.evaluations)
  }
  static func - (a: ShearingWork, b: ShearingWork) -> ShearingWork {
    ShearingWork(factorisations: a.factorisations - b.factorisations, evaluations: a.evaluations - b.evaluations)
  }
}
