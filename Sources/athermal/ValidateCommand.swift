import Configuration
import ElasticLattice
import ElastoPlastic
import Foundation
import FourierGrid
import Interactions
import Measurement
import MessagePassing
import Particles
import Preparation
import QuasistaticShear
import Storage

/// Checks a config and says what a run would need, without computing.
struct ValidateCommand {
  private let config: String
  private let overrides: [String]
  private let ranks: Int?

  init(_ words: [String]) throws {
    let arguments = try Arguments(
      words, options: ["--ranks", "--set"], plain: 1...1,
      usage: "athermal validate CONFIG [--ranks N] [--set table.key=value]…")
    config = arguments.plain[0]
    overrides = arguments.values("--set")
    ranks = try arguments.integer("--ranks", in: 1...100_000_000)
  }

  func run(over communicator: Communicator) throws -> Int32 {
    let tables = try LatticeConfiguration.tables(at: config, over: communicator)
    guard !tables.contains("sweep") else {
      throw Failure.everywhere(
        .input, "\(config) is a sweep; athermal sweep checks all its runs before it makes their folders")
    }
    if tables.contains("epm"), !tables.contains("system") { return try validateLattice(over: communicator) }
    if tables.contains("bands"), !tables.contains("system") {
      _ = try BandsConfiguration.load(path: config, overrides: overrides, over: communicator)
      if communicator.isRoot { print("the config is good") }
      return 0
    }
    // Every config of particles can be minimised; what other commands need is checked where their tables are.
    func load(_ command: String) throws -> RunConfiguration {
      try RunConfiguration.load(path: config, overrides: overrides, command: command, over: communicator)
    }
    let configuration = try load("minimize")
    try Self.refuseMissing(configuration, over: communicator)
    let size = ranks ?? communicator.size
    // Ranks that are asked about may be those of another machine.
    if ranks == nil, case .generate(let generate) = configuration.system.source {
      try configuration.places.blaming("system.generate.particles") {
        try Model.keepsWithinMemory(generate.particles, over: communicator)
      }
    }
    let snapshot = try Model.outline(configuration, over: communicator)
    if let mode = configuration.loading?.mode ?? configuration.deformation {
      _ = try Model.loading(mode, of: configuration, dimension: snapshot.dimension)
    }
    let interaction = Model.pairModel(configuration.potential).compiled(dimension: snapshot.dimension)
    let layout = try Model.blamingSource(of: configuration) {
      try SystemLayout(
        snapshot, interaction: interaction, skin: configuration.neighbours.skin, ranks: size, over: communicator)
    }
    let spacing = meanSpacing(volume: layout.cell.volume, count: snapshot.totalCount, dimension: snapshot.dimension)
    if configuration.loading != nil, PlasticActivity.isMeasured(configuration) {
      _ = try PlasticActivity.hasRoom(configuration, over: communicator) {
        try StrainWindow.check(snapshot, radius: configuration.d2min.radius * spacing, ranks: size, over: communicator)
      }
    }
    if tables.contains("expand") {
      let configuration = try load("expand")
      try configuration.places.blaming("expand.modes") {
        try Model.requireModes(configuration.expand, particles: snapshot.totalCount, dimension: snapshot.dimension)
      }
    }
    if tables.contains("yieldmap") {
      let configuration = try load("yieldmap")
      let loading = try Model.loading(configuration.deformation!, of: configuration, dimension: snapshot.dimension)
      _ = try YieldmapCommand.settings(
        configuration, loading, in: layout.cell, spacing: spacing, largestCutoff: layout.largestCutoff)
    }
    if let prepare = configuration.prepare {
      try configuration.places.blaming("prepare.size_window") {
        try LiquidStart.check(
          snapshot, bySize: interaction.parameter == .size, sizeWindow: prepare.sizeWindow,
          swapFraction: prepare.swapFraction,
          over: communicator)
      }
    }
    let needs = try Needs(snapshot, layout, configuration, ranks: size)
    if communicator.isRoot { print(needs.text) }
    return 0
  }
}

extension ValidateCommand {
  /// - Throws: an input failure that names each file which cannot be read.
  private static func refuseMissing(_ configuration: some ResumableRunText, over communicator: Communicator) throws {
    try communicator.coordinated {
      let missing = communicator.isRoot ? configuration.missingInputFiles : []
      guard missing.isEmpty else { throw Failure(.input, missing.joined(separator: "\n")) }
    }
  }

  /// An elasto-plastic run: memory, planes, disk. Files of thresholds are read when it starts.
  private func validateLattice(over communicator: Communicator) throws -> Int32 {
    let configuration = try LatticeConfiguration.load(path: config, overrides: overrides, over: communicator)
    try Self.refuseMissing(configuration, over: communicator)
    let epm = configuration.epm
    let lattice = Lattice(shape: epm.shape)
    let size = ranks ?? communicator.size
    let group = epm.realisations == 1 ? size : min(size, epm.ranksPerRealisation)
    let slab = Slab(extent: epm.shape[0], rank: 0, ranks: group)
    if ranks == nil {
      try configuration.places.blaming("epm.shape") {
        try EpmCommand.checkMemory(epm, ranks: group, over: communicator)
      }
    }
    let rule = EpmCommand.rule(epm, lattice)
    let isSparse = if case .sparse = rule { true } else { false }
    let perRank = EpmCommand.bytesPerRank(epm, ranks: group)
    let planes = "\(slab.ranksInUse) of them with planes, at most \(slab.planes.count)"
    let state = Needs.bytes(20 * Double(lattice.siteCount))
    let lines = [
      "the config is good",
      "lattice         \(epm.shape.map { "\($0)" }.joined(separator: " × ")), \(lattice.siteCount) blocks",
      "decomposition   \(group) rank(s) for each of \(epm.realisations) realisation(s), \(planes)",
      "sweeps          "
        + (isSparse
          ? "sparse, a transform above \(epm.transformAbove) failures and every \(epm.settleAfter)" : "by transform"),
      "memory          about \(Needs.bytes(perRank)) per rank above an empty run",
      "disk            \(state) for the last state, and about 100 bytes for each avalanche",
    ]
    if communicator.isRoot { print(lines.joined(separator: "\n")) }
    return 0
  }
}

/// What a run would take.
struct Needs {
  let text: String

  init(
    _ snapshot: Snapshot, _ layout: SystemLayout, _ configuration: RunConfiguration, ranks: Int
  ) throws {
    let d = snapshot.dimension
    let n = snapshot.totalCount
    let neighbours = layout.estimatedNeighbours
    // Columns, halo, lists, and the fields of the minimiser.
    let perParticle = 130.0 + 4.4 * neighbours + Double(8 * d) * 7 + Double(8 * d * d)
    var frame = Double(n) * Double(8 * d + 4 * d)
    for field in configuration.output.fields {
      frame += Double(n) * Double(8 * (field == "stress" ? d * d : field == "force" || field == "displacement" ? d : 1))
    }
    let box = (0..<d).map { layout.cell.widths[$0].shown }.joined(separator: " × ")
    let cells = (0..<d).map { "\(layout.grid.counts[$0])" }.joined(separator: " × ")
    let range = String(format: "%.4g", layout.range)
    let shares = layout.decomposition.bricks.map(\.count)
    let mostRanks = layout.grid.cellCount
    var lines = [
      "the config is good",
      "particles       \(n) in \(d) dimensions, box \(box)",
      "cells           \(cells), list range \(range)",
      "decomposition   \(ranks) rank(s) of \(shares.min()!) to \(shares.max()!) cells; at most \(mostRanks) ranks",
      "memory          about \(Self.bytes(perParticle * Double(n) / Double(ranks))) per rank above an empty run",
      "disk            \(Self.bytes(frame)) per frame",
    ]
    if configuration.loading != nil {
      let generator = try Model.loading(configuration.loading!.mode, of: configuration, dimension: d).generator(
        dimension: d)
      let schedule = try ShearCommand.schedule(configuration, from: snapshot.strain(countedBy: generator))
      let steps = schedule.strains.count
      // At the start, every so many steps, and at the end.
      let every = configuration.output.every
      let frames = configuration.output.trajectory ? (steps + every - 1) / every + 1 : 0
      lines.append("loading         \(steps) steps, \(frames) frames, \(Self.bytes(frame * Double(frames))) in all")
    }
    if let prepare = configuration.prepare {
      let blocks = try configuration.places.blaming("prepare.block") {
        try BlockGrid(cell: layout.cell, width: prepare.block * layout.largestCutoff)
      }
      let sides = (0..<d).map { "\(blocks.counts[$0])" }.joined(separator: " × ")
      lines.append(
        "prepare         \(prepare.temperatures.count) temperatures of \(prepare.burnIn) + \(prepare.sweeps) sweeps, "
          + "\(sides) blocks in \(blocks.colourCount) colours; at most \(blocks.blockCount) ranks have work")
    }
    text = lines.joined(separator: "\n")
  }

  static func bytes(_ count: Double) -> String {
    count < 1e6
      ? String(format: "%.1f kB", count / 1e3)
      : count < 1e9 ? String(format: "%.1f MB", count / 1e6) : String(format: "%.2f GB", count / 1e9)
  }
}
