import Geometry

/// Sums over the particles of an arena that are within reach of a point.
///
/// First, particles closer than a bound are listed, with little arithmetic and no branch for each; then the energies of
/// these few are computed.
struct ArenaSearch<Potential: PairPotential, S: Space> {
  private let potential: Potential
  private let x: UnsafePointer<Double>
  private let y: UnsafePointer<Double>
  private let z: UnsafePointer<Double>
  private let parameters: UnsafePointer<Double>
  private let starts: UnsafePointer<Int32>
  private let found: UnsafeMutablePointer<Int32>
  private let firsts: UnsafeMutablePointer<Int32>
  private let ends: UnsafeMutablePointer<Int32>
  private let columns: UnsafeMutablePointer<Int32>
  private let arena: BlockArena

  @inline(__always) init(_ potential: Potential, _ arena: BlockArena) {
    self.potential = potential
    self.arena = arena
    x = UnsafePointer(arena.x.pointer)
    y = UnsafePointer(arena.y.pointer)
    z = UnsafePointer(arena.z.pointer)
    parameters = UnsafePointer(arena.parameters.pointer)
    starts = UnsafePointer(arena.bins.starts.pointer)
    found = arena.search.found.pointer
    firsts = arena.search.firsts.pointer
    ends = arena.search.ends.pointer
    columns = arena.search.columns.pointer
  }

  /// Returns U(after) − U(before) of a particle that moves from one point to another.
  @inline(__always) func displacementChange(from before: Vector, to after: Vector, parameter: Double) -> Double {
    let own = Lanes(parameter)
    // A particle within reach of either end is within reach plus half of the displacement from the middle.
    let halfWay = 0.5 * (after - before).length
    let slack = Lanes(halfWay)
    let count = list(around: 0.5 * (before + after), reach: arena.reach[parameter] + halfWay) { other in
      let range = potential.cutoff(own, other) + slack
      return range * range
    }
    let row = potential.row(own)
    var sum = Lanes(0)
    for k in stride(from: 0, to: count, by: Lanes.count) {
      let at = UnsafePointer(found + k)
      let (xs, ys, other) = (
        Lanes(gathering: x, at: at), Lanes(gathering: y, at: at), Lanes(gathering: parameters, at: at)
      )
      let (ux, uy, vx, vy) = (xs - before.x, ys - before.y, xs - after.x, ys - after.y)
      var (old, new) = (uy.times(uy, plus: ux * ux), vy.times(vy, plus: vx * vx))
      if S.dimension == 3 {
        let zs = Lanes(gathering: z, at: at)
        let (uz, vz) = (zs - before.z, zs - after.z)
        (old, new) = (uz.times(uz, plus: old), vz.times(vz, plus: new))
      }
      sum = sum + potential.energyChange(row, own, other, from: old, to: new)
    }
    return sum.total
  }

  /// Returns U(after) − U(before) of a particle at a point whose parameter changes.
  @inline(__always) func swapChange(at point: Vector, from before: Double, to after: Double) -> Double {
    let (a, b) = (Lanes(before), Lanes(after))
    let count = list(around: point, reach: max(arena.reach[before], arena.reach[after])) { other in
      let range = potential.cutoff(a, other).larger(potential.cutoff(b, other))
      return range * range
    }
    let (rowA, rowB) = (potential.row(a), potential.row(b))
    var sum = Lanes(0)
    for k in stride(from: 0, to: count, by: Lanes.count) {
      let at = UnsafePointer(found + k)
      let other = Lanes(gathering: parameters, at: at)
      let (ux, uy) = (Lanes(gathering: x, at: at) - point.x, Lanes(gathering: y, at: at) - point.y)
      var squared = uy.times(uy, plus: ux * ux)
      if S.dimension == 3 {
        let uz = Lanes(gathering: z, at: at) - point.z
        squared = uz.times(uz, plus: squared)
      }
      let new = potential.interaction(rowB, other, potential.scale(b, other), squared).energy
      let old = potential.interaction(rowA, other, potential.scale(a, other), squared).energy
      sum = sum + (new - old)
    }
    return sum.total
  }

  /// Lists the slots closer to a point than a distance that depends on the parameter there and is at most `reach`.
  /// Returns their number. The last lanes are padded with a slot that is out of reach of everything.
  @inline(__always) private func list(
    around point: Vector, reach: Double, squaredRange: (_ parameter: Lanes) -> Lanes
  ) -> Int {
    let chunks = listChunks(around: point, reach: reach)
    let (px, py, pz) = (Lanes(point.x), Lanes(point.y), Lanes(point.z))
    var count = 0
    for k in 0..<chunks {
      let (slot, end) = (Int(firsts[k]), Int(ends[k]))
      let (ux, uy) = (Lanes(loadingAnywhere: x + slot) - px, Lanes(loadingAnywhere: y + slot) - py)
      var squared = uy.times(uy, plus: ux * ux)
      if S.dimension == 3 {
        let uz = Lanes(loadingAnywhere: z + slot) - pz
        squared = uz.times(uz, plus: squared)
      }
      let near = squared.isLess(than: squaredRange(Lanes(loadingAnywhere: parameters + slot)))
      count += (near & IntegerLanes(first: end - slot)).list(from: slot, to: found + count)
    }
    for lane in 0..<Lanes.count { found[count + lane] = arena.emptySlot }
    return count
  }

  /// Lists runs of slots, none longer than the lanes, that contain everything within `reach` of a
  /// point. Returns their number.
  ///
  /// Each row of bins gives a run, whose length follows from the distance of the row. Several rows are treated
  /// side by side, and an empty or short run takes the same instructions as others, since the CPU would
  /// mispredict branches of the search.
  @inline(__always) private func listChunks(around point: Vector, reach: Double) -> Int {
    let counts = arena.bins.counts
    let size = arena.bins.size
    let perLength = arena.bins.perLength
    // Particles may have drifted away from their bins.
    let p = point - arena.bins.origin
    let (low, high) = (p - arena.drift, p + arena.drift)
    let squaredReach = reach * reach
    let firstY = max(Int((low.y - reach) * perLength.y), 0)
    let lastY = min(Int((high.y + reach) * perLength.y), counts.y - 1)
    var (bz, lastZ) = (0, 0)
    if S.dimension == 3 {
      bz = max(Int((low.z - reach) * perLength.z), 0)
      lastZ = min(Int((high.z + reach) * perLength.z), counts.z - 1)
    }
    var chunks = 0
    while bz <= lastZ {
      var room = squaredReach
      if S.dimension == 3 {
        let edge = Double(bz) * size.z
        let away = max(0, edge - high.z, low.z - (edge + size.z))
        room -= away * away
      }
      var by = firstY
      while by <= lastY {
        let edge = (Double(by) + Lanes.ascending) * Lanes(size.y)
        let away = (edge - high.y).larger(low.y - (edge + Lanes(size.y))).larger(Lanes(0))
        let squaredHalf = room - away * away
        let half = squaredHalf.larger(Lanes(0)).squareRoot
        let first = ((low.x - half) * Lanes(perLength.x)).larger(Lanes(0))
        let last = ((high.x + half) * Lanes(perLength.x)).smaller(Lanes(Double(counts.x - 1)))
        let isInReach = Lanes(0).isLess(than: squaredHalf) & IntegerLanes(first: lastY + 1 - by)
        first.storeTruncated(to: columns)
        (isInReach.select(last, else: first - 1) + Lanes(1)).storeTruncated(to: columns + Lanes.count)
        for lane in 0..<Lanes.count {
          let row = counts.x &* (min(by &+ lane, lastY) &+ counts.y &* bz)
          var start = starts[row &+ Int(columns[lane])]
          let end = starts[row &+ Int(columns[Lanes.count &+ lane])]
          // A row seldom gives more than two runs.
          repeat {
            for _ in 0..<2 {
              firsts[chunks] = start
              ends[chunks] = end
              chunks &+= start < end ? 1 : 0
              start &+= Int32(Lanes.count)
            }
          } while start < end
        }
        by += Lanes.count
      }
      bz += 1
    }
    return chunks
  }
}
