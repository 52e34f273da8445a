import Foundation

/// The model as one would write it on the board: every block's stress by a sum over every failure, with the kernel by a
/// sum over wave vectors. Shares no code with the model that it tests.
struct DirectModel {
  var shape: [Int]
  var isLattice = false
  var isStressControlled = false
  var bothSigns = false
  var modulus = (initial: 1.0, renewed: 1.0)
  var eigenstrain = 0.065
  var thresholds: [Double]
  /// [row][site].
  var renewal: [[Double]]

  struct Event: Equatable {
    var strain: Double
    var before: Double
    var after: Double
    var failures: Int
    var sweeps: Int
  }

  private static func places(_ shape: [Int]) -> [[Int]] {
    shape.reduce([[]]) { list, n in list.flatMap { head in (0..<n).map { head + [$0] } } }
  }

  /// g for each difference of sites, by site number of the difference modulo the lattice.
  private func kernel() -> [Double] {
    let places = Self.places(shape)
    let n = Double(places.count)
    let spectrum = places.map { k -> Double in
      if k.allSatisfy({ $0 == 0 }) { return isStressControlled ? 0 : -1 }
      let q = zip(shape, k).map { n, k -> Double in
        let q = 2 * Double.pi * Double(k <= n / 2 ? k : k - n) / Double(n)
        return isLattice ? 2 * sin(q / 2) : q
      }
      let square = q.reduce(0) { $0 + $1 * $1 }
      let z = q.count == 3 ? q[2] : 0
      return -(4 * q[0] * q[0] * q[1] * q[1] + z * z * square) / (square * square)
    }
    // Cosines of multiples of 2π/n, one table for each axis.
    return places.map { r in
      var sum = 0.0
      for (k, g) in zip(places, spectrum) {
        var turn = 0.0
        for axis in shape.indices { turn += Double((k[axis] * r[axis]) % shape[axis]) / Double(shape[axis]) }
        sum += g * cos(2 * .pi * turn)
      }
      return sum / n
    }
  }

  /// Avalanches on the way through the targets of strain (of stress, under stress control), and the final stresses.
  func run(targets: [Double], strainLimit: Double = .infinity) -> (events: [Event], stress: [Double], counts: [Int]) {
    let places = Self.places(shape)
    let n = places.count
    let g = kernel()
    func difference(_ a: Int, _ b: Int) -> Int {
      var index = 0
      for axis in shape.indices {
        index = index * shape[axis] + (places[a][axis] - places[b][axis] + shape[axis]) % shape[axis]
      }
      return index
    }
    var (stress, limits, counts) = ([Double](repeating: 0, count: n), thresholds, [Int](repeating: 0, count: n))
    var strain = 0.0
    var events: [Event] = []
    func mean() -> Double { stress.reduce(0, +) / Double(n) }
    func meanModulus() -> Double { counts.map { $0 == 0 ? modulus.initial : modulus.renewed }.reduce(0, +) / Double(n) }
    for target in targets {
      while true {
        let now = isStressControlled ? mean() : strain
        let direction = target < now ? -1.0 : 1.0
        guard bothSigns || direction > 0 else { break }
        let distances = (0..<n).map { limits[$0] - direction * stress[$0] }
        let weakest = distances.indices.min { distances[$0] < distances[$1] }!
        let load = direction * distances[weakest]
        let next = now + (isStressControlled ? load : load / meanModulus())
        if direction * next > direction * target { break }
        for i in 0..<n { stress[i] += load }
        strain += load / meanModulus()
        var event = Event(strain: strain, before: mean(), after: 0, failures: 0, sweeps: 0)
        var failing = (0..<n).filter { $0 == weakest || (bothSigns ? abs(stress[$0]) : stress[$0]) >= limits[$0] }
        while !failing.isEmpty {
          event.sweeps += 1
          precondition(event.sweeps < 5000, "a variant of the test whose avalanches do not end")
          event.failures += failing.count
          let amplitude = 2 * meanModulus() * eigenstrain
          let old = stress
          for f in failing {
            let sign = bothSigns && old[f] < 0 ? -1.0 : 1.0
            for i in 0..<n { stress[i] += sign * amplitude * g[difference(i, f)] }
            if isStressControlled { strain += sign * 2 * eigenstrain / Double(n) }
          }
          for f in failing {
            limits[f] = renewal[counts[f] % renewal.count][f]
            counts[f] += 1
          }
          if isStressControlled, strain >= strainLimit { break }
          failing = (0..<n).filter { (bothSigns ? abs(stress[$0]) : stress[$0]) >= limits[$0] }
        }
        event.after = mean()
        events.append(event)
        if isStressControlled, strain >= strainLimit { return (events, stress, counts) }
      }
      let rest = isStressControlled ? target - mean() : (target - strain) * meanModulus()
      for i in 0..<n { stress[i] += rest }
      strain = isStressControlled ? strain + rest / meanModulus() : target
    }
    return (events, stress, counts)
  }
}
