import Geometry

/// The blocks of this rank whose stress is known to the last bit, in contiguous columns.
final class Candidates {
  private(set) var places = SiteCoordinates()
  /// Site numbers, counted from the first site of this rank.
  let sites = AlignedBuffer<Int32>()
  /// Copies of ``BlockStresses/stress`` and ``BlockStresses/thresholds`` for the candidates.
  let stress = AlignedBuffer<Double>()
  let thresholds = AlignedBuffer<Double>()
  /// Stress from pending failures whose windows do not contain the candidate.
  let far = AlignedBuffer<Double>()
  /// Candidate number of each own site, or −1.
  let slots: AlignedBuffer<Int32>

  var count: Int { places.count }

  init(siteCount: Int) {
    slots = AlignedBuffer(capacity: siteCount)
    for i in 0..<siteCount { slots[i] = -1 }
  }

  /// Adds a block that is no candidate yet, without the stress from pending failures.
  func append(_ site: Int, at place: (Int, Int, Int), stress s: Double, threshold: Double) {
    let k = count
    sites.reserve(k + 1, keeping: k)
    stress.reserve(k + 1, keeping: k)
    thresholds.reserve(k + 1, keeping: k)
    far.reserve(k + 1, keeping: k)
    places.append(place)
    sites[k] = Int32(site)
    stress[k] = s
    thresholds[k] = threshold
    far[k] = 0
    slots[site] = Int32(k)
  }

  func removeAll() {
    for k in 0..<count { slots[Int(sites[k])] = -1 }
    places.removeAll()
  }
}

/// Sites of the lattice by their three coordinates.
struct SiteCoordinates {
  let x = AlignedBuffer<Int32>()
  let y = AlignedBuffer<Int32>()
  let z = AlignedBuffer<Int32>()
  private(set) var count = 0

  subscript(k: Int) -> (Int, Int, Int) { (Int(x[k]), Int(y[k]), Int(z[k])) }

  mutating func append(_ place: (Int, Int, Int)) {
    x.reserve(count + 1, keeping: count)
    y.reserve(count + 1, keeping: count)
    z.reserve(count + 1, keeping: count)
    x[count] = Int32(place.0)
    y[count] = Int32(place.1)
    z[count] = Int32(place.2)
    count += 1
  }

  mutating func removeAll() { count = 0 }
}
