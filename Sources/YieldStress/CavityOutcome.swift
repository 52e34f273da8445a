/// All that was found for one cavity: what the results are made of, and what a map that is put aside has to remember.
struct CavityOutcome {
  /// Why the cavity has no response; all else is then empty.
  var discarded: Discarded?
  /// For each weight.
  var series: [StressSeries] = []
  var lowestEigenvalue = Double.nan
  /// For each direction, where the cavity was sheared.
  var shearings: [FrozenMatrix.Shearing] = []
  /// Yield stresses of the fan: orientation × direction, NaN where there is none.
  var turned: [Double] = []
  /// What the shearings took.
  var work = ShearingWork()

  init() {}

  // MARK: As numbers

  /// With all bits, in an order that ``init(numbers:)`` knows.
  var numbers: [Double] {
    var numbers = [Self.number(of: discarded), Double(series.count)]
    for series in series {
      let c = series.coefficients
      numbers += [c.0, c.1, c.2, c.3]
    }
    numbers += [lowestEigenvalue, Double(shearings.count)]
    for shearing in shearings {
      numbers += [
        shearing.drop, shearing.isReversible.map { $0 ? 1 : 0 } ?? -1, shearing.modulus, shearing.event.strain,
        shearing.event.stress, shearing.event.drop, Double(shearing.entries.count),
      ]
      for entry in shearing.entries {
        numbers += [Self.number(of: entry.discarded), entry.yield?.strain ?? 0, entry.yield?.stress ?? 0]
      }
      numbers += [Double(shearing.curve.count)] + shearing.curve
    }
    return numbers + [Double(turned.count)] + turned + [Double(work.factorisations), Double(work.evaluations)]
  }

  init(numbers: [Double]) {
    var rest = numbers[...]
    func next() -> Double { rest.removeFirst() }
    discarded = Self.reason(next())
    series = (0..<Int(next())).map { _ in StressSeries(next(), next(), next(), next()) }
    lowestEigenvalue = next()
    shearings = (0..<Int(next())).map { _ in
      var shearing = FrozenMatrix.Shearing(entries: [])
      shearing.drop = next()
      let reversible = next()
      shearing.isReversible = reversible < 0 ? nil : reversible == 1
      shearing.modulus = next()
      shearing.event = (next(), next(), next())
      shearing.entries = (0..<Int(next())).map { _ in
        let reason = Self.reason(next())
        let point = YieldPoint(strain: next(), stress: next())
        return MethodResult.Entry(reason.map { .failure($0) } ?? .success(point))
      }
      shearing.curve = (0..<Int(next())).map { _ in next() }
      return shearing
    }
    turned = (0..<Int(next())).map { _ in next() }
    // Earlier checkpoints do not have it.
    if !rest.isEmpty { work = .init(factorisations: Int(next()), evaluations: Int(next())) }
  }

  private static func number(of reason: Discarded?) -> Double {
    reason.map { Double(Discarded.allCases.firstIndex(of: $0)!) } ?? -1
  }

  private static func reason(_ number: Double) -> Discarded? { number < 0 ? nil : Discarded.allCases[Int(number)] }
}
