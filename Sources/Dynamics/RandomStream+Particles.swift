import Geometry
import Particles

extension RandomStream {
  /// Fills a field of vectors with normal numbers of variance amplitude², by particle and step.
  func fillNormals(_ field: ParticleField, of system: ParticleSystem, amplitude: Double, step: Int) {
    let d = system.dimension
    let values = field.values
    for i in 0..<system.ownedCount {
      let id = Int(system.id(i))
      let (x, y) = Self.normals(uniformPair(item: id, step: step))
      values[d * i] = amplitude * x
      values[d * i + 1] = amplitude * y
      if d == 3 { values[3 * i + 2] = amplitude * Self.normals(uniformPair(item: id, step: step, draw: 1)).0 }
    }
  }
}
