import Geometry

/// What is measured of a flow at one time.
public struct FlowRecord: Sendable {
  /// Number of the row; 0 is the beginning of the stage.
  public var row: Int
  /// Shear rate γ̇.
  public var rate: Double
  /// Time since the stage began.
  public var time: Double
  /// Strain since the stage began.
  public var strain: Double
  /// Virial stress, tension positive.
  public var stress: Tensor
  /// Kinetic stress −(m/V) Σ v ⊗ v.
  public var kinetic: Tensor
  /// Kinetic and potential energy of all particles, in ε.
  public var energy: Double
  public var kineticEnergy: Double
  /// Work of the deformation since the stage began, in ε.
  public var work: Double
  /// Heat taken out by the friction since the stage began, in ε.
  public var heat: Double
  /// Change of the energy since the stage began, in ε.
  public var change: Double

  /// Potential energy of all particles, in ε.
  public var potentialEnergy: Double { energy - kineticEnergy }
  /// Work that neither the energy nor the heat accounts for, in ε: the error of the time step.
  public var imbalance: Double { work - heat - change }
}
