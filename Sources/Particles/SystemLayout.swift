import Geometry
import Interactions
import MessagePassing

/// The cell, the grid and the distribution that a configuration would get, computed without distributing it.
public struct SystemLayout {
  public let cell: Cell
  public let grid: CellGrid
  public let decomposition: Decomposition
  /// Largest cutoff of any pair present, in units of length.
  public let largestCutoff: Double
  /// Largest cutoff plus the skin, in units of length.
  public let range: Double

  /// Computes the layout. Collective.
  /// - Parameter cell: the cell of a computation that is resumed; nil to derive one from the edges of the snapshot.
  /// - Throws: an input failure if the box is too small for the range, or has fewer cells than there are ranks.
  public init(
    _ snapshot: Snapshot, cell known: Cell? = nil, interaction: PairInteraction, skin: Double, ranks: Int,
    over communicator: Communicator
  ) throws {
    guard snapshot.totalCount > 0 else { throw Failure.everywhere(.input, "the configuration has no particles") }
    largestCutoff = try Self.largestCutoff(of: snapshot.particles, interaction, communicator)
    range = largestCutoff + skin
    let lengths = (0..<snapshot.dimension).map { snapshot.edges[$0].length }
    let absurd = Failure.everywhere(
      .input,
      "a box with edges of \(lengths.map { "\($0)" }.joined(separator: ", ")) and a list range of \(range) are beyond "
        + "what can be computed; look at the density, the skin and the file")
    guard range.isFinite, lengths.allSatisfy(\.isFinite) else { throw absurd }
    cell = known ?? Cell(dimension: snapshot.dimension, edges: snapshot.edges, range: range)
    let widths = cell.widths
    // Positions are counted in quanta, which must not become too coarse for the forces.
    guard cell.volume > 0, cell.volume.isFinite, (0..<cell.dimension).allSatisfy({ widths[$0].isFinite }),
      cell.quantum <= 0x1p-30 * range
    else { throw absurd }
    for k in 0..<cell.dimension where !(widths[k] >= 2 * range) {
      throw Failure.everywhere(
        .input,
        "the box is too small: it is \(widths[k].shown) wide across edge \(k + 1), and needs at least two list ranges "
          + "of \(range.shown) (largest cutoff plus skin); use more particles or a smaller skin")
    }
    grid = CellGrid(cell: cell, range: range, particleCount: snapshot.totalCount)
    let counts = [grid.counts.x, grid.counts.y, grid.counts.z].prefix(cell.dimension).map(String.init)
    guard ranks <= grid.cellCount else {
      throw Failure.everywhere(
        .input,
        "\(ranks) ranks for \(grid.cellCount) cells (\(counts.joined(separator: " × "))): "
          + "a rank owns whole cells; run on at most \(grid.cellCount) ranks")
    }
    decomposition = Decomposition(grid: grid, rankCount: ranks)
  }

  /// Returns the largest cutoff of any pair. It need not be that of the two largest particles if sizes are not
  /// additive, so it is searched on a grid of parameters between the extremes.
  private static func largestCutoff(
    of table: ParticleTable, _ interaction: PairInteraction, _ communicator: Communicator
  ) throws -> Double {
    var lowest = Double.infinity
    var highest = -Double.infinity
    for i in 0..<table.count {
      let parameter = interaction.parameter == .size ? table.diameter(i) : Double(table.species(i))
      lowest = min(lowest, parameter)
      highest = max(highest, parameter)
    }
    lowest = try communicator.reduce(lowest, .minimum)
    highest = try communicator.reduce(highest, .maximum)
    var cutoff = 0.0
    var shortest = Double.infinity
    let steps = interaction.parameter == .species ? Int(highest - lowest) : 64
    for a in 0...steps {
      for b in 0...a {
        let scale = (highest - lowest) / Double(max(1, steps))
        let pair = interaction.cutoff(lowest + Double(a) * scale, lowest + Double(b) * scale)
        cutoff = max(cutoff, pair)
        shortest = min(shortest, pair)
      }
    }
    // Nonadditive sizes may give pairs of very different particles a cutoff of zero or less.
    guard shortest > 1e-3 * cutoff else {
      throw Failure.everywhere(
        .input,
        "particles of sizes between \(lowest) and \(highest) would have pairs with a cutoff of \(shortest), where the "
          + "largest is \(cutoff): potential.nonadditivity, in inverse units of length, is too large for them")
    }
    return cutoff
  }
}
