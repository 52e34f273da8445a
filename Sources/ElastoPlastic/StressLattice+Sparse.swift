import ElasticLattice
import Geometry
import MessagePassing

/// Redistribution without a transform: the window, the bounds, and the candidates.
extension StressLattice {
  /// Adds the kernel of a few failures: around each at once, to the candidates exactly, to the tiles as a bound. The
  /// rest waits until it is needed or settled.
  func addSparse(_ failures: FailureList) {
    pendingAmplitudes.reserve(pending.count + failures.sites.count, keeping: pending.count)
    for (site, amplitude) in zip(failures.sites, failures.amplitudes) {
      let place = lattice.coordinates(of: site)
      pendingAmplitudes[pending.count] = amplitude
      pending.append(place)
      addWindow(place, amplitude)
      raiseBounds(place, abs(amplitude))
      addFar(place, amplitude)
    }
  }

  // MARK: The window

  private func addWindow(_ place: (Int, Int, Int), _ amplitude: Double) {
    let kernel = realSpace!
    let (r0, r1, r2) = kernel.reach
    let (n0, n1, n2) = lattice.extents
    for dx in -r0...r0 {
      var x = place.0 + dx
      x += x < 0 ? n0 : x >= n0 ? -n0 : 0
      guard planes.contains(x) else { continue }
      let tileRow = (x / tiling.edges.0 - firstTile) * tiling.counts.1
      for dy in -r1...r1 {
        var y = place.1 + dy
        y += y < 0 ? n1 : y >= n1 ? -n1 : 0
        let row = ((x - planes.lowerBound) * n1 + y) * n2
        let tiles = floors.pointer + (tileRow + y / tiling.edges.1) * tileStride
        let g = kernel.near.pointer + ((dx + r0) * (2 * r1 + 1) + dy + r1) * (2 * r2 + 1)
        // At most two pieces, where the window crosses the edge of the lattice.
        var start = place.2 - r2
        var left = 2 * r2 + 1
        var taken = 0
        start += start < 0 ? n2 : 0
        while left > 0 {
          let count = min(left, n2 - start)
          let piece = Piece(start: start, count: count, row: row)
          if bothSigns {
            addPiece(piece, g + taken, amplitude, tiles, EitherWay.self)
          } else {
            addPiece(piece, g + taken, amplitude, tiles, Forward.self)
          }
          taken += count
          left -= count
          start = 0
        }
      }
    }
  }

  private struct Piece {
    var start: Int
    var count: Int
    var row: Int
  }

  @inline(__always)
  private func addPiece<Sign: Yielding>(
    _ piece: Piece, _ g: UnsafePointer<Double>, _ amplitude: Double, _ tiles: UnsafeMutablePointer<Double>,
    _ sign: Sign.Type
  ) {
    addWindowRow(
      stress.pointer + piece.row, thresholds.pointer + piece.row, slots.pointer + piece.row, candidateStress.pointer, g,
      amplitude, piece.start, piece.count, tiles, tiling.edges.2, sign)
  }

  // MARK: Bounds

  func raiseBounds(_ place: (Int, Int, Int), _ amplitude: Double) {
    let source = (place.0 / tiling.edges.0, place.1 / tiling.edges.1, place.2 / tiling.edges.2)
    for a in 0..<tileRows {
      for b in 0..<tiling.counts.1 {
        addScaled(
          bounds.pointer + (a * tiling.counts.1 + b) * tileStride,
          tileBounds!.row(a + firstTile, b, from: source), amplitude, tiling.counts.2)
      }
    }
  }

  /// Makes candidates of the blocks that the bounds do not exclude from yielding.
  func promoteWhatMayYield() {
    let shift = Lanes((bothSigns ? abs(offset) : offset) + guardBand)
    let scale = Lanes(1 + 1e-9)
    let tileCount = tileRows * tiling.counts.1 * tileStride
    for t in stride(from: 0, to: tileCount, by: Lanes.count) {
      let mostGained = Lanes(loading: bounds.pointer + t).times(scale, plus: shift)
      // Not `floor < gained`: a floor that is not a number shall be looked at.
      let excluded = mostGained.isLess(than: Lanes(loading: floors.pointer + t)).bits
      if excluded == Lanes.allBits { continue }
      for k in t..<(t + Lanes.count) where !(floors[k] > reach(ofTile: k)) {
        // Twice as far as needed, so that a tile is looked at seldom.
        promote(tile: k, below: reach(ofTile: k) + 0.25 * bounds[k])
      }
    }
  }

  /// Makes candidates of the blocks of a tile whose distance to yield, by ``stress`` alone, is at most `limit`.
  func promote(tile t: Int, below limit: Double) {
    let (row, column) = t.quotientAndRemainder(dividingBy: tileStride)
    let (a, b) = row.quotientAndRemainder(dividingBy: tiling.counts.1)
    let (_, n1, n2) = lattice.extents
    guard column < tiling.counts.2 else { return }
    func clipped(_ tile: Int, _ edge: Int, _ range: Range<Int>) -> Range<Int> {
      max(range.lowerBound, tile * edge)..<min(range.upperBound, (tile + 1) * edge)
    }
    let zs = clipped(column, tiling.edges.2, 0..<n2)
    var floor = Double.infinity
    for x in clipped(a + firstTile, tiling.edges.0, planes) {
      for y in clipped(b, tiling.edges.1, 0..<n1) {
        let start = ((x - planes.lowerBound) * n1 + y) * n2
        for z in zs where slots[start + z] < 0 {
          let s = stress[start + z]
          let distance = thresholds[start + z] - (bothSigns ? abs(s) : s)
          if distance > limit {
            floor = min(floor, distance)
          } else {
            append(candidate: start + z, at: (x, y, z))
          }
        }
      }
    }
    floors[t] = floor
  }

  // MARK: Candidates

  /// Makes a candidate of an own block, if it is none yet.
  func makeCandidate(_ site: Int) {
    let own = site - firstSite
    guard slots[own] < 0 else { return }
    let (_, n1, n2) = lattice.extents
    append(candidate: own, at: (planes.lowerBound + own / (n1 * n2), own / n2 % n1, own % n2))
  }

  private func append(candidate site: Int, at place: (Int, Int, Int)) {
    let k = candidates.count
    candidateSites.reserve(k + 1, keeping: k)
    candidateStress.reserve(k + 1, keeping: k)
    candidateThresholds.reserve(k + 1, keeping: k)
    candidateFar.reserve(k + 1, keeping: k)
    candidates.append(place)
    candidateSites[k] = Int32(site)
    candidateStress[k] = stress[site]
    candidateThresholds[k] = thresholds[site]
    candidateFar[k] =
      pending.count == 0
      ? 0
      : sumFar(
        place, lattice.extents, realSpace!.far.pointer, realSpace!.farStrides, pending.x.pointer, pending.y.pointer,
        pending.z.pointer, pendingAmplitudes.pointer, pending.count)
    slots[site] = Int32(k)
  }

  private func addFar(_ place: (Int, Int, Int), _ amplitude: Double) {
    guard candidates.count > 0 else { return }
    if lattice.dimension == 2 {
      addFarFlat(
        candidateFar.pointer, candidates.x.pointer, candidates.z.pointer, candidates.count, Int32(place.0),
        Int32(place.2),
        Int32(lattice.extents.0), Int32(lattice.extents.2), realSpace!.far.pointer, Int32(realSpace!.farStrides.0),
        amplitude)
    } else {
      addFarSolid(
        candidateFar.pointer, candidates.x.pointer, candidates.y.pointer, candidates.z.pointer, candidates.count, place,
        lattice.extents, realSpace!.far.pointer, realSpace!.farStrides, amplitude)
    }
  }

  // MARK: Everywhere

  /// Adds the kernel of each failure to every block.
  func addEverywhere(_ failures: FailureList) {
    let kernel = realSpace!
    let (n0, n1, n2) = lattice.extents
    transform.clearField()
    for (site, amplitude) in zip(failures.sites, failures.amplitudes) {
      let place = lattice.coordinates(of: site)
      for x in planes {
        let dx = min(abs(x - place.0), n0 - abs(x - place.0))
        for y in 0..<n1 {
          let dy = min(abs(y - place.1), n1 - abs(y - place.1))
          addWholeRow(
            transform.field + ((x - planes.lowerBound) * n1 + y) * transform.rowStride,
            kernel.far.pointer + dx * kernel.farStrides.0 + dy * kernel.farStrides.1, n2, place.2, amplitude)
        }
      }
    }
    addField()
  }
}

// MARK: Loops

/// A row of the window: the stress of each block, that of candidates in their own list too, and the floors of the tiles
/// for the others.
@inline(never)
private func addWindowRow<Sign: Yielding>(
  _ stress: UnsafeMutablePointer<Double>, _ thresholds: UnsafePointer<Double>, _ slots: UnsafePointer<Int32>,
  _ candidateStress: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, _ amplitude: Double, _ first: Int,
  _ count: Int, _ floors: UnsafeMutablePointer<Double>, _ edge: Int, _ sign: Sign.Type
) {
  let end = first + count
  var z = first
  var tile = first / edge
  while z < end {
    let stop = min(end, (tile + 1) * edge)
    var floor = floors[tile]
    while z < stop {
      let s = stress[z] + amplitude * g[z - first]
      stress[z] = s
      let slot = slots[z]
      if slot >= 0 {
        candidateStress[Int(slot)] = s
      } else {
        let distance = thresholds[z] - Sign.magnitude(s)
        floor = distance < floor ? distance : floor
      }
      z += 1
    }
    floors[tile] = floor
    tile += 1
  }
}

@inline(never)
private func addScaled(
  _ sums: UnsafeMutablePointer<Double>, _ terms: UnsafePointer<Double>, _ factor: Double, _ count: Int
) {
  for k in 0..<count { sums[k] += factor * terms[k] }
}

/// What a failure gives to each candidate, in two dimensions.
@inline(never)
private func addFarFlat(
  _ sums: UnsafeMutablePointer<Double>, _ xs: UnsafePointer<Int32>, _ zs: UnsafePointer<Int32>, _ count: Int,
  _ x: Int32, _ z: Int32, _ n0: Int32, _ n2: Int32, _ far: UnsafePointer<Double>, _ stride: Int32, _ amplitude: Double
) {
  for k in 0..<count {
    let a = abs(xs[k] &- x)
    let b = abs(zs[k] &- z)
    let index = min(a, n0 &- a) &* stride &+ min(b, n2 &- b)
    sums[k] += amplitude * far[Int(index)]
  }
}

@inline(never)
private func addFarSolid(
  _ sums: UnsafeMutablePointer<Double>, _ xs: UnsafePointer<Int32>, _ ys: UnsafePointer<Int32>,
  _ zs: UnsafePointer<Int32>, _ count: Int, _ place: (Int, Int, Int), _ extents: (Int, Int, Int),
  _ far: UnsafePointer<Double>, _ strides: (Int, Int), _ amplitude: Double
) {
  for k in 0..<count {
    let a = abs(Int(xs[k]) - place.0)
    let b = abs(Int(ys[k]) - place.1)
    let c = abs(Int(zs[k]) - place.2)
    let index = min(a, extents.0 - a) * strides.0 + min(b, extents.1 - b) * strides.1 + min(c, extents.2 - c)
    sums[k] += amplitude * far[index]
  }
}

/// What all pending failures have given to one block, in their order: the same operations as ``addFarFlat`` does one by
/// one.
@inline(never)
private func sumFar(
  _ place: (Int, Int, Int), _ extents: (Int, Int, Int), _ far: UnsafePointer<Double>, _ strides: (Int, Int),
  _ xs: UnsafePointer<Int32>, _ ys: UnsafePointer<Int32>, _ zs: UnsafePointer<Int32>,
  _ amplitudes: UnsafePointer<Double>, _ count: Int
) -> Double {
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

@inline(never)
private func addWholeRow(
  _ row: UnsafeMutablePointer<Double>, _ g: UnsafePointer<Double>, _ count: Int, _ centre: Int, _ amplitude: Double
) {
  for z in 0..<count {
    let d = abs(z - centre)
    row[z] += amplitude * g[min(d, count - d)]
  }
}
