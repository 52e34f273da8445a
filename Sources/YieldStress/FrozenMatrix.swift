import Geometry
import Interactions

/// The explicit method for the yield stress of a cavity: the cavity is sheared quasistatically in small steps until its
/// stress drops (Puosi, Sec. 3.4; Richard, Sec. IV).
///
/// The yield stress is the stress before the first step in which the stress decreases. Such a step may be a reversible
/// softening, which turns the curve before the instability. So each step in which the stress decreases is reversed; it
/// is a plastic event only if the particles do not return.
final class FrozenMatrix {
  struct Settings: Sendable {
    var strainStep: Double
    /// Strain at which the search ends.
    var maximumStrain: Double
    /// Largest displacement from its earlier position up to which a particle has returned.
    var displacement: Double
    /// Number of halvings of the step that contains a plastic event.
    var halvings = 6
  }

  /// Results of one loading.
  struct Shearing {
    /// First drop of the stress, for each weight.
    var entries: [MethodResult.Entry]
    /// Decrease of the stress in the step after the yield strain, for the configured weight.
    var drop = Double.nan
    /// Whether that step is reversible, for the configured weight.
    var isReversible: Bool?
    /// Slope of the stress-strain curve in its first step.
    var modulus = Double.nan
    /// First plastic event: its strain, the stress before it, and the drop; NaN if none was found.
    var event = (strain: Double.nan, stress: Double.nan, drop: Double.nan)
    /// Stress after each step, from zero strain on: steps × weights.
    var curve: [Double] = []
  }

  private let cavity: ExplicitCavity
  private let settings: Settings
  private let primary: Int
  private let keepsCurves: Bool
  /// Values of w at the last strains, latest first, from which the next one is extrapolated.
  private var history: [AlignedBuffer<Double>] = []
  private var known = 0
  private let before = AlignedBuffer<Double>()
  private let after = AlignedBuffer<Double>()
  private let lower = AlignedBuffer<Double>()

  init(_ cavity: ExplicitCavity, _ settings: Settings, weight: StressWeight, keepsCurves: Bool) {
    self.cavity = cavity
    self.settings = settings
    primary = StressWeight.allCases.firstIndex(of: weight)!
    self.keepsCurves = keepsCurves
    history = (0..<4).map { _ in AlignedBuffer<Double>() }
  }

  /// Shears the cavity that was loaded last.
  /// - Parameters:
  ///   - generator: A of exp(γA), with the sign of the direction.
  ///   - expected: computes w at small strains by the expansion, if available.
  func shear(
    along generator: Tensor, dimension: Int, expected: ((_ strain: Double, _ w: UnsafeMutablePointer<Double>) -> Void)?
  ) -> Shearing {
    let weights = StressWeight.allCases.indices
    var entries = [MethodResult.Entry?](repeating: nil, count: weights.count)
    var result = Shearing(entries: [])
    let size = cavity.freeCount * dimension
    for buffer in history + [before, after, lower] { buffer.reserve(size) }
    known = 0
    cavity.begin(along: generator)
    guard cavity.relax() else {
      result.entries = weights.map { _ in MethodResult.Entry(.failure(.notConverged)) }
      return result
    }
    saveState(size)
    var stress = cavity.stress()
    if keepsCurves { result.curve = stress }
    let steps = Int((settings.maximumStrain / settings.strainStep * (1 + 1e-12)).rounded(.down))
    var outcome = Discarded.noDrop
    for k in stride(from: 1, through: steps, by: 1) {
      let previous = (strain: Double(k - 1) * settings.strainStep, stress: stress)
      let strain = Double(k) * settings.strainStep
      cavity.setStrain(strain)
      guess(strain, k <= 3 ? expected : nil, size)
      guard cavity.relax() else {
        outcome = .notConverged
        break
      }
      stress = cavity.stress()
      if keepsCurves { result.curve.append(contentsOf: stress) }
      if k == 1 { result.modulus = (stress[primary] - previous.stress[primary]) / strain }
      if stress[primary] < previous.stress[primary], result.event.strain.isNaN {
        let isReversible = returns(to: previous.strain, size)
        if entries[primary] == nil {
          result.drop = previous.stress[primary] - stress[primary]
          result.isReversible = isReversible
        }
        if !isReversible { result.event = locate(from: previous.strain, to: strain, size) }
        restoreState(after, strain, size)
      }
      for w in weights where entries[w] == nil && stress[w] < previous.stress[w] {
        entries[w] = MethodResult.Entry(.success(YieldPoint(strain: previous.strain, stress: previous.stress[w])))
      }
      if entries.allSatisfy({ $0 != nil }), !result.event.strain.isNaN { break }
      saveState(size)
    }
    result.entries = entries.map { $0 ?? MethodResult.Entry(.failure(outcome)) }
    return result
  }

  // MARK: Steps

  private func saveState(_ size: Int) {
    let oldest = history.removeLast()
    oldest.pointer.update(from: cavity.displacement.pointer, count: size)
    history.insert(oldest, at: 0)
    known = min(known + 1, 4)
  }

  /// Predicts the positions of the particles: first by the expansion, then by the polynomial through the last states.
  /// If the prediction is far from the last state, as near an instability, the last state is used.
  private func guess(
    _ strain: Double, _ expected: ((Double, UnsafeMutablePointer<Double>) -> Void)?, _ size: Int
  ) {
    let w = cavity.displacement
    if let expected {
      expected(strain, w.pointer)
    } else {
      let factors = [[1.0], [2, -1], [3, -3, 1], [4, -6, 4, -1]][known - 1]
      for k in 0..<size {
        var sum = 0.0
        for (n, factor) in factors.enumerated() { sum += factor * history[n][k] }
        w[k] = sum
      }
    }
    if farthest(w, history[0], size) > settings.displacement {
      w.pointer.update(from: history[0].pointer, count: size)
    }
  }

  private func farthest(_ a: AlignedBuffer<Double>, _ b: AlignedBuffer<Double>, _ size: Int) -> Double {
    var largest = 0.0
    for k in 0..<size { largest = max(largest, abs(a[k] - b[k])) }
    return largest
  }

  private func restoreState(_ state: AlignedBuffer<Double>, _ strain: Double, _ size: Int) {
    cavity.displacement.pointer.update(from: state.pointer, count: size)
    cavity.setStrain(strain)
  }

  // MARK: Plastic events

  /// Reverses the last step, from the present state. Returns whether the particles return to the state that was
  /// remembered last. The present state is saved in `after`, the earlier one in `before`.
  private func returns(to strain: Double, _ size: Int) -> Bool {
    after.pointer.update(from: cavity.displacement.pointer, count: size)
    before.pointer.update(from: history[0].pointer, count: size)
    return hasReturned(at: strain, before, size)
  }

  private func hasReturned(at strain: Double, _ state: AlignedBuffer<Double>, _ size: Int) -> Bool {
    cavity.setStrain(strain)
    return cavity.relax() && farthest(cavity.displacement, state, size) <= settings.displacement
  }

  /// Halves the step that contains a plastic event repeatedly, so that the drop is almost that of the event alone.
  private func locate(from start: Double, to end: Double, _ size: Int) -> (strain: Double, stress: Double, drop: Double)
  {
    var (low, high) = (start, end)
    func stress(_ state: AlignedBuffer<Double>, _ strain: Double) -> Double? {
      restoreState(state, strain, size)
      return cavity.relax() ? cavity.stress()[primary] : nil
    }
    guard var lowStress = stress(before, start), var highStress = stress(after, end) else { return (.nan, .nan, .nan) }
    for _ in 0..<settings.halvings {
      let middle = 0.5 * (low + high)
      restoreState(before, middle, size)
      guard cavity.relax() else { break }
      let found = cavity.stress()[primary]
      lower.pointer.update(from: cavity.displacement.pointer, count: size)
      if hasReturned(at: low, before, size) {
        low = middle
        lowStress = found
        before.pointer.update(from: lower.pointer, count: size)
      } else {
        high = middle
        highStress = found
      }
    }
    return (low, lowStress, lowStress - highStress)
  }
}
