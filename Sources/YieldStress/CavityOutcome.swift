/// All results of one cavity, from which those of the map are composed. A checkpoint of a map contains them.
struct CavityOutcome {
  /// Reason why the cavity has no response; all else is then empty.
  var discarded: Discarded?
  /// Series of each weight.
  var series: [StressSeries] = []
  var lowestEigenvalue = Double.nan
  /// Explicit shearing of each direction, if it was requested.
  var shearings: [FrozenMatrix.Shearing] = []
  /// Yield stresses of the fan, orientation × direction; NaN if there is none.
  var turned: [Double] = []
  /// Work of the shearings.
  var work = ShearingWork()

  init() {}

  // MARK: As numbers

  /// Results as numbers, with all bits, in the order that ``init(numbers:)`` expects.
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
    // Checkpoints of earlier builds do not contain it.
    if !rest.isEmpty { work = .init(factorisations: Int(next()), evaluations: Int(next())) }
  }

  private static func number(of reason: Discarded?) -> Double {
    reason.map { Double(Discarded.allCases.firstIndex(of: $0)!) } ?? -1
  }

  private static func reason(_ number: Double) -> Discarded? { number < 0 ? nil : Discarded.allCases[Int(number)] }
}
