import ElasticLattice
import FourierGrid
import Geometry

/// The failures of all ranks since the last settling, and the stress that they cause outside of their windows.
///
/// A candidate receives this stress failure by failure, or all at once when it becomes a candidate. Both ways take the
/// same operations in the same order, so its bits do not depend on when it became one.
final class PendingFailures {
  private let kernel: RealSpaceKernel
  private var places = SiteCoordinates()
  private let amplitudes = AlignedBuffer<Double>()

  var count: Int { places.count }

  init(_ kernel: RealSpaceKernel) { self.kernel = kernel }

  func append(_ place: (Int, Int, Int), _ amplitude: Double) {
    amplitudes.reserve(count + 1, keeping: count)
    amplitudes[count] = amplitude
    places.append(place)
  }

  func removeAll() { places.removeAll() }

  var list: FailureList {
    var list = FailureList()
    let (_, n1, n2) = kernel.lattice.extents
    for k in 0..<count {
      let (x, y, z) = places[k]
      list.sites.append((x * n1 + y) * n2 + z)
      list.amplitudes.append(amplitudes[k])
    }
    return list
  }

  /// Adds the amplitudes of the failures on own planes to the field.
  func deposit(into transform: LatticeTransform) {
    for k in 0..<count where transform.planes.contains(places[k].0) { transform.deposit(amplitudes[k], at: places[k]) }
  }

  // MARK: Sums

  /// Adds the stress of one failure to each candidate.
  func add(_ place: (Int, Int, Int), _ amplitude: Double, to candidates: Candidates) {
    guard candidates.count > 0 else { return }
    if kernel.lattice.dimension == 2 {
      addInPlane(place, amplitude, to: candidates)
    } else {
      addInVolume(place, amplitude, to: candidates)
    }
  }

  /// Sets the far stress of the candidates from number `first` on to the sum over all failures.
  func addAll(to candidates: Candidates, from first: Int) {
    guard count > 0 else { return }
    for k in first..<candidates.count { candidates.far[k] = sum(at: candidates.places[k]) }
  }

  @inline(never)
  private func addInPlane(_ place: (Int, Int, Int), _ amplitude: Double, to candidates: Candidates) {
    let sums = candidates.far.pointer
    let (xs, zs) = (UnsafePointer(candidates.places.x.pointer), UnsafePointer(candidates.places.z.pointer))
    let (x, z) = (Int32(place.0), Int32(place.2))
    let (n0, n2) = (Int32(kernel.lattice.extents.0), Int32(kernel.lattice.extents.2))
    let far = UnsafePointer(kernel.far.pointer)
    let stride = Int32(kernel.farStrides.0)
    for k in 0..<candidates.count {
      let a = abs(xs[k] &- x)
      let b = abs(zs[k] &- z)
      let index = min(a, n0 &- a) &* stride &+ min(b, n2 &- b)
      sums[k] += amplitude * far[Int(index)]
    }
  }

  @inline(never)
  private func addInVolume(_ place: (Int, Int, Int), _ amplitude: Double, to candidates: Candidates) {
    let sums = candidates.far.pointer
    let places = candidates.places
    let (xs, ys, zs) = (
      UnsafePointer(places.x.pointer), UnsafePointer(places.y.pointer), UnsafePointer(places.z.pointer)
    )
    let extents = kernel.lattice.extents
    let (far, strides) = (UnsafePointer(kernel.far.pointer), kernel.farStrides)
    for k in 0..<places.count {
      let a = abs(Int(xs[k]) - place.0)
      let b = abs(Int(ys[k]) - place.1)
      let c = abs(Int(zs[k]) - place.2)
      let index = min(a, extents.0 - a) * strides.0 + min(b, extents.1 - b) * strides.1 + min(c, extents.2 - c)
      sums[k] += amplitude * far[index]
    }
  }

  /// Returns the stress from all failures at one block, summed in their order: the same operations that
  /// ``add(_:_:to:)`` does one by one.
  @inline(never)
  private func sum(at place: (Int, Int, Int)) -> Double {
    let (xs, ys, zs) = (
      UnsafePointer(places.x.pointer), UnsafePointer(places.y.pointer), UnsafePointer(places.z.pointer)
    )
    let amplitudes = UnsafePointer(amplitudes.pointer)
    let extents = kernel.lattice.extents
    let (far, strides) = (UnsafePointer(kernel.far.pointer), kernel.farStrides)
    var sum = 0.0
    for k in 0..<count {
      let a = abs(Int(xs[k]) - place.0)
      let b = abs(Int(ys[k]) - place.1)
      let c = abs(Int(zs[k]) - place.2)
      let index = min(a, extents.0 - a) * strides.0 + min(b, extents.1 - b) * strides.1 + min(c, extents.2 - c)
      sum += amplitudes[k] * far[index]
    }
    return sum
  }
}
