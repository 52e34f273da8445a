/// Minimisation of the energy of a cavity.
extension ExplicitCavity {
  /// Brings the free particles to rest at the present strain, along their branch while it exists.
  /// Returns false if that fails.
  ///
  /// It uses Newton's method, with one factorisation for as long as that reduces the forces quickly, since the
  /// Hessian hardly changes between close strains. If the Hessian is not positive definite or the steps are long,
  /// a careful descent takes over.
  func relax() -> Bool {
    var residual = evaluate()
    var stagnant = 0
    for _ in 0..<60 {
      if residual <= tolerances.force { return isWithinReach }
      var isFresh = false
      if !hasFactor {
        guard factor() else { return descend() }
        isFresh = true
      }
      if solveStep() > tolerances.step {
        guard !isFresh, factor(), solveStep() <= tolerances.step else { return descend() }
        isFresh = true
      }
      move(by: 1)
      let next = evaluate()
      if next > 0.2 * residual {
        if next < 20 * tolerances.force { stagnant += 1 }
        // The rounding of the forces has been reached.
        if stagnant > 3 { return isWithinReach }
        hasFactor = false
      }
      residual = next
    }
    return descend()
  }

  /// Makes Newton steps with a shift that makes the Hessian positive definite. Each step is
  /// shortened until the energy decreases.
  private func descend() -> Bool {
    var residual = evaluate()
    var shift = 0.0
    var energyNow = energy()
    for _ in 0..<3000 {
      if residual <= tolerances.force && factor() { return isWithinReach }
      while !factor(shift: shift) {
        shift = max(10 * shift, 1e-4 * largestDiagonal)
        if shift > 1e6 * largestDiagonal { return false }
      }
      let length = solveStep()
      guard length.isFinite else { return false }
      var fraction = min(1, tolerances.step / length)
      trial.pointer.update(from: displacement.pointer, count: unknowns)
      var accepted = false
      while fraction > 1e-10 {
        move(by: fraction)
        residual = evaluate()
        let next = energy()
        // Near the minimum, energies differ by less than their rounding.
        if next <= energyNow + 1e-14 * abs(energyNow) {
          energyNow = next
          accepted = true
          break
        }
        displacement.pointer.update(from: trial.pointer, count: unknowns)
        fraction *= 0.5
      }
      if !accepted {
        residual = evaluate()
        if residual < 100 * tolerances.force && shift == 0 { return isWithinReach }
        shift = max(10 * shift, 1e-4 * largestDiagonal)
        if shift > 1e6 * largestDiagonal { return false }
      } else {
        shift = shift > 1e-6 * largestDiagonal ? shift / 10 : 0
      }
      // The list of pairs may have changed, and with it the sum of the energy.
      energyNow = energy()
      hasFactor = false
    }
    return false
  }
}
