import FourierGrid

extension LatticeTransform {
  /// Multiplies the spectrum by factor · G.
  public func multiply(by kernel: StressKernel, factor: Double) {
    let ownsMean = spectralPlanes.contains(0)
    let mean = ownsMean ? spectrum[0] : 0
    kernel.squares[0].withUnsafeBufferPointer { first in
      kernel.squares[2].withUnsafeBufferPointer { last in
        forEachRow { row in
          let k = row.first
          if row.axis == 0 {
            scaleRow(row.numbers, row.count, first.baseAddress!, last[k.2], 0, factor)
          } else {
            scaleNormalRow(
              row.numbers, row.count, last.baseAddress!, first[k.0], kernel.squares[1][k.1], factor)
          }
        }
      }
    }
    if ownsMean {
      // The loops computed 0/0 for the mean.
      spectrum[0] = mean * kernel.uniform * factor
      spectrum[1] = 0
    }
  }

  /// Replaces the field, which holds plastic strains, by the stress change that they cause: its convolution
  /// with factor · G. Collective.
  public func convolve(with kernel: StressKernel, factor: Double) {
    forward()
    multiply(by: kernel, factor: factor)
    backward()
  }
}

@inline(never)
private func scaleRow(
  _ row: UnsafeMutablePointer<Double>, _ count: Int, _ squares: UnsafePointer<Double>, _ b: Double, _ c: Double,
  _ factor: Double
) {
  for k in 0..<count {
    let g = factor * StressKernel.value(inPlane: squares[k], b, normal: c)
    row[2 * k] *= g
    row[2 * k + 1] *= g
  }
}

@inline(never)
private func scaleNormalRow(
  _ row: UnsafeMutablePointer<Double>, _ count: Int, _ squares: UnsafePointer<Double>, _ a: Double, _ b: Double,
  _ factor: Double
) {
  for k in 0..<count {
    let g = factor * StressKernel.value(inPlane: a, b, normal: squares[k])
    row[2 * k] *= g
    row[2 * k + 1] *= g
  }
}
