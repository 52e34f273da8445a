import Geometry

/// A rearrangement that is not undone when the strain is reversed, located within an interval
/// of at most the smallest step.
public struct PlasticEvent: Sendable {
  /// Accumulated strain at the beginning of the interval that contains the event.
  public var strainBefore: Double
  /// Accumulated strain at the end of the interval that contains the event.
  public var strainAfter: Double
  /// Stress before the event, tension positive.
  public var stressBefore: Tensor
  /// Stress after the event, tension positive.
  public var stressAfter: Tensor
  /// Potential energy of the whole system before the event, in ε.
  public var energyBefore: Double
  /// Potential energy of the whole system after the event, in ε.
  public var energyAfter: Double
  /// Participation ratio (Σu²)² / (N Σu⁴) of the nonaffine displacements u over the event, with their mean removed.
  public var participationRatio: Double
  /// Centre of the event: the u⁴-weighted mean of the positions after it, wrapped into the cell.
  public var centre: Vector

  public var stressDrop: Tensor { stressBefore - stressAfter }
  public var energyDrop: Double { energyBefore - energyAfter }
}
