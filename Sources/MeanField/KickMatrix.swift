import Foundation
import MessagePassing

/// Kicks of finite size on a grid, for an activity of 1: mean numbers of kicks from cell to cell. Kicks that are
/// smaller than a cell and a half act as diffusion, whose coefficient makes the second moment exact.
struct KickMatrix {
  /// Rates at which kicks leave each cell.
  let outflow: [Double]
  /// Diffusion that stands for small kicks, by cell.
  let diffusion: [Double]
  /// Rates of kicks, row by row: from column to row, zero on the diagonal.
  private let rates: [Double]
  private let cells: Int

  /// - Throws: an input failure that says how many bins the kicks need, if the grid is too coarse.
  init(_ noise: KickNoise, alpha: Double, _ grid: StressGrid, acceptsCoarse: Bool) throws {
    let (cells, faces) = (grid.count, grid.faces)
    let whole = noise.density(alpha: alpha, above: 0)
    var rates = [Double](repeating: 0, count: cells * cells)
    var (outflow, diffusion) = ([Double](repeating: 0, count: cells), [Double](repeating: 0, count: cells))
    // Between the thresholds, where the blocks are.
    let coarsest = grid.centres.indices.filter { grid.centres[$0].magnitude <= 1 }.map { Self.smallest(grid, $0) }
      .max()!
    guard coarsest <= noise.scale || acceptsCoarse else {
      let needed = Int((Double(cells) * coarsest / noise.scale * 1.05).rounded(.up))
      throw Failure.everywhere(
        .input,
        "a grid of \(cells) bins is too coarse for the kicks: it resolves those above \(coarsest), in local yield "
          + "stresses, and they are of the size \(noise.scale); take \(needed) bins")
    }
    for j in 0..<cells {
      let density = noise.density(alpha: alpha, above: Self.smallest(grid, j))
      // Kicks that cross a face, from anywhere in the departing cell: to the right and to the left.
      func crossing(_ face: Int, _ sign: Double) -> Double {
        // Nothing leaves the outermost cells.
        if face == 0 || face == cells { return 0 }
        let (near, far) = sign > 0 ? (faces[j + 1], faces[j]) : (faces[j], faces[j + 1])
        return density.excess(beyond: sign * (faces[face] - near), sign: sign)
          - density.excess(beyond: sign * (faces[face] - far), sign: sign)
      }
      var second = 0.0
      func add(_ i: Int, _ crossings: Double) {
        let rate = max(0, crossings) / grid.widths[j]
        rates[i * cells + j] = rate
        outflow[j] += rate
        second += rate * (grid.centres[i] - grid.centres[j]) * (grid.centres[i] - grid.centres[j])
      }
      var inner = crossing(j + 1, 1)
      for i in (j + 1)..<max(j + 1, cells) {
        let outer = crossing(i + 1, 1)
        add(i, inner - outer)
        inner = outer
      }
      inner = crossing(j, -1)
      for i in (0..<j).reversed() {
        let outer = crossing(i, -1)
        add(i, inner - outer)
        inner = outer
      }
      let isInside = grid.centres[j].magnitude + noise.reach < grid.centres[cells - 1]
      let missing = isInside ? whole.secondMoment - second : whole.secondMoment - density.secondMoment
      diffusion[j] = max(0, missing / 2)
    }
    (self.rates, self.outflow, self.diffusion, self.cells) = (rates, outflow, diffusion, cells)
  }

  /// Magnitude of the kicks from a cell below which they act as diffusion.
  private static func smallest(_ grid: StressGrid, _ cell: Int) -> Double {
    1.5 * (max(cell - 1, 0)...min(cell + 1, grid.count - 1)).map { grid.widths[$0] }.max()!
  }

  /// Adds the arrivals of kicks, and takes away the departures if `isWhole`.
  func add(
    _ state: [Double], offset: Int, times scale: Double, isWhole: Bool, to result: inout [Double]
  ) {
    rates.withUnsafeBufferPointer { rates in
      state.withUnsafeBufferPointer { state in
        for i in 0..<cells {
          let row = rates.baseAddress! + i * cells
          let column = state.baseAddress! + offset
          var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
          var j = 0
          while j + 3 < cells {
            a += row[j] * column[j]
            b += row[j + 1] * column[j + 1]
            c += row[j + 2] * column[j + 2]
            d += row[j + 3] * column[j + 3]
            j += 4
          }
          while j < cells {
            a += row[j] * column[j]
            j += 1
          }
          result[offset + i] += scale * (((a + b) + (c + d)) - (isWhole ? outflow[i] * column[i] : 0))
        }
      }
    }
  }
}
