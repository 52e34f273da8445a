import TestTools
import Testing

@Suite struct PreparationTierTests {
  /// SWAP Monte Carlo and all that is measured on the way: positions, sizes, energies and the verdict, in two and three
  /// dimensions, for sizes and for species.
  @Test(arguments: ["ipl 2 1009 24", "lj 2 997 15", "ipl 3 997 15"])
  func equilibrationsHaveTheSameBits(model: String) throws {
    let lines = try sameLines(["swap"] + model.split(separator: " ").map(String.init), ranks: [1, 2, 3, 4, 7, 8])
    #expect(lines.count == 3 && lines[0].hasPrefix("moves ") && lines[1].hasPrefix("stay "), "\(lines)")
  }
}
