import Testing

/// The elasto-plastic model on any number of ranks: uneven slabs, more ranks than planes, three dimensions. Everything
/// is compared exactly, the stresses to the last bit.
@Suite struct LatticeRankTests {
  @Test(arguments: [
    ["13x9", "sparse", "forward"], ["13x9", "mixed", "both"], ["3x40", "sparse", "forward"],
    ["5x4x6", "transform", "forward"],
    ["6x5x4", "mixed", "forward"], ["48x33", "sparse", "both"], ["10x12", "everywhere", "forward"],
  ]) func theAvalanchesAreTheSame(arguments: [String]) throws {
    let lines = try sameLines(["elasto-plastic"] + arguments, ranks: [1, 2, 3, 5, 8])
    #expect(lines.count >= 4)
    // A run of which nothing could differ would prove nothing.
    #expect(lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 > 20)
  }

  /// Gradients and filters of fields in tilted cells.
  @Test(arguments: ["13x9", "16x12", "3x40", "6x5x4"]) func fieldsAreTheSame(shape: String) throws {
    let lines = try sameLines(["fourier-grid", shape], ranks: [1, 2, 3, 5, 8])
    let bits = lines.filter { $0.hasPrefix("bits") }.flatMap { $0.split(separator: " ").dropFirst() }
    // Two fields and their slopes, none of which repeats another.
    #expect(bits.count == 2 + shape.split(separator: "x").count && Set(bits).count == bits.count)
  }

  /// Many blocks equally far from yielding: no number of ranks and no rule tells them apart.
  @Test func tiesAreBrokenByNoRankAndNoRule() throws {
    let catalogues = try ["transform", "everywhere", "sparse", "mixed"].map { rule in
      try sameLines(["elasto-plastic", "10x12", rule, "ties"], ranks: [1, 2, 3, 5]).filter {
        $0.hasPrefix("sizes") || $0.hasPrefix("rounds")
      }
    }
    #expect(catalogues.allSatisfy { $0 == catalogues[0] && $0.count == 2 })
  }
}
