/// The values that a key accepts, in words and as a test.
package struct Bound<Value> {
  /// Condition in words, which completes "must be …".
  package let words: String
  package let holds: (Value) -> Bool

  package init(words: String, holds: @escaping (Value) -> Bool) {
    self.words = words
    self.holds = holds
  }
}

extension Bound<Double> {
  package static var positive: Bound { Bound(words: "greater than 0") { $0 > 0 } }
  /// Bound of strain steps. Strains are fractions; the upper limit catches percentages.
  package static var strainStep: Bound {
    Bound(words: "greater than 0 and at most 1, a fraction") { $0 > 0 && $0 <= 1 }
  }
  /// Bound of the strain interval of a search: below its limit, rounded positions do not change.
  package static var resolvedStrain: Bound {
    Bound(words: "at least 1e-13, below which positions do not change") { $0 >= 1e-13 }
  }
  /// Bound of quantities in reduced units, which are of order one. A value far from that is a mistake of units.
  package static var moderate: Bound {
    Bound(words: "greater than 0, and between 1e-9 and 1e9 in reduced units") { $0 >= 1e-9 && $0 <= 1e9 }
  }
  package static var notNegative: Bound { Bound(words: "at least 0") { $0 >= 0 } }
  package static var fraction: Bound { Bound(words: "at least 0 and less than 1") { $0 >= 0 && $0 < 1 } }
  package static var properFraction: Bound { Bound(words: "greater than 0 and less than 1") { $0 > 0 && $0 < 1 } }
}

extension Bound<Int> {
  package static func atLeast(_ least: Int) -> Bound { Bound(words: "at least \(least)") { $0 >= least } }
  /// Bound of counts. The default limit is more than any run reaches and far below the overflow of a sum of counts.
  package static func count(from least: Int, most: Int = 1_000_000_000_000) -> Bound {
    Bound(words: "at least \(least) and at most \(most)") { $0 >= least && $0 <= most }
  }
  package static func between(_ least: Int, _ most: Int) -> Bound {
    Bound(words: "between \(least) and \(most)") { $0 >= least && $0 <= most }
  }
  /// Bound of even exponents. An even power of the distance is a power of its square and needs no root.
  package static func even(_ least: Int, _ most: Int) -> Bound {
    Bound(words: "an even number between \(least) and \(most)") { $0 % 2 == 0 && $0 >= least && $0 <= most }
  }
  /// Bound of the dimension of space.
  package static var dimension: Bound { Bound(words: "2 or 3") { $0 == 2 || $0 == 3 } }
}
