import Configuration
import Foundation
import Interactions
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
    // Every config can be minimised; a loading is checked where there is one.
    let configuration = try RunConfiguration.load(
      path: config, overrides: overrides, command: "minimize", over: communicator)
    let snapshot = try Model.outline(configuration, over: communicator)
    if let loading = configuration.loading { try ShearCommand.check(loading, dimension: snapshot.dimension) }
    let interaction = Model.pairModel(configuration.potential).compiled(dimension: snapshot.dimension)
    let size = ranks ?? communicator.size
    let needs = try Needs(snapshot, interaction, configuration, ranks: size, over: communicator)
    if communicator.isRoot { print(needs.text) }
    return 0
  }
}

/// What a run would take.
private struct Needs {
  let text: String

  init(
    _ snapshot: Snapshot, _ interaction: PairInteraction, _ configuration: RunConfiguration, ranks: Int,
    over communicator: Communicator
  ) throws {
    let d = snapshot.dimension
    let n = snapshot.totalCount
    let layout = try SystemLayout(
      snapshot, interaction: interaction, skin: configuration.neighbours.skin, ranks: ranks, over: communicator)
    let neighbours = layout.estimatedNeighbours
    // Columns, halo, lists, and the fields of the minimiser.
    let perParticle = 130.0 + 4.4 * neighbours + Double(8 * d) * 7 + Double(8 * d * d)
    var frame = Double(n) * Double(8 * d + 4 * d)
    for field in configuration.output.fields {
      frame += Double(n) * Double(8 * (field == "stress" ? d * d : field == "force" || field == "displacement" ? d : 1))
    }
    var lines = [
      "the config is good",
      "particles       \(n) in \(d) dimensions, box \((0..<d).map { String(format: "%.6g", layout.cell.widths[$0]) }.joined(separator: " × "))",
      "cells           \((0..<d).map { "\(layout.grid.counts[$0])" }.joined(separator: " × ")), list range \(String(format: "%.4g", layout.range))",
      "decomposition   \(ranks) rank(s) of \(layout.decomposition.bricks.map(\.count).min()!) to \(layout.decomposition.bricks.map(\.count).max()!) cells; at most \(layout.grid.cellCount) ranks",
      "memory          about \(Self.bytes(perParticle * Double(n) / Double(ranks))) per rank above an empty run",
      "disk            \(Self.bytes(frame)) per frame",
    ]
    if let loading = configuration.loading {
      let schedule = try ShearCommand.schedule(loading, from: snapshot.strain)
      let steps = schedule.strains.count
      // At the start, every so many steps, and at the end.
      let every = configuration.output.every
      let frames = configuration.output.trajectory ? (steps + every - 1) / every + 1 : 0
      lines.append("loading         \(steps) steps, \(frames) frames, \(Self.bytes(frame * Double(frames))) in all")
    }
    if let prepare = configuration.prepare {
      let blocks = try BlockGrid(cell: layout.cell, width: prepare.block * layout.largestCutoff)
      let sides = (0..<d).map { "\(blocks.counts[$0])" }.joined(separator: " × ")
      lines.append(
        "prepare         \(prepare.temperatures.count) temperatures of \(prepare.burnIn) + \(prepare.sweeps) sweeps, \(sides) blocks in "
          + "\(blocks.colourCount) colours; at most \(blocks.blockCount) ranks have work")
    }
    text = lines.joined(separator: "\n")
  }

  private static func bytes(_ count: Double) -> String {
    count < 1e6
      ? String(format: "%.1f kB", count / 1e3)
      : count < 1e9 ? String(format: "%.1f MB", count / 1e6) : String(format: "%.2f GB", count / 1e9)
  }
}
