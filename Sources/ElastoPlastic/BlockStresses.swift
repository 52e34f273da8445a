import ElasticLattice
import FourierGrid
import Geometry

/// The stresses and yield thresholds of the blocks of this rank, with bounds that tell which of the blocks may yield.
///
/// The stress of a block is the sum of three parts. ``stress`` includes all that was settled, and failures in a window
/// around the block, which are added at once. ``offset`` is the uniform load since the last settling. The third part is
/// caused by failures farther away since the last settling; it is summed up, in the order of the failures, only for the
/// ``candidates``. A bound excludes that any other block yields: for each tile, the smallest distance to yield of the
/// blocks that are no candidates (``Tiles/floors``) exceeds the largest stress that pending failures can have given to
/// any block of the tile (``Tiles/bounds``). Settling adds the pending part to all blocks by one transform, after a
/// number of failures that does not depend on the number of ranks. So every block that is compared with its threshold
/// has the same bits on any number of ranks.
final class BlockStresses {
  let lattice: Lattice
  /// Planes of this rank; its sites are numbered from the first of them.
  let planes: Range<Int>
  /// Whether blocks also yield at −Y.
  let bothSigns: Bool
  let stress: AlignedBuffer<Double>
  let thresholds: AlignedBuffer<Double>
  var offset = 0.0
  let tiles: Tiles
  let candidates: Candidates
  /// Width by which a distance must exceed a bound to exclude that a block yields: well above rounding,
  /// well below physical stresses.
  private let guardBand: Double
  /// Distance to yield, in stress, up to which a block counts as at its threshold. The rounding of a stress depends on
  /// the update rule, and blocks that are equally far by the equations have to yield together.
  let tie: Double
  var statistics = RedistributionStatistics()

  var firstSite: Int { planes.lowerBound * lattice.planeSize }
  var ownCount: Int { planes.count * lattice.planeSize }

  /// Creates blocks without stress.
  /// - Parameters:
  ///   - thresholds: thresholds of the own sites.
  ///   - largestThreshold: largest threshold of all ranks.
  init(
    _ lattice: Lattice, planes: Range<Int>, bothSigns: Bool, thresholds: AlignedBuffer<Double>, largestThreshold: Double
  ) {
    self.lattice = lattice
    self.planes = planes
    self.bothSigns = bothSigns
    self.thresholds = thresholds
    let own = planes.count * lattice.planeSize
    stress = AlignedBuffer(capacity: own)
    candidates = Candidates(siteCount: own)
    tiles = Tiles(lattice, planes: planes)
    guardBand = 1e-11 * largestThreshold
    tie = 1e-13 * largestThreshold
  }

  // MARK: Single blocks

  /// Returns the present stress of a candidate.
  @inline(__always) func presentStress(ofCandidate k: Int) -> Double {
    (candidates.stress[k] + candidates.far[k]) + offset
  }

  /// Returns the distance of a candidate from yielding, in stress. A candidate yields if it is at most ``tie``.
  @inline(__always) func distance(ofCandidate k: Int) -> Double {
    let present = presentStress(ofCandidate: k)
    return candidates.thresholds[k] - (bothSigns ? abs(present) : present)
  }

  /// Sets a new threshold of a block; `own` counts from the first site of this rank.
  func renew(own: Int, threshold: Double) {
    thresholds[own] = threshold
    let k = Int(candidates.slots[own])
    if k >= 0 { candidates.thresholds[k] = threshold }
  }

  // MARK: Bounds

  /// Returns an upper bound of |true stress − ``stress``| of any block in tile `t`; if blocks yield only at +Y, a bound
  /// of the increase alone.
  @inline(__always) func reach(ofTile t: Int) -> Double {
    tiles.bounds[t] * (1 + 1e-9) + ((bothSigns ? abs(offset) : offset) + guardBand)
  }

  /// Makes candidates of all blocks that the bounds do not exclude from yielding.
  func addYieldCandidates() {
    let shift = Lanes((bothSigns ? abs(offset) : offset) + guardBand)
    let scale = Lanes(1 + 1e-9)
    let (floors, bounds) = (tiles.floors.pointer, tiles.bounds.pointer)
    for t in stride(from: 0, to: tiles.count, by: Lanes.count) {
      let mostGained = Lanes(loading: bounds + t).times(scale, plus: shift)
      // Not `floor < gained`: a tile whose floor is not a number must be examined.
      let excluded = mostGained.isLess(than: Lanes(loading: floors + t)).bits
      if excluded == Lanes.allBits { continue }
      for k in t..<(t + Lanes.count) where !(floors[k] > reach(ofTile: k)) {
        // Farther than needed, so that a tile is examined seldom.
        promote(tile: k, below: reach(ofTile: k) + 0.25 * bounds[k])
      }
    }
  }

  /// Makes candidates of the blocks of a tile whose distance to yield, according to
  /// ``stress`` alone, is at most `limit`.
  func promote(tile t: Int, below limit: Double) {
    guard let (xs, ys, zs) = tiles.sites(of: t) else { return }
    let (_, n1, n2) = lattice.extents
    var floor = Double.infinity
    for x in xs {
      for y in ys {
        let start = ((x - planes.lowerBound) * n1 + y) * n2
        for z in zs where candidates.slots[start + z] < 0 {
          let s = stress[start + z]
          let distance = thresholds[start + z] - (bothSigns ? abs(s) : s)
          if distance > limit {
            floor = min(floor, distance)
          } else {
            makeCandidate(start + z, at: (x, y, z))
          }
        }
      }
    }
    tiles.floors[t] = floor
  }

  /// Makes a candidate of an own block, unless it is one already.
  func makeCandidate(_ own: Int) {
    guard candidates.slots[own] < 0 else { return }
    let (_, n1, n2) = lattice.extents
    makeCandidate(own, at: (planes.lowerBound + own / (n1 * n2), own / n2 % n1, own % n2))
  }

  private func makeCandidate(_ own: Int, at place: (Int, Int, Int)) {
    candidates.append(own, at: place, stress: stress[own], threshold: thresholds[own])
  }

  // MARK: All blocks

  /// Returns the row of blocks (x, y, …). The plane x must be an own one; `tilePlane` is ``Tiles/plane(of:)`` of x.
  @inline(__always) func row(_ x: Int, _ y: Int, tilePlane: Int) -> BlockRow {
    let (_, n1, n2) = lattice.extents
    let start = ((x - planes.lowerBound) * n1 + y) * n2
    return BlockRow(
      stress: stress.pointer + start, thresholds: thresholds.pointer + start, slots: candidates.slots.pointer + start,
      candidateStress: candidates.stress.pointer, floors: tiles.floors.pointer + tiles.row(of: y, plane: tilePlane),
      tileEdge: tiles.tiling.edges.2)
  }

  /// Adds the transform's field and the offset to all blocks, removes all candidates, and computes the smallest
  /// distance to yield of each tile anew.
  func add(fieldOf transform: LatticeTransform) {
    statistics.candidates = max(statistics.candidates, candidates.count)
    candidates.removeAll()
    tiles.reset()
    let (_, n1, n2) = lattice.extents
    for x in planes {
      let tilePlane = tiles.plane(of: x)
      for y in 0..<n1 {
        let row = row(x, y, tilePlane: tilePlane)
        let field = transform.field + ((x - planes.lowerBound) * n1 + y) * transform.rowStride
        if bothSigns {
          row.add(field, offset: offset, count: n2, BothDirections.self)
        } else {
          row.add(field, offset: offset, count: n2, Forward.self)
        }
      }
    }
    offset = 0
  }
}

/// Counts of the work done by the redistribution of stress, for the record.
public struct RedistributionStatistics: Codable, Sendable {
  public var transforms = 0
  public var sparseSweeps = 0
  /// Largest number of candidates at one time.
  public var candidates = 0
}
