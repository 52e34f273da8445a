import Testing

/// What is measured in blocks, on ranks that divide nothing.
@Suite struct MesoscopicRankTests {
  /// The case compares with a flood fill, and ends with an error if anything differs.
  @Test func clustersAreThoseOfAFloodFill() throws {
    let lines = try sameLines(["clusters"], ranks: [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(lines.first?.hasPrefix("clusters ") == true)
  }

  /// Block stresses, stress differences, clusters and the correlation of activity, suspended and resumed by one rank
  /// less.
  @Test(arguments: [2, 3]) func flowMeasurementsAreTheSame(dimension: Int) throws {
    let lines = try sameLines(["mesoscopic", "\(dimension)"], ranks: [1, 2, 3, 7])
    #expect(lines.count == 3 && lines.first?.hasPrefix("blocks ") == true)
  }
}
