import Geometry

/// Some numbers per owned particle that travel with it when it changes its place or its rank.
///
/// Made by ``ParticleSystem/makeField(width:)``. Values of ghosts, where a computation needs them, stand behind the
/// owned ones after a gather.
public final class ParticleField {
  /// Numbers per particle.
  public let width: Int
  let buffer: AlignedBuffer<Double>

  init(width: Int, capacity: Int) {
    self.width = width
    buffer = AlignedBuffer(capacity: capacity)
  }

  /// `width` numbers for each particle in storage order.
  public var values: UnsafeMutablePointer<Double> { buffer.pointer }
}
