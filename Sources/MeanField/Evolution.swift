import Foundation
import MessagePassing

/// The evolution of a mean-field model in time: an L-stable method of second order (TR-BDF2) with steps whose error it
/// controls. Probability is conserved and stays positive.
///
/// Where advection outruns diffusion, the weights of the faces depend on the state: those of the middle of a step are
/// taken, from the last step, which keeps the second order.
///
/// Bank et al. (1985); Hosea and Shampine (1996) for the error of third order. Each stage is one implicit equation for
/// the probabilities, the activity and, where the stress is imposed, the strain rate; Newton's method solves it.
public final class Evolution {
  /// The state, complete: from it an evolution continues with the same bits.
  public struct State: Codable, Sendable, Equatable {
    /// Probabilities of the cells, threshold by threshold.
    public var probabilities: [Double]
    public var time: Double
    public var strain: Double
    public var rate: Double
    public var activity: Double
    /// The step that the control of errors would take next.
    public var step: Double
    /// Probabilities before the last step, and the length of that step; nil before the first.
    public var earlier: [Double]?
    public var lastStep: Double = 0
    public var steps: Int = 0
    public var rejectedSteps: Int = 0
    /// Largest probability that one step had to move to keep all probabilities positive.
    public var largestClip: Double = 0
    /// Largest change of the sum of all probabilities in one step, before it was removed.
    public var largestDrift: Double = 0
  }

  public let grid: StressGrid
  public let driving: Driving
  public private(set) var state: State
  private let equation: MasterEquation
  /// Largest local error of probabilities, and relative one of the activity, in a step.
  private let tolerance: Double
  /// Fixed step, without control of errors; for tests of the order of the method.
  private let fixedStep: Double?

  /// Begins an evolution.
  /// - Parameters:
  ///   - shift: stress by which the initial stresses are moved first, elastically.
  ///   - time: time at which the evolution begins; with it `shift`, which is the strain up to then.
  /// - Throws: an input failure if the grid is too coarse for the noise.
  public init(
    _ model: MeanFieldModel, grid: StressGrid, from initial: InitialStresses, movedBy shift: Double = 0,
    driving: Driving, tolerance: Double, at time: Double = 0, fixedStep: Double? = nil
  ) throws {
    equation = try MasterEquation(model, grid)
    self.grid = grid
    self.driving = driving
    self.tolerance = tolerance
    self.fixedStep = fixedStep
    var probabilities = try initial.probabilities(equation, movedBy: shift)
    if case .stress(let stress) = driving {
      // The stress jumps from that of the initial state to the imposed one, elastically.
      // The cells move it by almost as much as asked for.
      var moved = shift
      for _ in 0..<20 where (stress - equation.meanStress(probabilities)).magnitude > 1e-14 {
        moved += stress - equation.meanStress(probabilities)
        probabilities = try initial.probabilities(equation, movedBy: moved)
      }
      let mean = equation.meanStress(probabilities)
      guard (stress - mean).magnitude < 1e-9 * max(1, stress.magnitude) else {
        throw Failure.everywhere(
          .notConverged,
          "the grid moves the initial stresses to a mean of \(mean) σ_c, and not to the imposed \(stress) σ_c; take "
            + "more bins")
      }
    }
    state = State(
      probabilities: probabilities, time: time, strain: time > 0 ? shift : 0, rate: driving.rate(at: time) ?? 0,
      activity: equation.activity(probabilities), step: 1e-6)
    if driving.rate(at: time) == nil {
      state.rate = equation.rateAtConstantStress(state.probabilities, activity: state.activity)
    }
    if let fixedStep { state.step = fixedStep }
  }

  /// Continues from a state.
  public init(
    _ model: MeanFieldModel, grid: StressGrid, driving: Driving, tolerance: Double, resuming state: State
  ) throws {
    equation = try MasterEquation(model, grid)
    self.grid = grid
    self.driving = driving
    self.tolerance = tolerance
    fixedStep = nil
    self.state = state
  }

  public var stress: Double { equation.meanStress(state.probabilities) }
  public var diffusion: Double { equation.model.alpha * state.activity }
  public var density: [Double] { equation.density(state.probabilities) }
  /// Part of all blocks in the outermost cells, which the grid should leave empty.
  public var probabilityAtEnds: Double { equation.probabilityAtEnds(state.probabilities) }

  /// Advances to a time.
  /// - Throws: a failure of kind `notConverged` or `physics` with the time, if a step cannot be made.
  public func advance(to end: Double) throws {
    while state.time < end {
      let limit = min(end, driving.jump(after: state.time))
      let left = limit - state.time
      // No sliver is left over for the last step.
      let step = left <= state.step * 1.0001 ? left : left < 2 * state.step ? left / 2 : state.step
      try takeStep(step, isLast: step == left, until: limit)
    }
  }

  // MARK: One step

  private static let gamma = 2 - 2.0.squareRoot()
  private static let diagonal = gamma / 2
  private static let weight = 2.0.squareRoot() / 4

  private func takeStep(_ step: Double, isLast: Bool, until limit: Double) throws {
    let (start, old) = (state.time, state.probabilities)
    let end = isLast ? limit : start + step
    let rate = driving.rate(at: start) ?? state.rate
    // The flow keeps its direction during a step.
    let direction = driving.rate(at: (start + end) / 2) ?? state.rate
    let faces = equation.faceWeights(expected(step / 2), rate: direction, activity: state.activity)
    let first = equation.change(old, rate: rate, activity: state.activity, faces: faces)
    let c = Self.diagonal * step

    // The trapezoidal stage to t + γ step, then the backward stage to the end.
    var right = old
    for i in right.indices { right[i] += c * first[i] }
    var middle = Stage(probabilities: old, rate: rate, activity: state.activity)
    guard
      try solve(&middle, right: right, scale: c, at: start + Self.gamma * step, isBefore: false, faces, rejecting: step)
    else { return }
    let second = equation.change(middle.probabilities, rate: middle.rate, activity: middle.activity, faces: faces)
    for i in right.indices { right[i] = old[i] + Self.weight * step * (first[i] + second[i]) }
    var last = middle
    guard try solve(&last, right: right, scale: c, at: end, isBefore: true, faces, rejecting: step) else { return }
    let third = equation.change(last.probabilities, rate: last.rate, activity: last.activity, faces: faces)

    if fixedStep == nil {
      let error = try localError(first, second, third, step, last, faces, c)
      if error > 1 {
        state.rejectedSteps += 1
        state.step = step * max(0.2, 0.9 * pow(error, -1.0 / 3))
        return try checkStep()
      }
      let growth = min(4, max(0.3, 0.9 * pow(max(error, 1e-10), -1.0 / 3)))
      // A step that was cut to end at a time says nothing against the longer one.
      state.step = max(step * growth, isLast && growth >= 1 ? state.step : 0)
    }
    try accept(
      last, step: step, end: end, strain: step * (Self.weight * (rate + middle.rate) + Self.diagonal * last.rate))
  }

  /// Returns the probabilities to be expected after a time, from the last step: with weights of the faces in the middle
  /// of a step, fluxes that depend on them are of second order in time.
  private func expected(_ time: Double) -> [Double] {
    guard let earlier = state.earlier, state.lastStep > 0 else { return state.probabilities }
    let ratio = min(1, time / state.lastStep)
    return zip(state.probabilities, earlier).map { max(0, $0 + ratio * ($0 - $1)) }
  }

  private func accept(_ stage: Stage, step: Double, end: Double, strain: Double) throws {
    var probabilities = stage.probabilities
    let clip = equation.keepPositive(&probabilities)
    let sum = probabilities.reduce(0, +)
    guard sum.isFinite, (sum - 1).magnitude < 1e-9 else {
      throw Failure.everywhere(.physics, "the probabilities add up to \(sum) at time \(end)")
    }
    for i in probabilities.indices { probabilities[i] /= sum }
    state.largestClip = max(state.largestClip, clip)
    state.largestDrift = max(state.largestDrift, (sum - 1).magnitude)
    state.earlier = state.probabilities
    state.lastStep = step
    state.probabilities = probabilities
    state.time = end
    if case .oscillation(let amplitude, let frequency) = driving {
      state.strain = amplitude * sin(frequency * end)
    } else {
      state.strain += strain
    }
    state.activity = equation.activity(probabilities)
    state.rate = stage.rate
    state.steps += 1
  }

  /// - Throws: a failure of kind `notConverged` if steps have become too small to matter.
  private func checkStep() throws {
    guard state.step > 1e-13 * max(state.time, 1e-3) else {
      throw Failure.everywhere(
        .notConverged,
        "no step at time \(state.time) meets the tolerance \(tolerance); the last tried was \(state.step)")
    }
  }

  private func localError(
    _ first: [Double], _ second: [Double], _ third: [Double], _ step: Double, _ last: Stage, _ faces: [Double],
    _ c: Double
  ) throws -> Double {
    let w = Self.weight
    let (a, b, d) = (w - (1 - w) / 3, w - (3 * w + 1) / 3, Self.diagonal - Self.diagonal / 3)
    var error = first
    for i in error.indices { error[i] = step * (a * first[i] + b * second[i] + d * third[i]) }
    // Stiff parts, which the method damps, would be overestimated.
    let matrix = equation.linear(shift: 1, scale: c, rate: last.rate, activity: last.activity, faces: faces)
    try matrix.solve(&error, "time \(state.time)")
    let size = error.reduce(0) { $0 + $1.magnitude }
    let activity = equation.activity(error).magnitude / (last.activity.magnitude + Self.smallestActivity)
    return max(size, activity) / tolerance
  }

  /// Activity, in 1/τ, below which only its absolute error counts.
  private static let smallestActivity = 1e-14

  // MARK: One stage

  private struct Stage {
    var probabilities: [Double]
    var rate: Double
    var activity: Double
  }

  /// Solves P = right + c·change(P) for a stage. Returns false, with a smaller step, if Newton's method fails.
  private func solve(
    _ stage: inout Stage, right: [Double], scale c: Double, at time: Double, isBefore: Bool, _ faces: [Double],
    rejecting step: Double
  ) throws -> Bool {
    let imposed = driving.rate(at: time, isBefore: isBefore)
    if let imposed { stage.rate = imposed }
    // Faces change from step to step: the stress of the right side would drift.
    let mean = if case .stress(let stress) = driving { stress } else { equation.meanStress(right) }
    for _ in 0..<12 {
      let change = equation.change(stage.probabilities, rate: stage.rate, activity: stage.activity, faces: faces)
      var correction = right
      for i in right.indices { correction[i] += c * change[i] - stage.probabilities[i] }
      let matrix = equation.linear(shift: 1, scale: c, rate: stage.rate, activity: stage.activity, faces: faces)
      try matrix.solve(&correction, "time \(time)")
      var byActivity = equation.changeByActivity(stage.probabilities, faces: faces)
      for i in byActivity.indices { byActivity[i] *= c }
      try matrix.solve(&byActivity, "time \(time)")
      // activity(P + δP) = Γ + δΓ.
      let lacking = equation.activity(stage.probabilities) + equation.activity(correction) - stage.activity
      let response = 1 - equation.activity(byActivity)
      var (dActivity, dRate) = (lacking / response, 0.0)
      var byRate: [Double] = []
      if imposed == nil {
        byRate = equation.advection(stage.probabilities, faces: faces)
        for i in byRate.indices { byRate[i] *= c }
        try matrix.solve(&byRate, "time \(time)")
        // The mean stress is the imposed one: two equations for δΓ and δγ̇.
        let missing = mean - equation.meanStress(stage.probabilities) - equation.meanStress(correction)
        let (m1, m2) = (equation.meanStress(byActivity), equation.meanStress(byRate))
        let a2 = -equation.activity(byRate)
        let determinant = response * m2 - a2 * m1
        dActivity = (lacking * m2 - a2 * missing) / determinant
        dRate = (response * missing - m1 * lacking) / determinant
      }
      var size = 0.0
      for i in correction.indices {
        let total = correction[i] + dActivity * byActivity[i] + (byRate.isEmpty ? 0 : dRate * byRate[i])
        stage.probabilities[i] += total
        size += total.magnitude
      }
      stage.activity += dActivity
      stage.rate += dRate
      guard size.isFinite, stage.activity.isFinite, stage.rate.isFinite else { break }
      let isSettled =
        dActivity.magnitude <= 1e-7 * stage.activity.magnitude + 1e-18
        && dRate.magnitude <= 1e-7 * stage.rate.magnitude + 1e-16
      // The equation is bilinear, so that the error after a correction is about its square.
      if size < 1e-8, isSettled || size < 1e-15 { return true }
    }
    guard fixedStep == nil else {
      throw Failure.everywhere(.notConverged, "no solution at time \(time) with a step of \(step)")
    }
    state.rejectedSteps += 1
    state.step = step / 4
    try checkStep()
    return false
  }
}

extension MasterEquation {
  /// The strain rate at which the mean stress stays.
  func rateAtConstantStress(_ state: [Double], activity: Double) -> Double {
    var rate = 0.0
    // The weights of the faces depend on the rate, little.
    for _ in 0..<2 {
      let faces = faceWeights(state, rate: rate, activity: activity)
      let falling = meanStress(change(state, rate: 0, activity: activity, faces: faces))
      rate = -falling / meanStress(advection(state, faces: faces))
    }
    return rate
  }

  /// Moves what is missing in cells of negative probability from their neighbours, the nearest first. Returns how much.
  func keepPositive(_ state: inout [Double]) -> Double {
    var moved = 0.0
    for k in weights.indices {
      let range = (k * cells)..<((k + 1) * cells)
      var debt = 0.0
      func settle(_ i: Int) {
        let value = state[i] - debt
        if value < 0 {
          moved += debt == 0 ? -state[i] : 0
          debt = -value
          state[i] = 0
        } else {
          state[i] = value
          debt = 0
        }
      }
      for i in range { settle(i) }
      if debt > 0 { for i in range.reversed() where debt > 0 { settle(i) } }
    }
    return moved
  }
}
