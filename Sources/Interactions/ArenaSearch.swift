import Geometry

/// Sums over the particles of an arena that are within reach of a point: row by row of bins, several particles at once.
struct ArenaSearch<Potential: PairPotential, S: Space> {
  private let potential: Potential
  private let x: UnsafePointer<Double>
  private let y: UnsafePointer<Double>
  private let z: UnsafePointer<Double>
  private let parameters: UnsafePointer<Double>
  private let starts: UnsafePointer<Int32>
  private let arena: BlockArena

  @inline(__always) init(_ potential: Potential, _ arena: BlockArena) {
    self.potential = potential
    self.arena = arena
    x = UnsafePointer(arena.x.pointer)
    y = UnsafePointer(arena.y.pointer)
    z = UnsafePointer(arena.z.pointer)
    parameters = UnsafePointer(arena.parameters.pointer)
    starts = UnsafePointer(arena.binStarts.pointer)
  }

  /// U(after) − U(before) of a particle that goes from one point to another.
  @inline(__always) func displacementChange(
    from x0: Double, _ y0: Double, _ z0: Double, to x1: Double, _ y1: Double, _ z1: Double, parameter: Double,
    reach: Double
  ) -> Double {
    let own = Lanes(parameter)
    let row = potential.row(own)
    let (ax, ay, az) = (Lanes(x0), Lanes(y0), Lanes(z0))
    let (bx, by, bz) = (Lanes(x1), Lanes(y1), Lanes(z1))
    var sum = Lanes(0)
    forEachRun(
      min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1), min(z0, z1), max(z0, z1), reach
    ) { slot, present in
      let (xs, ys) = (Lanes(loadingAnywhere: x + slot), Lanes(loadingAnywhere: y + slot))
      let other = Lanes(loadingAnywhere: parameters + slot)
      let (ux, uy, vx, vy) = (xs - ax, ys - ay, xs - bx, ys - by)
      var before = uy.times(uy, plus: ux * ux)
      var after = vy.times(vy, plus: vx * vx)
      if S.dimension == 3 {
        let zs = Lanes(loadingAnywhere: z + slot)
        let (uz, vz) = (zs - az, zs - bz)
        before = uz.times(uz, plus: before)
        after = vz.times(vz, plus: after)
      }
      // Most of those in the bins are out of reach; where all are, the energies need not be computed.
      let cutoff = potential.cutoff(own, other)
      guard (present & before.smaller(after).isLess(than: cutoff * cutoff)).bits != 0 else { return }
      let change = potential.energyChange(row, own, other, from: before, to: after)
      sum = sum + present.select(change, else: Lanes(0))
    }
    return sum.total
  }

  /// U(after) − U(before) of a particle at a point whose size changes.
  @inline(__always) func swapChange(
    at x0: Double, _ y0: Double, _ z0: Double, from before: Double, to after: Double, reach: Double
  ) -> Double {
    let (a, b) = (Lanes(before), Lanes(after))
    let (rowA, rowB) = (potential.row(a), potential.row(b))
    let (ax, ay, az) = (Lanes(x0), Lanes(y0), Lanes(z0))
    var sum = Lanes(0)
    forEachRun(x0, x0, y0, y0, z0, z0, reach) { slot, present in
      let ux = Lanes(loadingAnywhere: x + slot) - ax
      let uy = Lanes(loadingAnywhere: y + slot) - ay
      let other = Lanes(loadingAnywhere: parameters + slot)
      var squared = uy.times(uy, plus: ux * ux)
      if S.dimension == 3 {
        let uz = Lanes(loadingAnywhere: z + slot) - az
        squared = uz.times(uz, plus: squared)
      }
      let (cutA, cutB) = (potential.cutoff(a, other), potential.cutoff(b, other))
      let reached = squared.isLess(than: cutA * cutA).or(squared.isLess(than: cutB * cutB))
      guard (present & reached).bits != 0 else { return }
      let change =
        potential.interaction(rowB, other, potential.scale(b, other), squared).energy
        - potential.interaction(rowA, other, potential.scale(a, other), squared).energy
      sum = sum + present.select(change, else: Lanes(0))
    }
    return sum.total
  }

  /// Visits the slots that can be within `reach` of a point of a box, a lane's width at a time, with a mask of those
  /// that belong to the run: in each row of bins a run of slots as long as the distance of the row leaves room for.
  @inline(__always) private func forEachRun(
    _ x0: Double, _ x1: Double, _ y0: Double, _ y1: Double, _ z0: Double, _ z1: Double, _ reach: Double,
    _ visit: (_ slot: Int, _ present: IntegerLanes) -> Void
  ) {
    let counts = arena.binCounts
    let size = arena.binSize
    let perLength = 1 / size
    let margin = arena.margin
    // Particles may have drifted from their bins by the margin.
    let (px0, px1) = (x0 - arena.binOrigin.x - margin, x1 - arena.binOrigin.x + margin)
    let (py0, py1) = (y0 - arena.binOrigin.y - margin, y1 - arena.binOrigin.y + margin)
    let squaredReach = reach * reach
    var (bz, lastZ, pz0, pz1) = (0, 0, 0.0, 0.0)
    if S.dimension == 3 {
      pz0 = z0 - arena.binOrigin.z - margin
      pz1 = z1 - arena.binOrigin.z + margin
      bz = max(Int((pz0 - reach) * perLength.z), 0)
      lastZ = min(Int((pz1 + reach) * perLength.z), counts.z - 1)
    }
    while bz <= lastZ {
      var layerSquared = 0.0
      if S.dimension == 3 {
        let low = Double(bz) * size.z
        let away = max(0, low - pz1, pz0 - (low + size.z))
        layerSquared = away * away
      }
      let roomInLayer = squaredReach - layerSquared
      if S.dimension == 2 || roomInLayer > 0 {
        let half = S.dimension == 3 ? roomInLayer.squareRoot() : reach
        var by = max(Int((py0 - half) * perLength.y), 0)
        let lastY = min(Int((py1 + half) * perLength.y), counts.y - 1)
        while by <= lastY {
          let low = Double(by) * size.y
          let away = max(0, low - py1, py0 - (low + size.y))
          let room = roomInLayer - away * away
          if room > 0 {
            let half = room.squareRoot()
            let first = max(Int((px0 - half) * perLength.x), 0)
            let last = min(Int((px1 + half) * perLength.x), counts.x - 1)
            let row = counts.x * (by + counts.y * bz)
            var slot = Int(starts[row + first])
            let end = Int(starts[row + last + 1])
            while slot < end {
              visit(slot, IntegerLanes(first: end - slot))
              slot += Lanes.count
            }
          }
          by += 1
        }
      }
      bz += 1
    }
  }
}
