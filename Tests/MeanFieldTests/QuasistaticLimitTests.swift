import MeanField
import Testing

/// The closed forms at vanishing rate against numbers that were computed with 50 digits from equations (14), (15), (22)
/// and (24) of Puosi, Olivier and Martens, the last corrected; and against the exact states at low rates.
@Suite struct QuasistaticLimitTests {
  /// α, u, σ_Y, A, d̃.
  static let references: [(alpha: Double, u: Double, yieldStress: Double, prefactor: Double, correction: Double)] = [
    (1e-6, 1000000.0, 0.499999, 0.00050000100000000003, -9.9999999999999986e-10),
    (0.001, 1000.0, 0.499, 0.01584301107744358, -3.1622776601683795e-5),
    (0.05, 19.999999917553847, 0.45000000185503841, 0.12298372293098427, -0.011180341800184302),
    (0.1, 9.9990912171523245, 0.40003635461775228, 0.18953239103639075, -0.031684621808331696),
    (0.2, 4.9281193581732836, 0.30437574477822876, 0.29885024187110526, -0.10545560582388114),
    (0.257, 3.7040283608360882, 0.25526945253069444, 0.35396067408496756, -0.20292089382644982),
    (0.3, 3.0244410554843668, 0.22042640423021884, 0.40113317557046418, -0.34891010220421786),
    (0.4, 1.7760294587196757, 0.14076343090627719, 0.60720086239136073, -1.7961774740148686),
    (0.45, 1.1676211392400193, 0.095160242802242376, 0.94909254873198112, -7.3099118649378072),
    (0.48, 0.71006091801386673, 0.058680411228960214, 1.7960596237643927, -40.459987039462995),
    (0.499, 0.15510556700324094, 0.012920284260268956, 16.429424031337799, -8172.1034714190455),
    (0.4999999, 0.0015491935244084743, 0.00012909945520339351, 16399.916878842636, -81999541752.082144613),
  ]

  /// Within 1e-12 of themselves. At α = 0.4999999 the nearest number to α is 1e-10 of ½ − α away from it; references
  /// are those of the number, whose distance from ½ is exact.
  @Test(arguments: references.indices) func closedFormsAreExact(k: Int) {
    let expected = Self.references[k]
    let limit = QuasistaticLimit(alpha: expected.alpha)
    #expect(abs(limit.u / expected.u - 1) < 1e-12)
    #expect(abs(limit.yieldStress / expected.yieldStress - 1) < 1e-12)
    #expect(abs(limit.prefactor / expected.prefactor - 1) < 1e-12)
    #expect(abs(limit.diffusionCorrection / expected.correction - 1) < 1e-12)
    #expect(abs(limit.diffusion * expected.u - 1) < 1e-12)
  }

  /// Where a number hardly depends on u, its rounding is that of u many times over: u = 1/(½ − σ_Y) and α = ½ − u²/24.
  @Test(arguments: references.indices) func inversesComeBack(k: Int) {
    let expected = Self.references[k]
    #expect(abs(QuasistaticLimit(u: expected.u).alpha / expected.alpha - 1) < 1e-12)
    let fromPrefactor = QuasistaticLimit(prefactor: expected.prefactor)
    #expect(abs(fromPrefactor.u / expected.u - 1) < 1e-12)
    let fromYieldStress = QuasistaticLimit(yieldStress: expected.yieldStress)
    let amplification = 1 + 0.5 / (0.5 - expected.yieldStress)
    #expect(abs(fromYieldStress.u / expected.u - 1) < 1e-12 * amplification)
    #expect(abs(fromYieldStress.alpha / expected.alpha - 1) < 1e-12 * amplification)
  }

  /// ⟨σ⟩ = σ_Y + A√γ̇ + O(γ̇): the slope against √γ̇ at rates of 1e-10, which A misses by some √γ̇ of its own size. The
  /// stress is known to some 1e-14, and its slope to 1e-9 or so.
  @Test(arguments: [0.05, 0.1, 0.2, 0.3, 0.4]) func exactStatesHaveThePrefactor(alpha: Double) {
    let limit = QuasistaticLimit(alpha: alpha)
    func slope(_ rate: Double) -> Double {
      (ExactStationaryState(alpha: alpha, rate: rate).stress - limit.yieldStress) / rate.squareRoot()
    }
    // The error of first order in √γ̇ is extrapolated away; that of second order is 1e-10 times a number of order 10.
    let (near, far) = (slope(1e-10), slope(4e-10))
    #expect(abs((2 * near - far) / limit.prefactor - 1) < 1e-7)
    #expect(abs(near / limit.prefactor - 1) < 1e-3)
    func diffusion(_ rate: Double) -> Double {
      (ExactStationaryState(alpha: alpha, rate: rate).diffusion - limit.diffusion * rate) / (rate * rate.squareRoot())
    }
    #expect(abs((2 * diffusion(1e-8) - diffusion(4e-8)) / limit.diffusionCorrection - 1) < 1e-4)
  }
}
