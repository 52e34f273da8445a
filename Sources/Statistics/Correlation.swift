import MessagePassing

/// Returns Pearson's correlation of two columns over the rows in which both are numbers; NaN with fewer
/// than two such rows. Collective.
public func correlation(_ a: [Double], _ b: [Double], over communicator: Communicator) throws -> Double {
  let rows = a.indices.filter { !a[$0].isNaN && !b[$0].isNaN }
  let n = Double(try communicator.reduce(rows.count, .sum))
  guard n > 1 else { return .nan }
  let sums = ExactSums(count: 3)
  for i in rows {
    sums.add(a[i], to: 0)
    sums.add(b[i], to: 1)
  }
  let means = try sums.reduce(over: communicator).map { $0 / n }
  for i in rows {
    let (x, y) = (a[i] - means[0], b[i] - means[1])
    sums.add(x * x, to: 0)
    sums.add(y * y, to: 1)
    sums.add(x * y, to: 2)
  }
  let s = try sums.reduce(over: communicator)
  return s[2] / (s[0] * s[1]).squareRoot()
}
