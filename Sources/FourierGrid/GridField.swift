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
    for c in components.indices {
      components[c] = changed(c, transform) { numbers, k, scale in
        let f = scale * factor(waves.vector(k))
        numbers[0] *= f
        numbers[1] *= f
      }
    }
  }

  /// Smooths each component. Collective.
  public mutating func smooth(_ transform: LatticeTransform, _ waves: WaveVectors, _ filter: Filter) {
    multiply(transform, waves) { filter.factor($0) }
  }

  /// Returns the derivatives of a component along the axes of space, exact for the waves that the lattice carries.
  /// Collective.
  public func gradient(of component: Int, _ transform: LatticeTransform, _ waves: WaveVectors) -> GridField {
    let derivatives = (0..<transform.lattice.dimension).map { axis in
      changed(component, transform) { numbers, k, scale in
        let q = scale * waves.vector(k, isOdd: true)[axis]
        (numbers[0], numbers[1]) = (-q * numbers[1], q * numbers[0])
      }
    }
    return GridField(derivatives, on: transform)
  }

  /// Returns a component whose spectrum a function has changed. Collective.
  /// - Parameter change: changes the real and imaginary part at the given wave numbers, and multiplies them by the
  ///   scale of the two transforms.
  private func changed(
    _ component: Int, _ transform: LatticeTransform,
    _ change: (_ numbers: UnsafeMutablePointer<Double>, _ waveNumbers: (Int, Int, Int), _ scale: Double) -> Void
  ) -> [Double] {
    let scale = 1 / Double(transform.lattice.siteCount)
    transform.load(components[component])
    transform.forward()
    transform.forEachRow { row in
      for k in 0..<row.count { change(row.numbers + 2 * k, row.waveNumbers(k), scale) }
    }
    transform.backward()
    return transform.values
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
