import Foundation
import Geometry
import MessagePassing

/// Measures whether large and small particles have separated, by the structure factor of the sizes at the longest waves
/// of the box, S_λ(q) = |Σ (λ_i − ⟨λ⟩) exp(i q·x_i)|² / (N var λ). It is about 1 in a mixture, and of order N if sizes
/// have separated. Collective.
///
/// The sums are taken over integers (multiples of 2⁻³⁰), for the same bits on any number of ranks.
/// - Returns: the mean over the wave vectors with Σ m² ≤ 4; 0 if all sizes are the same.
func sizeStructureFactor(_ particles: BlockedParticles) throws -> Double {
  let d = particles.cell.dimension
  var vectors: [SIMD3<Double>] = []
  for z in d == 3 ? 0...2 : 0...0 {
    for y in (z == 0 ? 0 : -2)...2 {
      for x in (z == 0 && y == 0 ? 1 : -2)...2 where x * x + y * y + z * z <= 4 {
        vectors.append(SIMD3(Double(x), Double(y), Double(z)))
      }
    }
  }
  let range = particles.parameterRange
  let width = range.upperBound - range.lowerBound
  guard width > 0 else { return 0 }
  // For each vector Σ λ cos, Σ λ sin, Σ cos, Σ sin; then Σ λ, Σ λ².
  var sums = [Int64](repeating: 0, count: 4 * vectors.count + 2)
  func whole(_ x: Double) -> Int64 { Int64((x * 0x1p30).rounded(.toNearestOrEven)) }
  for i in 0..<particles.ownedCount {
    let size = (particles.parameter(i) - range.lowerBound) / width
    let s = particles.fractions(i)
    for (k, m) in vectors.enumerated() {
      let angle = 2 * Double.pi * m.dot(s)
      let (c, si) = (cos(angle), sin(angle))
      sums[4 * k] &+= whole(size * c)
      sums[4 * k + 1] &+= whole(size * si)
      sums[4 * k + 2] &+= whole(c)
      sums[4 * k + 3] &+= whole(si)
    }
    sums[4 * vectors.count] &+= whole(size)
    sums[4 * vectors.count + 1] &+= whole(size * size)
  }
  try particles.communicator.reduce(&sums, .sum)
  let n = Double(particles.totalCount)
  let real = sums.map { Double($0) * 0x1p-30 }
  let mean = real[4 * vectors.count] / n
  let variance = real[4 * vectors.count + 1] / n - mean * mean
  guard variance > 0 else { return 0 }
  var total = 0.0
  for k in vectors.indices {
    let re = real[4 * k] - mean * real[4 * k + 2]
    let im = real[4 * k + 1] - mean * real[4 * k + 3]
    total += (re * re + im * im) / (n * variance)
  }
  return total / Double(vectors.count)
}
