import Geometry

/// A fixed number of values per owned particle that travel with it when its storage place or its rank changes.
///
/// Fields are made by ``ParticleSystem/makeField(width:)``. After a gather, the values of ghosts follow
/// those of the owned particles.
public final class ParticleField {
  /// Number of values per particle.
  public let width: Int
  let buffer: AlignedBuffer<Double>

  init(width: Int, capacity: Int) {
    self.width = width
    buffer = AlignedBuffer(capacity: capacity)
  }

  /// Values, `width` for each particle, in storage order.
  public var values: UnsafeMutablePointer<Double> { buffer.pointer }
}
