import Geometry

/// A field of several components on a lattice. Each rank holds its own planes, component by component, with the sites
/// in the order of the lattice.
public struct GridField {
  public private(set) var components: [[Double]]
  /// Number of sites that this rank holds.
  public let siteCount: Int

  public init(_ components: [[Double]], on transform: LatticeTransform) {
    siteCount = transform.planes.count * transform.lattice.planeSize
    precondition(components.allSatisfy { [siteCount] in $0.count == siteCount })
    self.components = components
  }

  /// Multiplies the spectrum of each component by a real and even function of the wave vector. Collective.
  public mutating func multiply(
    _ transform: LatticeTransform, _ waves: WaveVectors, by factor: (Vector) -> Double
  ) {
    let scale = 1 / Double(transform.lattice.siteCount)
    for c in components.indices {
      transform.load(components[c])
      transform.forward()
      transform.forEachRow { row in
        for k in 0..<row.count {
          let f = scale * factor(waves.vector(row.waveNumbers(k)))
          row.numbers[2 * k] *= f
          row.numbers[2 * k + 1] *= f
        }
      }
      transform.backward()
      components[c] = transform.values
    }
  }

  /// Smooths each component. Collective.
  public mutating func smooth(_ transform: LatticeTransform, _ waves: WaveVectors, _ filter: Filter) {
    multiply(transform, waves) { filter.factor($0) }
  }

  /// Returns the derivatives of a component along the axes of space, exact for the waves that the lattice carries.
  /// Collective.
  public func gradient(of component: Int, _ transform: LatticeTransform, _ waves: WaveVectors) -> GridField {
    let scale = 1 / Double(transform.lattice.siteCount)
    let derivatives = (0..<transform.lattice.dimension).map { axis in
      transform.load(components[component])
      transform.forward()
      transform.forEachRow { row in
        for k in 0..<row.count {
          let q = scale * waves.vector(row.waveNumbers(k), isOdd: true)[axis]
          let (re, im) = (row.numbers[2 * k], row.numbers[2 * k + 1])
          row.numbers[2 * k] = -q * im
          row.numbers[2 * k + 1] = q * re
        }
      }
      transform.backward()
      return transform.values
    }
    return GridField(derivatives, on: transform)
  }
}

extension LatticeTransform {
  /// Sets the values at the sites of the own planes.
  public func load(_ values: [Double]) {
    let n = lattice.extents.2
    precondition(values.count == planes.count * lattice.planeSize)
    for row in 0..<(planes.count * lattice.extents.1) {
      for z in 0..<n { field[row * rowStride + z] = values[row * n + z] }
    }
  }

  /// Values at the sites of the own planes.
  public var values: [Double] {
    let n = lattice.extents.2
    return (0..<(planes.count * lattice.planeSize)).map { field[$0 / n * rowStride + $0 % n] }
  }
}
