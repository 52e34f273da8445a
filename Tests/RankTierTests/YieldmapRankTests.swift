import Foundation
import TestTools
import Testing

@Suite struct YieldmapRankTests {
  /// Maps by both methods, with all that there is besides: the files of all rank counts hold the same, up to ranks that
  /// own no node, in a sheared box and in space.
  @Test(arguments: [
    (
      "plane", "dimension = 2, particles = 500, density = 0.86",
      "radius = 4.0\nspacing = 5.0\nmethod = \"both\"\ncurves = true\norientations = 3\nlowest_eigenvalue = true",
      [1, 2, 3, 5, 8]
    ),
    (
      "particles", "dimension = 2, particles = 300, density = 0.86",
      "radius = 3.0\ncentres = \"particles\"\nmatrix_stiffness = 20.0\nmatrix_shell = 2.0", [1, 3, 4]
    ),
    (
      "space", "dimension = 3, particles = 1200, density = 0.6", "radius = 3.0\nspacing = 5.0\nshape = \"block\"",
      [1, 2, 7]
    ),
  ]) func mapsHaveTheSameBits(name: String, particles: String, keys: String, ranks: [Int]) throws {
    let folder = try TestFolder()
    let config = try folder.file(
      "map.toml",
      """
      [system]
      generate = { \(particles), seed = 3 }
      [potential]
      kind = "polydisperse-ipl"
      [minimizer]
      method = "newton"
      [yieldmap]
      \(keys)

      """)
    var first: [String]?
    for count in ranks {
      let outcome = try TestProcess.run(
        "athermal", ["yieldmap", config, "--output", folder.file("\(count)")], ranks: count, limit: 120)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
      let found = try runAlone("storage-datasets", folder.file("\(count)/yieldmap.h5"), "/expansion/centres")
      #expect(found.count > 15, "\(found)")
      if let first { for (a, b) in zip(first, found) { #expect(a == b, "\(name), \(count) ranks") } }
      first = first ?? found
      #expect(found.count == first!.count)
    }
  }
}
