import Foundation
import Geometry

/// Loops of Monte Carlo sweeps.
public struct TrialMoveLoops {
  /// Makes Metropolis moves (``MoveRule``) of the particles of a block, as many as it has particles.
  public let make: (BlockArena, MoveRule, MoveStream) -> MoveTally

  @inline(__always)
  init<Potential: PairPotential, S: Space>(_ potential: Potential, in space: S.Type) {
    make = { makeTrialMoves(potential, S.self, $0, $1, $2) }
  }
}

/// Makes as many trial moves as the block has particles, each of a particle chosen at random
/// (Metropolis): a displacement, or an exchange of sizes with another particle of the block (Ninarello,
/// Berthier and Coslovich, Sec. II).
///
/// A displacement that leaves the block is rejected, so that blocks which are a cutoff apart can be treated
/// simultaneously. The choice of particles is uniform and the block keeps its particles, so each trial has the
/// probability of its reverse, and detailed balance holds.
@inline(never)  // as computeForces
func makeTrialMoves<Potential: PairPotential, S: Space>(
  _ potential: Potential, _ space: S.Type, _ arena: BlockArena, _ rule: MoveRule, _ stream: MoveStream
) -> MoveTally {
  var tally = MoveTally()
  let search = ArenaSearch<Potential, S>(potential, arena)
  let inverseTemperature = 1 / rule.temperature
  let swapLimit = UInt64(rule.swapFraction * 0x1p32)
  let toFractions = arena.frame.fractions
  let count = UInt64(arena.ownCount)
  let (own, binnedAt, hasChanged) = (arena.own.pointer, arena.binnedAt.pointer, arena.hasChanged.pointer)
  let (x, y, z, parameters) = (arena.x.pointer, arena.y.pointer, arena.z.pointer, arena.parameters.pointer)
  for trial in 0..<UInt32(truncatingIfNeeded: count) {
    let a = stream.random.words(stream.block, 2 &* trial, stream.sweep.0, stream.sweep.1)
    let b = stream.random.words(stream.block, 2 &* trial &+ 1, stream.sweep.0, stream.sweep.1)
    let i = Int(own[Int((UInt64(a.1) &* count) >> 32)])
    let change: Double
    if UInt64(a.0) < swapLimit {
      tally.swaps += 1
      let j = Int(own[Int((UInt64(b.0) &* count) >> 32)])
      let (pi, pj) = (parameters[i], parameters[j])
      guard pi != pj, abs(pi - pj) <= rule.sizeWindow else { continue }
      tally.eligibleSwaps += 1
      // The energy of the pair itself does not change.
      let (here, there) = (Vector(x[i], y[i], z[i]), Vector(x[j], y[j], z[j]))
      x[i] = BlockArena.nowhere
      x[j] = BlockArena.nowhere
      let changeHere = search.swapChange(at: here, from: pi, to: pj)
      change = changeHere + search.swapChange(at: there, from: pj, to: pi)
      x[i] = here.x
      x[j] = there.x
      guard isAccepted(change * inverseTemperature, a.2, a.3) else { continue }
      parameters[i] = pj
      parameters[j] = pi
      hasChanged[i] = true
      hasChanged[j] = true
      tally.acceptedSwaps += 1
    } else {
      tally.displacements += 1
      let before = Vector(x[i], y[i], z[i])
      let depth = S.dimension == 3 ? symmetric(b.2) : 0
      let after = before + rule.step * Vector(symmetric(b.0), symmetric(b.1), depth)
      guard isInsideBlock(after, toFractions, S.self) else { continue }
      x[i] = BlockArena.nowhere
      change = search.displacementChange(from: before, to: after, parameter: parameters[i])
      guard isAccepted(change * inverseTemperature, a.2, a.3) else {
        x[i] = before.x
        continue
      }
      x[i] = after.x
      y[i] = after.y
      if S.dimension == 3 { z[i] = after.z }
      hasChanged[i] = true
      tally.acceptedDisplacements += 1
      arena.drift = max(arena.drift, drift(after, from: binnedAt + 3 * i, S.self))
    }
    tally.energyChange += change
  }
  return tally
}

/// Returns a random number in (−1, 1) with a symmetric distribution.
@inline(__always) private func symmetric(_ word: UInt32) -> Double {
  (Double(Int32(bitPattern: word)) + 0.5) * 0x1p-31
}

/// Returns whether a move is accepted (Metropolis): with probability min(1, exp(−ΔU/T)), and never
/// if the energy is not a number.
@inline(__always) private func isAccepted(_ reducedChange: Double, _ high: UInt32, _ low: UInt32) -> Bool {
  reducedChange <= 0 || (reducedChange < 40 && RandomStream.unit(high, low) < exp(-reducedChange))
}

/// Returns the largest distance along an axis between two positions.
@inline(__always) private func drift<S: Space>(
  _ v: Vector, from home: UnsafePointer<Double>, _ space: S.Type
) -> Double {
  max(abs(v.x - home[0]), abs(v.y - home[1]), S.dimension == 3 ? abs(v.z - home[2]) : 0)
}

@inline(__always) private func isInsideBlock<S: Space>(_ v: Vector, _ toFractions: Tensor, _ space: S.Type) -> Bool {
  let s = toFractions.rows.0.dot(v)
  let t = toFractions.rows.1.dot(v)
  guard s >= 0, s < 1, t >= 0, t < 1 else { return false }
  if S.dimension == 2 { return true }
  let u = toFractions.rows.2.dot(v)
  return u >= 0 && u < 1
}
