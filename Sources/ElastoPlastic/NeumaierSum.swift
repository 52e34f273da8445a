/// A sum of many small amounts with compensation of rounding errors (Neumaier).
struct NeumaierSum: Codable {
  private var sum = 0.0
  private var lost = 0.0

  init(value: Double = 0) { sum = value }

  mutating func add(_ amount: Double) {
    let next = sum + amount
    lost += abs(sum) >= abs(amount) ? (sum - next) + amount : (amount - next) + sum
    sum = next
  }

  var value: Double { sum + lost }
}
