import Geometry

/// A rearrangement that does not go back when the strain does, found within an interval of at most the smallest step.
public struct PlasticEvent: Sendable {
  public var strainBefore: Double
  public var strainAfter: Double
  public var stressBefore: Tensor
  public var stressAfter: Tensor
  /// Of the whole system.
  public var energyBefore: Double
  public var energyAfter: Double
  /// (Σu²)² / (N Σu⁴) of the nonaffine displacements u over the event, their mean removed.
  public var participationRatio: Double
  /// The u⁴-weighted centre of the positions after the event, wrapped into the cell.
  public var centre: Vector

  public var stressDrop: Tensor { stressBefore - stressAfter }
  public var energyDrop: Double { energyBefore - energyAfter }
}
