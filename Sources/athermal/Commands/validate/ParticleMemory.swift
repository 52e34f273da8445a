import Dynamics
import Geometry
import Interactions
import Multigrid
import Particles

/// Memory that a run of particles needs on its fullest rank, in bytes. Each part adds up what its types keep.
struct ParticleMemory {
  private let dimension: Int
  private let density: Double
  /// Particles and ghosts of the rank, and its cells.
  private let owned: Double
  private let ghosts: Double
  private let cells: CellBox
  /// Mean length of a neighbour list, and mean number of neighbours within the cutoff.
  private let listed: Double
  private let bonded: Double
  private let hasScales: Bool

  init(_ snapshot: Snapshot, _ layout: SystemLayout, _ interaction: PairInteraction, skin: Double) {
    let d = snapshot.dimension
    let density = Double(snapshot.totalCount) / layout.cell.volume
    let table = snapshot.particles
    let sample = stride(from: 0, to: table.count, by: max(1, table.count / 64)).map {
      interaction.parameter == .size ? table.diameter($0) : Double(table.species($0))
    }
    /// A dense system hardly fluctuates, so that a sphere around a particle holds as many others as its volume says,
    /// less the particle itself.
    func neighbours(beyond margin: Double) -> Double {
      let volumes = sample.flatMap { a in
        sample.map { Self.ball(interaction.cutoff(a, $0) + margin, dimension: d) }
      }
      return max(0, density * volumes.reduce(0, +) / Double(max(1, volumes.count)) - 1)
    }
    dimension = d
    self.density = density
    listed = neighbours(beyond: skin)
    bonded = neighbours(beyond: 0)
    hasScales = interaction.hasScale
    cells = layout.decomposition.bricks.max { $0.count < $1.count }!
    let perCell = Double(snapshot.totalCount) / Double(layout.grid.cellCount)
    owned = perCell * Double(cells.count)
    ghosts = perCell * Double(cells.grown(dimension: d).count - cells.count)
  }

  private static func ball(_ radius: Double, dimension: Int) -> Double {
    dimension == 2 ? Double.pi * radius * radius : 4 / 3 * Double.pi * radius * radius * radius
  }

  private static func size<Element>(of type: Element.Type) -> Double { Double(MemoryLayout<Element>.stride) }

  /// A field of doubles, of owned particles alone or also of ghosts.
  private func field(_ width: Int, withGhosts: Bool = false) -> Double {
    Double(width) * Self.size(of: Double.self) * (owned + (withGhosts ? ghosts : 0))
  }

  /// A list with so many neighbours per particle. Rows of similar length share a chunk, so that a twentieth is padding.
  private func list(_ neighbours: Double, hasScales: Bool) -> Double {
    1.05 * neighbours * owned * (Self.size(of: Int32.self) + (hasScales ? Self.size(of: Double.self) : 0))
  }

  /// Ids, species, diameters, images, reference positions; records of particles and ghosts; forces and shares.
  private var columns: Double {
    let owns = 8 + 4 + 8 + 3 * 4 + 3 * 8
    return Double(owns) * owned + 32 * (owned + ghosts) + field(dimension)
      + field(ParticleArrays.contributionStride(dimension: dimension))
  }

  /// ``ParticleSystem`` with its neighbour list.
  var system: Double { columns + list(listed, hasScales: hasScales) }

  /// Blocks of a Hessian, pair by pair (``PairBlocks``).
  private var blocks: Double {
    list(bonded, hasScales: hasScales)
      + 1.05 * bonded * owned * Double(PairBlocks.components(dimension)) * Self.size(of: Float.self)
  }

  /// ``Multigrid``: the stiff bonds and vectors of the particles, and the grids above them.
  private var multigrid: Double {
    let d = dimension
    let components = PairBlocks.components(d)
    let stride = d == 2 ? 2 : 4
    let perParticle = components + d + AffineStiffness.count(dimension: d)
    let ghostLayers = (0..<Multigrid.ghostLayers).reduce(cells) { box, _ in box.grown(dimension: d) }
    let perNode = 3 * stride + (components * components + 1) / 2 * 2 + 2 + components
    let singles =
      3 * Double(stride) * (owned + ghosts) + Double(perParticle) * owned
      + Double(ghostLayers.count) * Double(stride << d)
      // Each grid has 2^d times fewer nodes than the one below.
      + (d == 2 ? 4.0 / 3 : 8.0 / 7)
      * (Double(ghostLayers.count * perNode) + Double(cells.count * components * (d == 2 ? 9 : 27)))
    return blocks + singles * Self.size(of: Float.self)
  }

  /// Newton's method: five vectors, one of them with ghosts, the Hessian, the inverses of its diagonal blocks, and the
  /// multigrid.
  func minimiser(hasMultigrid: Bool) -> Double {
    4 * field(dimension) + field(dimension, withGhosts: true) + field(dimension * dimension) + blocks
      + (hasMultigrid ? multigrid : 0)
  }

  /// What implicit steps hold besides the minimiser: twelve vectors of the ends, the middle and the way of a step, and
  /// of the equation of a stage.
  var implicitSteps: Double { 12 * field(dimension) }

  /// A window of D²min: the positions at its start and a tracker; when it closes, the temporary system of the
  /// neighbourhoods with the displacements there, its fits, and what is brought home of them. The allocator keeps what
  /// the minimiser has freed, so that this comes on top.
  func strainWindow(radius: Double) -> Double {
    let neighbours = max(0, density * Self.ball(radius, dimension: dimension) - 1)
    let start = field(1 + dimension) + columns + list(neighbours, hasScales: false)
    let motion = field(dimension, withGhosts: true) + field(1)
    let fits = field(AffineFit.stride(dimension: dimension)) + field(AffineFit.residualAndCount + 1)
    return 2 * field(dimension) + start + motion + fits
  }

  /// A flow: velocities, shares of the work and of the heat, what the method holds besides, and the plasticity.
  func flow(_ equations: EquationsOfMotion, isNoisy: Bool, windows: Int, radius: Double, ring: Int) -> Double {
    let method =
      equations.isOverdamped ? 3 * field(dimension) : isNoisy || equations.friction == .pairwise ? field(dimension) : 0
    let drag =
      equations.friction == .pairwise
      ? 1.05 * listed * owned * Self.size(of: Double.self) + 2 * field(dimension, withGhosts: true) : 0
    return field(dimension) + 2 * field(1) + method + drag + plasticity(windows: windows, radius: radius, ring: ring)
  }

  /// Activity over rows: the ring of D²min of the correlation, and the windows of D²min, of which one closes at each
  /// row.
  func plasticity(windows: Int, radius: Double, ring: Int) -> Double {
    field(ring) + Double(max(0, windows - 1)) * 2 * field(dimension) + strainWindow(radius: radius)
  }

  /// A frame before it is written: the columns of a snapshot, and the same in the order of identifiers.
  func frame(fields: Int) -> Double {
    let perParticle = 8 + 4 + 8 + dimension * (8 + 8 + 4) + 8 * fields
    return 2 * Double(perParticle) * owned
  }

  /// A strain expansion: the bonds (``BondNetwork``), once with rattlers and once without, the multigrid, and vectors
  /// of the fields and of the solver.
  var expansion: Double {
    let perEnd = 4 + 8 * (dimension + 4)
    return 2 * Double(perEnd) * bonded * owned + multigrid + 4 * field(dimension) + 6
      * field(dimension, withGhosts: true)
  }

  /// All bonds, before they are written.
  var bonds: Double {
    Double(4 + 8 * (dimension + 4)) * bonded * owned + Double(16 + 8 * (dimension + 2)) * bonded * owned
  }
}
