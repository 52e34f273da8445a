/// Incomplete releases on a grid: the cells in which the blocks of a cell arrive after they have yielded. Between two
/// centres they are shared so that the mean stress stays.
struct ReleaseMatrix {
  private let starts: [Int]
  private let targets: [Int]
  private let shares: [Double]

  init(_ release: StressRelease, _ grid: StressGrid) {
    var (starts, targets, shares): ([Int], [Int], [Double]) = ([0], [], [])
    for j in 0..<grid.count {
      for (stress, weight) in release.outcomes(of: grid.centres[j]) {
        let (cell, second) = grid.share(stress)
        targets += [cell, cell + 1]
        shares += [weight * (1 - second), weight * second]
      }
      starts.append(targets.count)
    }
    (self.starts, self.targets, self.shares) = (starts, targets, shares)
  }

  /// Adds the arrivals of blocks of all thresholds, which draw new thresholds by `weights`.
  func add(
    _ state: [Double], _ yieldRates: [Double], _ weights: [Double], times scale: Double, to result: inout [Double]
  ) {
    let cells = starts.count - 1
    var arrived = [Double](repeating: 0, count: cells)
    for j in 0..<cells {
      var leaving = 0.0
      for k in weights.indices { leaving += yieldRates[k * cells + j] * state[k * cells + j] }
      if leaving == 0 { continue }
      for entry in starts[j]..<starts[j + 1] { arrived[targets[entry]] += shares[entry] * leaving }
    }
    for k in weights.indices {
      for i in 0..<cells { result[k * cells + i] += scale * weights[k] * arrived[i] }
    }
  }
}
