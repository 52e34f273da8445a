import Configuration
import Foundation
import Interactions
import MessagePassing
import Particles

/// Resources that a run of particles would need on a given number of ranks: memory, cells, disk. Nothing is computed.
struct ParticleDemand {
  let snapshot: Snapshot
  let layout: SystemLayout
  let ranks: TargetRanks
  let interaction: PairInteraction
  /// Mean distance d between particles.
  let spacing: Double

  /// Estimates the resources of a config. Collective.
  /// - Throws: an input failure if the particles cannot be read, or do not fit.
  init(
    _ configuration: RunConfiguration<some ParticleCommandSections>, on ranks: TargetRanks,
    over communicator: Communicator
  ) throws {
    self.ranks = ranks
    // The ranks in question may be on another machine.
    if ranks.areHere, case .generate(let generate) = configuration.system.source {
      try configuration.places.namingPlace(of: "system.generate.particles") {
        try Model.requireMemory(generate.particles, over: communicator)
      }
    }
    let snapshot = try Model.outline(configuration, over: communicator)
    let interaction = Model.pairModel(configuration.potential).compiled(dimension: snapshot.dimension)
    let layout = try Model.namingSource(of: configuration) {
      try SystemLayout(
        snapshot, interaction: interaction, skin: configuration.neighbours.skin, ranks: ranks.count, over: communicator)
    }
    self.snapshot = snapshot
    self.interaction = interaction
    self.layout = layout
    spacing = meanSpacing(volume: layout.cell.volume, count: snapshot.totalCount, dimension: snapshot.dimension)
  }

  /// Returns the bytes of one frame with fields per particle.
  func frame(_ fields: [String]) -> Double {
    let d = snapshot.dimension
    let widths = fields.map { $0 == "stress" ? d * d : $0 == "force" || $0 == "displacement" ? d : 1 }
    return Double(snapshot.totalCount) * Double(12 * d + widths.reduce(0) { $0 + 8 * $1 })
  }

  /// Returns a description of the resources, one per line.
  /// - Parameter fields: the fields per particle in a frame.
  func lines(fields: [String] = []) -> [String] {
    let d = snapshot.dimension
    let n = snapshot.totalCount
    // The sum of columns, halo, lists, and fields of the minimiser.
    let perParticle = 130.0 + 4.4 * layout.estimatedNeighbours + Double(8 * d) * 7 + Double(8 * d * d)
    let box = (0..<d).map { layout.cell.widths[$0].shown }.joined(separator: " × ")
    let cells = (0..<d).map { "\(layout.grid.counts[$0])" }.joined(separator: " × ")
    let bricks = layout.decomposition.bricks.map(\.count)
    let memory = Self.bytes(perParticle * Double(n) / Double(ranks.count))
    return [
      "particles       \(n) in \(d) dimensions, box \(box)",
      "cells           \(cells), list range \(String(format: "%.4g", layout.range))",
      "decomposition   \(ranks.count) rank(s) of \(bricks.min()!) to \(bricks.max()!) cells; at most "
        + "\(layout.grid.cellCount) ranks",
      "memory          about \(memory) per rank above an empty run",
      "disk            \(Self.bytes(frame(fields))) per frame",
    ]
  }

  static func bytes(_ count: Double) -> String {
    count < 1e6
      ? String(format: "%.1f kB", count / 1e3)
      : count < 1e9 ? String(format: "%.1f MB", count / 1e6) : String(format: "%.2f GB", count / 1e9)
  }
}
