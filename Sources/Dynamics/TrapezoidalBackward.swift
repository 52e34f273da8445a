/// Coefficients of the implicit method TR-BDF2 for ẏ = f(y): a stage by the trapezoidal rule up to 2γh, then one by the
/// backward differentiation formula up to h (Bank et al., IEEE Trans. Comput.-Aided Des. 4, 436; Hosea and Shampine,
/// Appl. Numer. Math. 20, 21).
///
/// Second order, both stages are solved with the same γ, and L-stable: with γ = 1 − 1/√2, a motion that decays fast
/// within a step is gone after it.
enum TrapezoidalBackward {
  /// Weight of a stage's own derivative, γ = 1 − 1/√2.
  static let own = 1 - 0.5.squareRoot()
  /// End of the first stage, 2γ, in units of the step.
  static let middle = 2 * own
  /// Weight √2/4 of the derivatives at the beginning and in the middle.
  static let outer = 0.125.squareRoot()
  /// Weights of the embedded formula of third order, for the derivatives at the beginning, in the middle and at the
  /// end.
  static let quadrature = (start: (1 - outer) / 3, middle: (1 + 3 * outer) / 3, end: own / 3)
  /// Weights of the derivatives at the beginning, in the middle and at the end, minus those of the embedded formula of
  /// third order: their sum times h is an estimate of the error of a step.
  static let error = (start: -(1 - 4 * outer) / 3, middle: -1.0 / 3, end: 2 * own / 3)
}
