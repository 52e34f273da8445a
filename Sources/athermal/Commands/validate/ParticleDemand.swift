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
  private let memory: ParticleMemory
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
    memory = ParticleMemory(snapshot, layout, interaction, skin: configuration.neighbours.skin)
    spacing = meanSpacing(volume: layout.cell.volume, count: snapshot.totalCount, dimension: snapshot.dimension)
  }

  /// Returns the bytes of one frame with fields per particle.
  func frame(_ fields: [String]) -> Double {
    let d = snapshot.dimension
    let vectors = ["force", "displacement", "velocity"]
    let widths = fields.map { $0 == "stress" ? d * d : vectors.contains($0) ? d : 1 }
    return Double(snapshot.totalCount) * Double(12 * d + widths.reduce(0) { $0 + 8 * $1 })
  }

  /// Returns a description of the resources, one per line.
  /// - Parameters:
  ///   - fields: number of fields in a frame.
  ///   - needs: memory of the command besides that of the particles and of a frame, in bytes.
  func lines(fields: Int = 0, _ needs: (ParticleMemory) -> Double = { _ in 0 }) -> [String] {
    let d = snapshot.dimension
    let n = snapshot.totalCount
    let box = (0..<d).map { layout.cell.widths[$0].shown }.joined(separator: " × ")
    let cells = (0..<d).map { "\(layout.grid.counts[$0])" }.joined(separator: " × ")
    let bricks = layout.decomposition.bricks.map(\.count)
    let bytes = Self.bytes(memory.system + memory.frame(fields: fields) + needs(memory))
    return [
      "particles       \(n) in \(d) dimensions, box \(box)",
      "cells           \(cells), list range \(String(format: "%.4g", layout.range))",
      "decomposition   \(ranks.count) rank(s) of \(bricks.min()!) to \(bricks.max()!) cells; at most "
        + "\(layout.grid.cellCount) ranks",
      "memory          about \(bytes) per rank above an empty run",
    ]
  }

  static func bytes(_ count: Double) -> String {
    count < 1e6
      ? String(format: "%.1f kB", count / 1e3)
      : count < 1e9 ? String(format: "%.1f MB", count / 1e6) : String(format: "%.2f GB", count / 1e9)
  }
}
