import MeanField
import Testing

/// Stationary states of the Hébraud-Lequeux model at finite rates, against solutions of another kind: the six
/// conditions of continuity at −1, 0 and 1 as linear equations, solved with 90 digits, and the diffusion at which the
/// density adds up to 1.
@Suite struct ExactStationaryStateTests {
  /// α, γ̇, ⟨σ⟩, D, Γ.
  static let references: [(alpha: Double, rate: Double, stress: Double, diffusion: Double, activity: Double)] = [
    (0.05, 1e-10, 0.4500012317206431, 4.9999888400572371e-12, 9.9999776801144732e-11),
    (0.05, 1e-6, 0.45012326969931932, 4.9988798598897134e-8, 9.9977597197794265e-7),
    (0.05, 1e-3, 0.45418475466480218, 4.9624727829630411e-5, 0.00099249455659260817),
    (0.05, 0.1, 0.5302675527803935, 0.0044125115299349302, 0.088250230598698604),
    (0.05, 1, 1.2464391020926811, 0.024702089097514514, 0.49404178195029025),
    (0.05, 100, 100.00495046833441, 0.049504707851092344, 0.99009415702184689),
    (0.3, 1e-10, 0.22043041558705498, 3.3063611730273383e-11, 1.1021203910091129e-10),
    (0.3, 1e-6, 0.22082778883799378, 3.3029127893880797e-7, 1.1009709297960266e-6),
    (0.3, 1e-3, 0.23338133881003051, 0.00032014381800106754, 0.0010671460600035585),
    (0.3, 0.1, 0.38702316974765866, 0.025146753158175311, 0.083822510527251037),
    (0.3, 1, 1.2196078886183999, 0.14116781557572067, 0.47055938525240221),
    (0.3, 100, 100.00495026125765, 0.29702096843213049, 0.99006989477376839),
    (0.45, 1e-10, 0.095169733102044504, 8.5636909884434223e-11, 1.903042441876316e-10),
    (0.45, 1e-6, 0.096103187893309155, 8.4925707797670533e-7, 1.8872379510593451e-6),
    (0.45, 1e-3, 0.12112646584956431, 0.00070287889486279811, 0.001561953099695107),
    (0.45, 0.1, 0.31690780510945715, 0.039306798578649396, 0.087348441285887549),
    (0.45, 1, 1.2000400064067374, 0.20717024692472152, 0.46037832649938115),
    (0.45, 100, 100.00495007822096, 0.44552490261422723, 0.99005533914272725),
    (0.499, 1e-10, 0.013082551489907109, 6.367511773419012e-10, 1.2760544636110245e-9),
    (0.499, 1e-6, 0.022202584552655159, 3.7635210673202449e-6, 7.5421263874153209e-6),
    (0.499, 1e-3, 0.079410152125187247, 0.0011107534746276375, 0.0022259588669892535),
    (0.499, 0.1, 0.29699682835775676, 0.044781424390022494, 0.089742333446938868),
    (0.499, 1, 1.1936353418406549, 0.22839139128375938, 0.45769817892536951),
    (0.499, 100, 100.00495000887621, 0.49403524170660584, 0.99005058458237649),
    (0.5, 1e-10, 0.0029712181351248279, 2.8049235101022697e-9, 5.6098470202045394e-9),
    (0.5, 1e-6, 0.018799975724088928, 4.4476831652250834e-6, 8.8953663304501667e-6),
    (0.5, 1e-3, 0.078490308730234812, 0.0011246823583844474, 0.0022493647167688949),
    (0.5, 0.1, 0.29660410079370775, 0.044899080505856628, 0.089798161011713257),
    (0.5, 1, 1.1935054783987582, 0.22882341286813154, 0.45764682573626309),
    (0.5, 100, 100.00495000741202, 0.49502524377598189, 0.99005048755196379),
    (0.501, 1e-10, 8.3667180510325966e-6, 9.9800582354564048e-7, 1.9920275919074662e-6),
    (0.501, 1e-6, 0.015079368994584563, 5.5495193720761495e-6, 1.1076884974203891e-5),
    (0.501, 1e-3, 0.077567538938500269, 0.0011389932146105609, 0.0022734395501208798),
    (0.501, 0.1, 0.29621190376776141, 0.045016991780423794, 0.089854275010825935),
    (0.501, 1, 1.1933756556039723, 0.22925539849973889, 0.45759560578790198),
    (0.501, 100, 100.00495000594589, 0.49601524565132571, 0.99005039052160826),
    (0.6, 1e-10, 1.2307299789124629e-9, 0.008392021690038394, 0.013986702816730657),
    (0.6, 1e-6, 1.2307299618203341e-5, 0.0083920218200448371, 0.013986703033408062),
    (0.6, 1e-3, 0.012143188681273174, 0.0085187007957799824, 0.014197834659633304),
    (0.6, 0.1, 0.25991062135440979, 0.05814486702118167, 0.09690811170196946),
    (0.6, 1, 1.1807770741824861, 0.27190456730461071, 0.45317427884101791),
    (0.6, 100, 100.00494985110085, 0.59402447087985688, 0.99004078479976154),
    (2, 1e-10, 1.1320382369326488e-10, 0.67712434446770475, 0.33856217223385238),
    (2, 1e-6, 1.1320382369324767e-6, 0.67712434446827141, 0.33856217223413571),
    (2, 1e-3, 0.001132038064824919, 0.67712491121060592, 0.33856245560530296),
    (2, 0.1, 0.11303590328548849, 0.68269818168551721, 0.34134909084275861),
    (2, 1, 1.0731198272242006, 0.9462082238066043, 0.47310411190330215),
    (2, 100, 100.00494560693527, 1.9798100126754814, 0.9899050063377407),
  ]

  @Test(arguments: references.indices) func statesAreExact(k: Int) {
    let expected = Self.references[k]
    let state = ExactStationaryState(alpha: expected.alpha, rate: expected.rate)
    #expect(abs(state.stress / expected.stress - 1) < 1e-10)
    #expect(abs(state.diffusion / expected.diffusion - 1) < 1e-10)
    #expect(abs(state.activity / expected.activity - 1) < 1e-10)
  }

  /// Simpson's rule over pieces that resolve the decay lengths; its error is below 1e-10 at these rates.
  @Test(arguments: [0.05, 0.3, 0.5, 2.0], [0.01, 0.3, 5.0]) func densityIsNormalised(alpha: Double, rate: Double) {
    let state = ExactStationaryState(alpha: alpha, rate: rate)
    let root = (rate * rate + 4 * state.diffusion).squareRoot()
    let ends = [-1 - 40 * 2 * state.diffusion / (root + rate), -1, 0, 1, 1 + 40 * (root + rate) / 2]
    var (norm, mean, activity) = (0.0, 0.0, 0.0)
    for (a, b) in zip(ends, ends.dropFirst()) {
      let (count, h) = (20_000, (b - a) / 20_000)
      for i in 0...count {
        // Kinks lie at the ends of the pieces, where the density itself is continuous.
        let x = a + Double(i) * h
        let weight = (i == 0 || i == count ? 1 : i % 2 == 1 ? 4 : 2) * h / 3 * state.density(at: x)
        norm += weight
        mean += weight * x
        if abs((a + b) / 2) > 1 { activity += weight }
      }
    }
    #expect(abs(norm - 1) < 1e-9)
    #expect(abs(mean - state.stress) < 1e-8 * max(1, state.stress))
    #expect(abs(activity / state.activity - 1) < 1e-8)
  }

  /// γ̇P′ = DP″ − θP between the kinks, by differences; and a jump of the slope by Γ/D at 0, none at the thresholds.
  @Test(arguments: [0.05, 0.3, 0.5, 2.0], [0.01, 0.3, 5.0]) func densitySolvesTheEquation(alpha: Double, rate: Double) {
    let state = ExactStationaryState(alpha: alpha, rate: rate)
    let (p, d) = (state.density(at:), state.diffusion)
    // Differences of fourth order over a part of the shortest length: errors of some 1e-8 and of rounding.
    let shortest = min(1, d / rate, d.squareRoot())
    let h = shortest * 0.01
    func slope(_ x: Double) -> Double { (8 * (p(x + h) - p(x - h)) - p(x + 2 * h) + p(x - 2 * h)) / (12 * h) }
    func bend(_ x: Double) -> Double {
      (16 * (p(x + h) + p(x - h)) - p(x + 2 * h) - p(x - 2 * h) - 30 * p(x)) / (12 * h * h)
    }
    for x in [
      -1 - shortest / 2, -1 + shortest / 2, -0.5, -shortest / 2, shortest / 2, 0.5, 1 - shortest / 4,
      1 + shortest / 2,
    ] {
      let residual = rate * slope(x) - d * bend(x) + (abs(x) > 1 ? p(x) : 0)
      let size = rate * abs(slope(x)) + d * abs(bend(x)) + p(x)
      #expect(abs(residual) < 1e-6 * size, "at \(x)")
    }
    let tiny = shortest * 1e-6
    for kink in [-1.0, 0, 1] {
      #expect(abs(p(kink + tiny) - p(kink - tiny)) < 1e-5 * p(kink))
      // One-sided slopes of third order.
      func side(_ s: Double) -> Double {
        (-11 * p(kink) + 18 * p(kink + s * h) - 9 * p(kink + 2 * s * h) + 2 * p(kink + 3 * s * h)) / (6 * s * h)
      }
      let jump = side(1) - side(-1)
      let expected = kink == 0 ? -state.activity / d : 0
      #expect(abs(jump - expected) < 1e-4 * (abs(side(1)) + abs(side(-1)) + p(kink)), "at \(kink)")
    }
  }
}
