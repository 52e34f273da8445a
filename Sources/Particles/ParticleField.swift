import Geometry

/// A fixed number of values per owned particle that travel with it when its storage place or its rank changes.
///
/// Fields are made by ``ParticleSystem/makeField(width:)``. After a gather, the values of ghosts follow
/// those of the owned particles.
public final class ParticleField {
  /// Number of values per particle.
  public let width: Int
  let buffer: AlignedBuffer<Double>
  private let working: WorkingSet

  init(width: Int, capacity: Int, of working: WorkingSet) {
    self.width = width
    buffer = AlignedBuffer(capacity: capacity)
    self.working = working
  }

  /// Values, `width` for each particle, in storage order.
  public var values: UnsafeMutablePointer<Double> { buffer.pointer }

  // MARK: Algebra, for the particles that are worked on

  public func fill(with value: Double) {
    let values = values
    forEach { values[$0] = value }
  }

  public func copy(_ x: UnsafePointer<Double>) {
    let values = values
    forEach { values[$0] = x[$0] }
  }

  public func scale(by factor: Double) {
    let values = values
    forEach { values[$0] *= factor }
  }

  /// Adds a·x.
  public func add(_ a: Double, _ x: UnsafePointer<Double>) {
    let values = values
    forEach { values[$0] += a * x[$0] }
  }

  /// Becomes a·x + b·y; either of them may be the field itself.
  public func combine(_ a: Double, _ x: UnsafePointer<Double>, _ b: Double, _ y: UnsafePointer<Double>) {
    let values = values
    forEach { values[$0] = a * x[$0] + b * y[$0] }
  }

  @inline(__always)
  private func forEach(_ body: (_ place: Int) -> Void) {
    for run in working.runs { for place in (run.lowerBound * width)..<(run.upperBound * width) { body(place) } }
  }
}
