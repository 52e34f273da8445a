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
  let configuration: YieldmapConfiguration
  let system: ParticleSystem
  let map: YieldMap
  /// Distribution of the nodes, as rows in the order of the grid, over the ranks.
  let nodes: IdentifierBlocks

  var communicator: Communicator { system.communicator }
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
    try file.write(self, of: Self.grid)
    var methods: [MethodMap] = []
    for (name, result) in [("expansion", map.expansion), ("frozen-matrix", map.frozenMatrix?.result)] {
      guard let result else { continue }
      let particles = try result.map(system)
      let blocks = try BlockField(
        system, shape: BlockField.shape(of: system.cell, side: configuration.yieldmap.block * system.spacing),
        byIdentifier: particles.values(weight), width: directions.count)
      let method = MethodMap(
        name: name, result: result, particles: particles, blocks: blocks,
        summary: try YieldmapSummary.Method(result, particles, blocks, weight, over: communicator), nodes: nodes,
        directions: directions.count, communicator: communicator)
      try write(method, to: file)
      methods.append(method)
    }
    try file.write(self, of: Self.expansion)
    try file.write(self, of: Self.frozenMatrix)
    if configuration.yieldmap.curves, map.frozenMatrix != nil {
      try file.setAttribute(
        "weights", of: "frozen-matrix/curves", to: StressWeight.allCases.map(\.rawValue).joined(separator: " "))
    }
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

  private func write(_ method: MethodMap, to file: TableFile) throws {
    let weights = StressWeight.allCases.map { ($0 == weight ? "" : "weights/\($0.rawValue)/", $0) }
    try file.write(
      method, of: MethodMap.schema(method.name, weights: weights, directions: directions.map(\.rawValue)))
    try file.setAttribute("weight", of: method.name, to: weight.rawValue)
    try file.setAttribute("directions", of: method.name, to: directions.map(\.rawValue).joined(separator: " "))
  }
}
