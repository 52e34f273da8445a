import Configuration
import Geometry
import Measurement
import MessagePassing
import Particles
import Statics
import Storage
import YieldStress

/// Output of a yield map: yieldmap.h5, state.h5, summary.json, timing.json.
struct YieldmapOutput {
  private let folder: RunFolder
  private let configuration: YieldmapConfiguration
  private let system: ParticleSystem
  private let map: YieldMap
  /// Distribution of the nodes, as rows in the order of the grid, over the ranks.
  private let nodes: IdentifierBlocks

  private var communicator: Communicator { system.communicator }
  private var weight: StressWeight { map.settings.weight }
  private var directions: [MethodResult.Direction] { map.settings.directions }

  /// Prepares the output of a map. Collective.
  init(_ folder: RunFolder, _ configuration: YieldmapConfiguration, _ system: ParticleSystem, _ map: YieldMap) throws {
    self.folder = folder
    self.configuration = configuration
    self.system = system
    self.map = map
    nodes = try IdentifierBlocks(
      ids: map.nodes.map { Int64($0 + 1) }, totalCount: map.total, over: system.communicator)
  }

  /// Writes all files. Collective.
  func write(_ rest: MinimizationResult) throws {
    Heartbeat.enter(phase: "output")
    let provenance = Build.provenance(config: configuration.resolved)
    let file = try TableFile(path: folder.file("yieldmap.h5"), provenance: provenance, over: communicator)
    try writeGrid(to: file)
    var methods: [(name: String, summary: YieldmapSummary.Method, map: ParticleYieldMap, blocks: BlockField)] = []
    for (name, result) in [("expansion", map.expansion), ("frozen-matrix", map.frozenMatrix?.result)] {
      guard let result else { continue }
      let particles = try result.map(system)
      let blocks = try BlockField(
        system, shape: BlockField.shape(of: system.cell, side: configuration.yieldmap.block * system.spacing),
        byIdentifier: particles.values(weight), width: directions.count)
      try write(result, particles, blocks, as: name, to: file)
      let summary = try YieldmapSummary.Method(result, particles, blocks, weight, over: communicator)
      try writeDistributions(summary, as: name, to: file)
      methods.append((name, summary, particles, blocks))
    }
    if map.expansion != nil { try writeExtras(to: file) }
    if let frozen = map.frozenMatrix { try write(frozen, to: file) }
    if let fan = map.fan { try write(fan, to: file) }
    try file.close()
    // Positions of the particles to which the maps belong.
    try StateFile.write(system.snapshot(), to: folder.file("state.h5"), provenance: provenance, over: communicator)

    let comparison =
      try methods.count == 2 ? YieldmapSummary.Comparison(methods[0], methods[1], weight, over: communicator) : nil
    let base = try Summary(system, configuration, result: rest, wallSeconds: folder.seconds)
    let summary = try YieldmapSummary(
      base, map, methods: methods.map { ($0.name, $0.summary) }, comparison: comparison, over: communicator)
    try folder.write(try Timing(system, wallSeconds: folder.seconds), as: "timing.json")
    try folder.finish(summary)
    if communicator.isRoot { print(summary.text + "\n" + folder.whereabouts) }
  }

  // MARK: Datasets

  /// Writes one or several numbers per node, in the order of the grid.
  private func write<Element: HDF5Element & Numeric>(
    _ name: String, _ values: [Element], _ shape: [Int] = [], to file: TableFile
  ) throws {
    try file.write(
      name, rows: try nodes.column(values, width: shape.reduce(1, *)), firstRow: nodes.rows.lowerBound,
      shape: [map.total] + shape)
  }

  private func writeGrid(to file: TableFile) throws {
    let d = system.dimension
    if let counts = map.settings.centres.counts(system.cell) {
      try file.write("grid", (0..<d).map { Int64(counts[$0]) }, shape: [d])
    }
    try file.write("edges", system.cell.edges.block(d).flatMap { $0 }, shape: [d, d])
    try file.write("spacing", [system.spacing], shape: [1])
  }

  private func write(
    _ result: MethodResult, _ particles: ParticleYieldMap, _ blocks: BlockField, as group: String, to file: TableFile
  ) throws {
    try write("\(group)/centres", result.centres, to: file)
    try write("\(group)/particles", result.freeCounts, to: file)
    for weight in StressWeight.allCases {
      let place = weight == self.weight ? group : "\(group)/weights/\(weight.rawValue)"
      try write("\(place)/coefficients", result.coefficients(weight), [4], to: file)
      try write("\(place)/yield_stress", result.yields(weight, \.stress), [directions.count], to: file)
      try write("\(place)/yield_strain", result.yields(weight, \.strain), [directions.count], to: file)
      try file.write(
        "\(place)/map", rows: particles.values(weight), firstRow: particles.rows.lowerBound,
        shape: [particles.totalCount, directions.count])
    }
    try file.setAttribute("weight", of: group, to: weight.rawValue)
    try file.setAttribute("directions", of: group, to: directions.map(\.rawValue).joined(separator: " "))
    for (k, direction) in directions.enumerated() {
      let values = blocks.means(of: k)
      try file.write(
        "\(group)/blocks/\(direction.rawValue)", rows: values, firstRow: blocks.slabs.lowerBound, shape: blocks.shape)
      // A list without gaps, from which thresholds can be drawn.
      let samples = values.filter { !$0.isNaN }
      let total = try communicator.reduce(samples.count, .sum)
      if total > 0 {
        try file.write(
          "\(group)/samples/\(direction.rawValue)", rows: samples,
          firstRow: try communicator.exclusiveSum(samples.count),
          shape: [total])
      }
    }
  }

  private func writeDistributions(_ method: YieldmapSummary.Method, as group: String, to file: TableFile) throws {
    for (source, distributions) in [("particles", method.particles), ("blocks", method.blocks)] {
      for (direction, distribution) in zip(directions, distributions) where !distribution.histogram.density.isEmpty {
        let name = "\(group)/distribution/\(source)/\(direction.rawValue)"
        let (edges, density) = distribution.histogram
        try file.write("\(name)/edges", edges, shape: [edges.count])
        try file.write("\(name)/density", density, shape: [density.count])
      }
    }
  }

  private func writeExtras(to file: TableFile) throws {
    if !map.lowestEigenvalues.isEmpty { try write("expansion/lowest_eigenvalue", map.lowestEigenvalues, to: file) }
  }

  private func write(_ frozen: FrozenMatrixResult, to file: TableFile) throws {
    func column<Element: HDF5Element & Numeric>(_ name: String, _ values: [Element]) throws {
      try write("frozen-matrix/\(name)", values, [directions.count], to: file)
    }
    try column("stress_drop", frozen.drops)
    try column("reversible", frozen.reversible)
    try column("modulus", frozen.moduli)
    try column("event_strain", frozen.eventStrains)
    try column("event_stress", frozen.eventStresses)
    try column("event_drop", frozen.eventDrops)
    guard configuration.yieldmap.curves else { return }
    let weights = StressWeight.allCases.count
    let longest = try communicator.reduce(frozen.curves.map(\.count).max() ?? 0, .maximum)
    let padded = frozen.curves.flatMap { $0 + [Double](repeating: .nan, count: longest - $0.count) }
    try write("frozen-matrix/curves", padded, [directions.count, longest / weights, weights], to: file)
    try file.setAttribute(
      "weights", of: "frozen-matrix/curves", to: StressWeight.allCases.map(\.rawValue).joined(separator: " "))
  }

  private func write(_ fan: OrientationFan, to file: TableFile) throws {
    let count = fan.orientations.count
    try file.write("expansion/fan/angles", fan.orientations.map(\.angle), shape: [count])
    try write("expansion/fan/yield_stress", fan.stresses, [count, directions.count], to: file)
    try write("expansion/fan/softest", fan.softest, [3], to: file)
    let particles = try fan.map(system)
    try file.write(
      "expansion/fan/map", rows: particles.values(.half), firstRow: particles.rows.lowerBound,
      shape: [particles.totalCount, 1])
  }
}
