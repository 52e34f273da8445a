/// A row of blocks along the last axis of the lattice, with the floors of the tiles that it crosses.
struct BlockRow {
  let stress: UnsafeMutablePointer<Double>
  let thresholds: UnsafePointer<Double>
  /// Candidate number of each block, or −1 for a block that is no candidate.
  let slots: UnsafePointer<Int32>
  let candidateStress: UnsafeMutablePointer<Double>
  let floors: UnsafeMutablePointer<Double>
  /// Number of blocks of the row in each tile.
  let tileEdge: Int

  /// Adds a field and an offset to all `count` blocks of the row, none of which is a candidate, and lowers the floors
  /// to their distances to yield.
  @inline(never)
  func add<Sign: YieldDirection>(_ field: UnsafePointer<Double>, offset: Double, count: Int, _ sign: Sign.Type) {
    let (stress, thresholds, floors, tileEdge) = (stress, thresholds, floors, tileEdge)
    var start = 0
    var tile = 0
    while start < count {
      let end = min(start + tileEdge, count)
      for z in start..<end { stress[z] += field[z] + offset }
      // Four independent minima, since each step of a single minimum would wait for the one before it.
      var (a, b, c, d) = (floors[tile], Double.infinity, Double.infinity, Double.infinity)
      var z = start
      while z + 4 <= end {
        let x0 = thresholds[z] - Sign.magnitude(stress[z])
        let x1 = thresholds[z + 1] - Sign.magnitude(stress[z + 1])
        let x2 = thresholds[z + 2] - Sign.magnitude(stress[z + 2])
        let x3 = thresholds[z + 3] - Sign.magnitude(stress[z + 3])
        a = x0 < a ? x0 : a
        b = x1 < b ? x1 : b
        c = x2 < c ? x2 : c
        d = x3 < d ? x3 : d
        z += 4
      }
      while z < end {
        let x = thresholds[z] - Sign.magnitude(stress[z])
        a = x < a ? x : a
        z += 1
      }
      a = b < a ? b : a
      c = d < c ? d : c
      floors[tile] = c < a ? c : a
      start = end
      tile += 1
    }
  }

  /// Adds a multiple of the kernel to the stress of each block in a range; `g[0]` is for the first block of the range.
  /// For candidates, the copy of the stress in their own list is updated too. The floors are lowered to the distances
  /// to yield of the blocks that are no candidates.
  @inline(never)
  func add<Sign: YieldDirection>(
    _ g: UnsafePointer<Double>, times amplitude: Double, to range: Range<Int>, _ sign: Sign.Type
  ) {
    let (stress, thresholds, slots, candidateStress) = (stress, thresholds, slots, candidateStress)
    let (floors, tileEdge) = (floors, tileEdge)
    let (first, end) = (range.lowerBound, range.upperBound)
    var z = first
    var tile = first / tileEdge
    while z < end {
      let stop = min(end, (tile + 1) * tileEdge)
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
}

/// The sign of the stress at which a block yields, as a type, so that the loops are compiled without a branch inside.
protocol YieldDirection {
  static func magnitude(_ stress: Double) -> Double
}

enum Forward: YieldDirection {
  @inline(__always) static func magnitude(_ stress: Double) -> Double { stress }
}

enum BothDirections: YieldDirection {
  @inline(__always) static func magnitude(_ stress: Double) -> Double { abs(stress) }
}
