import Configuration
import Foundation
import MessagePassing
import Particles
import Statics
import Storage
import YieldStress

/// Writes what a yield map found: yieldmap.h5, summary.json, timing.json.
struct YieldmapOutput {
  private let folder: RunFolder
  private let configuration: RunConfiguration
  private let system: ParticleSystem
  private var weight: StressWeight { StressWeight(rawValue: configuration.yieldmap.weight.rawValue)! }

  init(_ folder: RunFolder, _ configuration: RunConfiguration, _ system: ParticleSystem) {
    self.folder = folder
    self.configuration = configuration
    self.system = system
  }

  /// Collective.
  func write(_ map: YieldMap) throws {
    Heartbeat.enter(phase: "output")
    let provenance = Build.provenance(config: configuration.resolved)
    let file = try TableFile(path: folder.file("yieldmap.h5"), provenance: provenance, over: system.communicator)
    if let result = map.expansion { try write(result, as: "expansion", map, to: file) }
    if let frozen = map.frozenMatrix {
      try write(frozen.result, as: "frozen-matrix", map, to: file)
      try write(frozen, map, to: file)
    }
    try file.close()
  }

  private func write(_ frozen: FrozenMatrixResult, _ map: YieldMap, to file: TableFile) throws {
    let communicator = system.communicator
    let blocks = try IdentifierBlocks(
      ids: frozen.result.nodes.map { Int64($0 + 1) }, totalCount: map.total, over: communicator)
    let directions = frozen.result.directions.count
    func column<Element: HDF5Element & Numeric>(_ name: String, _ values: [Element], _ shape: [Int]) throws {
      try file.write(
        "frozen-matrix/\(name)", rows: try blocks.column(values, width: shape.reduce(1, *)),
        firstRow: blocks.rows.lowerBound, shape: [map.total] + shape)
    }
    try column("stress_drop", frozen.drops, [directions])
    try column("reversible", frozen.reversible, [directions])
    try column("modulus", frozen.moduli, [directions])
    try column("event_strain", frozen.eventStrains, [directions])
    try column("event_stress", frozen.eventStresses, [directions])
    try column("event_drop", frozen.eventDrops, [directions])
    guard configuration.yieldmap.curves else { return }
    let weights = StressWeight.allCases.count
    let longest = try communicator.reduce(frozen.curves.map(\.count).max() ?? 0, .maximum)
    let padded = frozen.curves.flatMap { $0 + [Double](repeating: .nan, count: longest - $0.count) }
    try column("curves", padded, [directions, longest / weights, weights])
  }

  private func write(_ result: MethodResult, as group: String, _ map: YieldMap, to file: TableFile) throws {
    let blocks = try IdentifierBlocks(
      ids: result.nodes.map { Int64($0 + 1) }, totalCount: map.total, over: system.communicator)
    func column<Element: HDF5Element & Numeric>(_ name: String, _ values: [Element], _ shape: [Int]) throws {
      try file.write(
        "\(group)/\(name)", rows: try blocks.column(values, width: shape.reduce(1, *)), firstRow: blocks.rows.lowerBound,
        shape: [map.total] + shape)
    }
    let directions = result.directions.count
    try column("centres", result.centres, [])
    try column("particles", result.freeCounts, [])
    let particleMap = try result.map(system)
    for weight in StressWeight.allCases {
      let place = weight == self.weight ? "" : "weights/\(weight.rawValue)/"
      try column(place + "coefficients", result.coefficients(weight), [4])
      try column(place + "yield_stress", result.yields(weight, \.stress), [directions])
      try column(place + "yield_strain", result.yields(weight, \.strain), [directions])
      try file.write(
        "\(group)/\(place)map", rows: particleMap.values(weight), firstRow: particleMap.rows.lowerBound,
        shape: [particleMap.totalCount, directions])
    }
    if !map.lowestEigenvalues.isEmpty { try column("lowest_eigenvalue", map.lowestEigenvalues, []) }
  }

  /// Collective.
  func summarise(_ map: YieldMap, _ rest: MinimizationResult) throws {
    let base = try Summary(system, configuration, result: rest, wallSeconds: folder.seconds)
    try folder.write(base, as: "summary.json")
    try folder.write(try Timing(system, wallSeconds: folder.seconds), as: "timing.json")
  }
}
