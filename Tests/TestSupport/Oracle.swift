#if arch(x86_64)
  import Geometry
  import Interactions
  import Particles

  /// Energy, forces and stress of a one-rank system by brute force in extended precision: all pairs, all images that
  /// can reach, no lists, no cells, and potentials of its own. It starts from the engine's fixed-point positions and
  /// edges, so that both compute the same configuration.
  public struct Oracle {
    public let dimension: Int
    public private(set) var energy: Float80 = 0
    /// V σ, row by row.
    public private(set) var virial = [Float80](repeating: 0, count: 9)
    public let volume: Float80
    /// By storage index.
    public private(set) var forces: [[Float80]]
    public private(set) var energies: [Float80]
    public private(set) var shares: [[Float80]]
    /// For each particle the magnitudes of all terms of the forces of its bonds, added up: what the rounding of its
    /// force scales with.
    public private(set) var forceSums: [Float80]
    public private(set) var bonds = 0
    public private(set) var meanBondForce: Float80 = 0
    /// The bonds of each particle as identifier pairs with the displacement from the first to the second.
    public private(set) var neighbours: [[(id: Int64, displacement: [Float80])]]

    public init(_ system: ParticleSystem, _ model: PairModel, reach extra: Double = 0) {
      let n = system.ownedCount
      precondition(n == system.totalCount, "the oracle needs all particles on one rank")
      let d = system.dimension
      let potential = ReferencePotential(model)
      let quantum = Float80(system.cell.quantum)
      func real(_ v: FixedVector) -> [Float80] {
        [Float80(v.x) * quantum, Float80(v.y) * quantum, Float80(v.z) * quantum]
      }
      let edges = (0..<d).map { real(system.cell.fixedEdge($0)) }
      let positions = (0..<n).map { real(system.fixedPosition($0)) }
      let parameters = (0..<n).map { model.parameter == .size ? system.diameter($0) : Double(system.species($0)) }
      dimension = d
      volume =
        d == 2
        ? abs(edges[0][0] * edges[1][1] - edges[0][1] * edges[1][0])
        : abs(
          edges[0][0] * (edges[1][1] * edges[2][2] - edges[1][2] * edges[2][1])
            - edges[0][1] * (edges[1][0] * edges[2][2] - edges[1][2] * edges[2][0])
            + edges[0][2] * (edges[1][0] * edges[2][1] - edges[1][1] * edges[2][0]))
      forces = Array(repeating: [0, 0, 0], count: n)
      energies = Array(repeating: 0, count: n)
      forceSums = energies
      shares = Array(repeating: Array(repeating: 0, count: 9), count: n)
      neighbours = Array(repeating: [], count: n)

      // Displacements between any two images of the cell; tilts up to one and positions one edge outside are covered.
      var lattice: [[Float80]] = []
      for z in d == 3 ? -3...3 : 0...0 {
        for y in -3...3 {
          for x in -3...3 {
            let m = [Float80(x), Float80(y), Float80(z)]
            lattice.append((0..<3).map { k in (0..<d).map { m[$0] * edges[$0][k] }.reduce(0, +) })
          }
        }
      }
      let largest = parameters.flatMap { a in [parameters.max()!, parameters.min()!].map { potential.cutoff(a, $0) } }
        .max()!
      let far = (largest + Float80(extra)) * (largest + Float80(extra))
      var force: Float80 = 0
      for i in 0..<n {
        for j in 0..<n {
          let x = positions[j][0] - positions[i][0]
          let y = positions[j][1] - positions[i][1]
          let z = positions[j][2] - positions[i][2]
          for l in lattice {
            let dx = x + l[0]
            let dy = y + l[1]
            let dz = z + l[2]
            let squared = dx * dx + dy * dy + dz * dz
            if squared >= far || squared == 0 { continue }
            let r = squared.squareRoot()
            let (a, b) = (parameters[i], parameters[j])
            if r < potential.cutoff(a, b) + Float80(extra) { neighbours[i].append((system.id(j), [dx, dy, dz])) }
            guard r < potential.cutoff(a, b) else { continue }
            let (slope, slopeScale) = potential.derivative(1, r, a, b)
            let e = potential.energy(r, a, b)
            bonds += 1
            force += abs(slope)
            forceSums[i] += slopeScale
            energies[i] += e / 2
            let v = [dx, dy, dz]
            for k in 0..<d {
              forces[i][k] += slope / r * v[k]
              for m in 0..<d { shares[i][3 * k + m] += slope / r * v[k] * v[m] / 2 }
            }
          }
        }
        energy += energies[i]
        for k in 0..<9 { virial[k] += shares[i][k] }
      }
      meanBondForce = bonds > 0 ? force / Float80(bonds) : 0
      bonds /= 2
    }

    public func stress(_ k: Int, _ m: Int) -> Float80 { virial[3 * k + m] / volume }

    /// The largest component of any force.
    public var forceMax: Float80 { forces.flatMap { $0 }.map { abs($0) }.max() ?? 0 }
  }
#endif
