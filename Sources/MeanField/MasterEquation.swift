import Foundation
import MessagePassing

/// The model on a grid of stress: probabilities of cells, and the rates at which they change. Finite volumes: what
/// leaves one cell enters another, so that the probability is conserved to rounding.
///
/// For given strain rate γ̇ and activity Γ the equation is linear in the probabilities: advection by γ̇ and diffusion
/// by Γ couple neighbouring cells; kicks and incomplete releases couple distant ones. Probabilities are stored
/// threshold by threshold: `grid.count` cells of each.
final class MasterEquation {
  let model: MeanFieldModel
  let grid: StressGrid
  /// Yielding rates of the cells.
  let yieldRates: [Double]
  /// Diffusion between neighbouring cells per activity: between cell i and i + 1, divided by the distance of centres.
  private let diffusion: [Double]
  /// Densities per probability of a cell: inverse widths.
  private let densities: [Double]
  private let kicks: KickMatrix?
  private let release: ReleaseMatrix?
  let weights: [Double]

  var cells: Int { grid.count }
  var count: Int { grid.count * model.thresholds.count }
  /// Whether distant cells are coupled, so that equations are solved iteratively.
  private var isCoupledFar: Bool { kicks != nil || release != nil }

  /// - Parameter acceptsCoarse: whether the grid may be too coarse for the kicks, as one that only shows an error.
  init(_ model: MeanFieldModel, _ grid: StressGrid, acceptsCoarse: Bool = false) throws {
    self.model = model
    self.grid = grid
    let cells = grid.count
    yieldRates = model.thresholds.flatMap { threshold in
      (0..<cells).map { i in
        let (a, b) = (grid.faces[i], grid.faces[i + 1])
        // The middle cell reaches to both sides; half of it is as good as both.
        let (low, high) = i == grid.middle ? (0, b) : (min(a.magnitude, b.magnitude), max(a.magnitude, b.magnitude))
        return model.yielding.mean(from: low, to: high, threshold: threshold.value)
      }
    }
    weights = model.thresholds.map(\.weight)
    densities = grid.widths.map { 1 / $0 }
    let kicks =
      model.noise == .gaussian
      ? nil : try KickMatrix(model.noise, alpha: model.alpha, grid, acceptsCoarse: acceptsCoarse)
    self.kicks = kicks
    diffusion = (0..<(cells - 1)).map { i in
      let coefficient = kicks.map { ($0.diffusion[i] + $0.diffusion[i + 1]) / 2 } ?? model.alpha
      return coefficient / (grid.centres[i + 1] - grid.centres[i])
    }
    release = model.relaxation == .complete ? nil : ReleaseMatrix(model.relaxation, grid)
  }

  // MARK: Sums over a state

  func activity(_ state: [Double]) -> Double {
    var sum = 0.0
    for i in 0..<count { sum += yieldRates[i] * state[i] }
    return sum
  }

  func meanStress(_ state: [Double]) -> Double {
    var sum = 0.0
    for k in weights.indices { for i in 0..<cells { sum += grid.centres[i] * state[k * cells + i] } }
    return sum
  }

  /// Part of all blocks in the outermost cells, which the grid should leave empty.
  func probabilityAtEnds(_ state: [Double]) -> Double {
    weights.indices.reduce(0) { max($0, state[$1 * cells], state[($1 + 1) * cells - 1]) }
  }

  /// The density P(σ), summed over the thresholds.
  func density(_ state: [Double]) -> [Double] {
    (0..<cells).map { i in weights.indices.reduce(0) { $0 + state[$1 * cells + i] } / grid.widths[i] }
  }

  // MARK: Fluxes by advection

  /// Weights of the cells on the left in the densities at the faces. Central where diffusion keeps probabilities
  /// positive or the density is smooth, towards the upwind cell where it is not.
  func faceWeights(_ state: [Double], rate: Double, activity: Double) -> [Double] {
    var result = [Double](repeating: 0, count: count)
    for k in weights.indices {
      let offset = k * cells
      func density(_ i: Int) -> Double { i < 0 || i >= cells ? 0 : state[offset + i] * densities[i] }
      for i in 0..<(cells - 1) {
        let (h, next) = (grid.widths[i], grid.widths[i + 1])
        // The share of the downwind cell, when central.
        let central = rate >= 0 ? h / (h + next) : next / (h + next)
        // Diffusion keeps probabilities positive up to this share.
        var share = min(central, activity * diffusion[i] / max(rate.magnitude, Double.leastNormalMagnitude))
        if share < central, i != (rate >= 0 ? grid.middle : grid.middle - 1) {
          let (up, down, far) = rate >= 0 ? (i, i + 1, i - 1) : (i + 1, i, i + 2)
          let (change, before) = (density(down) - density(up), density(up) - density(far))
          // Central where the density is smooth (van Albada), upwind at extrema, and where blocks appear: without
          // diffusion the density jumps there.
          let limited = change * before > 0 ? 2 * change * before / (change * change + before * before) : 0
          share = max(share, central * limited)
        }
        result[offset + i] = rate >= 0 ? 1 - share : share
      }
    }
    return result
  }

  // MARK: Rates of change

  /// Returns the rates of change of a state.
  func change(_ state: [Double], rate: Double, activity: Double, faces: [Double]) -> [Double] {
    var result = transport(state, byRate: rate, byActivity: activity, faces)
    for i in 0..<count { result[i] -= yieldRates[i] * state[i] }
    addReleased(state, activity: activity, faces, to: &result)
    return result
  }

  /// Returns the rates of change by a strain rate of 1.
  func advection(_ state: [Double], faces: [Double]) -> [Double] {
    transport(state, byRate: 1, byActivity: 0, faces)
  }

  /// Returns the rates of change by a strain rate and by the noise of an activity.
  private func transport(_ state: [Double], byRate rate: Double, byActivity activity: Double, _ faces: [Double])
    -> [Double]
  {
    let cells = cells
    var result = [Double](repeating: 0, count: count)
    result.withUnsafeMutableBufferPointer { result in
      state.withUnsafeBufferPointer { state in
        faces.withUnsafeBufferPointer { faces in
          densities.withUnsafeBufferPointer { densities in
            diffusion.withUnsafeBufferPointer { diffusion in
              for offset in stride(from: 0, to: result.count, by: cells) {
                var (before, here) = (0.0, state[offset] * densities[0])
                for i in 0..<(cells - 1) {
                  let next = state[offset + i + 1] * densities[i + 1]
                  let mean = next + faces[offset + i] * (here - next)
                  let flux = rate * mean + activity * diffusion[i] * (here - next)
                  result[offset + i] = before - flux
                  (before, here) = (flux, next)
                }
                result[offset + cells - 1] = before
              }
            }
          }
        }
      }
    }
    if activity != 0, let kicks {
      for k in weights.indices { kicks.add(state, offset: k * cells, times: activity, isWhole: true, to: &result) }
    }
    return result
  }

  /// Adds the blocks that have yielded.
  private func addReleased(_ state: [Double], activity: Double, _ faces: [Double], to result: inout [Double]) {
    if let release {
      release.add(state, yieldRates, weights, times: 1, to: &result)
    } else {
      addSource(activity, faces, to: &result)
    }
  }

  /// Adds blocks without stress. An upwind flux out of the middle cell takes them away as if they were half a cell
  /// further down, which is where they are put then.
  private func addSource(_ activity: Double, _ faces: [Double], to result: inout [Double]) {
    let middle = grid.middle
    for (k, weight) in weights.enumerated() {
      let offset = k * cells
      let (after, before) = (faces[offset + middle] - 0.5, 0.5 - faces[offset + middle - 1])
      let (right, left) = (max(after, 0), max(before, 0))
      result[offset + middle] += activity * weight * (1 - right - left)
      result[offset + middle + 1] += activity * weight * right
      result[offset + middle - 1] += activity * weight * left
    }
  }

  /// Returns how the rates of change depend on the activity: the noise of an activity of 1, and the source.
  func changeByActivity(_ state: [Double], faces: [Double]) -> [Double] {
    var result = transport(state, byRate: 0, byActivity: 1, faces)
    if release == nil { addSource(1, faces, to: &result) }
    return result
  }

  // MARK: Linear equations

  /// The matrix (shift − c ∂change/∂state) at a strain rate and an activity, ready to solve equations with.
  struct Operator {
    fileprivate let equation: MasterEquation
    fileprivate let factors: [Tridiagonal]
    fileprivate let scale: Double
    fileprivate let activity: Double
    fileprivate let faces: [Double]

    /// Solves in place.
    func solve(_ x: inout [Double], _ what: @autoclosure () -> String) throws {
      guard equation.isCoupledFar else { return precondition(&x) }
      precondition(&x)
      // x = P⁻¹(b + c·far x): far couplings by minimal residuals.
      try MinimalResiduals.solve(&x, what()) { y in
        var far = [Double](repeating: 0, count: y.count)
        equation.addFar(y, activity, times: -scale, to: &far)
        precondition(&far)
        for i in far.indices { far[i] += y[i] }
        return far
      }
    }

    /// Returns the probabilities at which nothing changes, which add up to 1; for a shift of 0.
    func solveStationary(_ what: @autoclosure () -> String) throws -> [Double] {
      var state = [Double](repeating: 0, count: equation.count)
      equation.addSource(1, faces, to: &state)
      if equation.release == nil {
        // Blocks appear at the source alone, so that the state is the response to it.
        try solve(&state, what())
      } else {
        precondition(&state)
        let appearing = state
        try MinimalResiduals.solve(&state, what()) { y in
          var far = [Double](repeating: 0, count: y.count)
          equation.addFar(y, activity, times: -scale, to: &far)
          precondition(&far)
          let sum = y.reduce(0, +)
          for i in far.indices { far[i] += y[i] + sum * appearing[i] }
          return far
        }
      }
      let sum = state.reduce(0, +)
      for i in state.indices { state[i] /= sum }
      return state
    }

    private func precondition(_ x: inout [Double]) {
      for (k, factor) in factors.enumerated() { factor.solve(&x, at: k * equation.cells) }
    }
  }

  /// Makes the matrix shift·1 − c·∂change/∂state, with the activity as a number of its own.
  func linear(shift: Double, scale c: Double, rate: Double, activity: Double, faces: [Double]) -> Operator {
    let cells = cells
    let factors = weights.indices.map { k -> Tridiagonal in
      let offset = k * cells
      var matrix = Tridiagonal(cells)
      for i in 0..<cells {
        matrix.diagonal[i] = shift + c * (yieldRates[offset + i] + activity * (kicks?.outflow[i] ?? 0))
      }
      for i in 0..<(cells - 1) {
        let spread = activity * diffusion[i]
        let left = c * (rate * faces[offset + i] + spread) * densities[i]
        let right = c * (rate * (1 - faces[offset + i]) - spread) * densities[i + 1]
        matrix.diagonal[i] += left
        matrix.upper[i] = right
        matrix.lower[i + 1] = -left
        matrix.diagonal[i + 1] -= right
      }
      matrix.factorise()
      return matrix
    }
    return Operator(equation: self, factors: factors, scale: c, activity: activity, faces: faces)
  }

  /// Adds the couplings of distant cells: arrivals by kicks, and blocks that have released part of their stress.
  private func addFar(_ state: [Double], _ activity: Double, times scale: Double, to result: inout [Double]) {
    if let kicks {
      for k in weights.indices {
        kicks.add(state, offset: k * cells, times: scale * activity, isWhole: false, to: &result)
      }
    }
    release?.add(state, yieldRates, weights, times: scale, to: &result)
  }
}
