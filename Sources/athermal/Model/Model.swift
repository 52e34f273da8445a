import Checkpoints
import Configuration
import Foundation
import Geometry
import Interactions
import MessagePassing
import Particles
import QuasistaticShear
import Statics
import Storage

/// Construction of the objects of the engine from the config.
enum Model {
  static func pairModel(_ potential: PotentialSection) -> PairModel {
    switch potential.kind {
    case .polydisperseIPL:
      .polydisperseIPL(
        exponent: potential.exponent, smoothing: potential.smoothing, cutoff: potential.cutoff,
        nonadditivity: potential.nonadditivity)
    case .bidisperseIPL:
      .bidisperseIPL(exponent: potential.exponent, smoothing: potential.smoothing, cutoff: potential.cutoff)
    case .binaryLJ:
      .binaryLJ(cutoff: potential.cutoff, truncation: truncation(potential.truncation))
    case .harmonic: .harmonic
    case .hertz: .hertz
    }
  }

  private static func truncation(_ word: PotentialSection.Truncation) -> PairModel.Truncation {
    switch word {
    case .energyShift: .energyShift
    case .plain: .plain
    case .forceShift: .forceShift
    case .smooth: .smooth
    }
  }

  /// Returns the configuration that [system] describes, read or generated. Collective.
  /// - Parameter replica: number of the replica. Replicas place their particles with different seeds.
  static func snapshot(
    _ configuration: RunConfiguration<some ParticleCommandSections>, replica: Int = 0, over communicator: Communicator
  ) throws -> Snapshot {
    switch configuration.system.source {
    case .file(let path):
      var snapshot = try configuration.places.namingPlace(of: "system.file") {
        try ConfigurationReader.read(
          path: path, dimension: configuration.system.dimension, frame: configuration.system.frame,
          species: configuration.system.species, over: communicator)
      }
      let report = try configuration.places.namingPlace(of: "potential.kind") {
        try prepare(&snapshot, for: pairModel(configuration.potential), path: path, over: communicator)
      }
      for line in report where communicator.isRoot { print(line) }
      return snapshot
    case .generate(var generate):
      generate.seed &+= UInt64(replica)
      try configuration.places.namingPlace(of: "system.generate.particles") {
        try requireMemory(generate.particles, over: communicator)
      }
      return try placement(generate, configuration.potential).snapshot(over: communicator)
    }
  }

  /// Returns the configuration that [system] describes; if its particles are to be generated, only the part on which
  /// the layout depends. Collective.
  static func outline(_ configuration: RunConfiguration<some ParticleCommandSections>, over communicator: Communicator)
    throws -> Snapshot
  {
    guard case .generate(let generate) = configuration.system.source else {
      return try snapshot(configuration, over: communicator)
    }
    return try placement(generate, configuration.potential).outline()
  }

  private static func placement(
    _ generate: SystemSection.Generate, _ potential: PotentialSection
  ) throws -> RandomPlacement {
    RandomPlacement(
      dimension: generate.dimension, count: generate.particles, density: generate.density, seed: generate.seed,
      composition: try composition(pairModel(potential), potential))
  }

  /// Reads a configuration and prepares it for a potential. The report describes the changes of its cell. Collective.
  static func read(
    _ path: String, dimension: Int?, frame: Int? = nil, for model: PairModel, over communicator: Communicator
  ) throws -> (Snapshot, report: [String]) {
    var snapshot = try ConfigurationReader.read(path: path, dimension: dimension, frame: frame, over: communicator)
    let report = try prepare(&snapshot, for: model, path: path, over: communicator)
    return (snapshot, report)
  }

  /// Prepares a configuration from a file for a potential. Returns a description of the
  /// changes of its cell. Collective.
  static func prepare(
    _ snapshot: inout Snapshot, for model: PairModel, path: String, over communicator: Communicator
  ) throws -> [String] {
    let hadDiameters = snapshot.hasDiameters
    try fit(&snapshot, to: model, path: path, over: communicator)
    let ignored =
      hadDiameters && !snapshot.hasDiameters
      ? ["\(path): its diameters have no effect: this potential takes sizes from the species of particles"] : []
    return try ignored
      + communicator.coordinated {
        do { return try snapshot.reduceTilts() } catch let failure as Failure {
          throw failure.prefixed(by: path)
        }
      }
  }

  /// Verifies that the particles fit into memory, since a typing error could fill it. Each rank may have a machine of
  /// its own, so the estimate is a lower bound.
  static func requireMemory(_ particles: Int, over communicator: Communicator) throws {
    let needed = 400.0 * Double(particles) / Double(communicator.size)
    let present = try communicator.reduce(Double(ProcessInfo.processInfo.physicalMemory), .minimum)
    guard needed <= present else {
      throw Failure.everywhere(
        .input,
        "\(particles) particles need at least \(Int(needed / 1e9)) GB on each of \(communicator.size) "
          + "ranks, and a machine here has \(Int(present / 1e9)) GB; take fewer particles or more ranks")
    }
  }

  /// Returns the mixtures of the papers: 50:50 for the bidisperse inverse power law, 65:35 for Lennard-Jones.
  private static func composition(
    _ model: PairModel, _ potential: PotentialSection
  ) throws -> RandomPlacement.Composition {
    switch model {
    case .bidisperseIPL: return .species(fractionOfFirst: 0.5, diameters: model.speciesDiameters)
    case .binaryLJ: return .species(fractionOfFirst: 0.65, diameters: model.speciesDiameters)
    case .polydisperseIPL, .harmonic, .hertz:
      guard let sizes = potential.sizes else {
        throw Failure.everywhere(
          .input,
          "generated particles of kind '\(potential.kind.rawValue)' need potential.sizes: which sizes is a choice")
      }
      return .sizes(
        RandomPlacement.Sizes(
          exponent: sizes.exponent, minimum: sizes.minimum, maximum: sizes.maximum,
          isStratified: sizes.drawn == .stratified))
    }
  }

  /// Verifies that the particles of a file suit the potential.
  private static func fit(
    _ snapshot: inout Snapshot, to model: PairModel, path: String, over communicator: Communicator
  ) throws {
    switch model.parameter {
    case .size:
      guard snapshot.hasDiameters else {
        throw Failure.everywhere(
          .input,
          "\(path): the file has no diameters, which this potential needs; use 'Atoms # sphere' (LAMMPS data) or "
            + "diameter:R:1 (extended XYZ)")
      }
    case .species:
      let diameters = model.speciesDiameters
      guard snapshot.hasSpecies else {
        throw Failure.everywhere(
          .input,
          "\(path): the file does not say of which species its particles are, which this potential needs; give each "
            + "its species, also if it is the same for all: 'species' from 0 in H5MD (its 'type' is not read); type, "
            + "species or Z in extended XYZ; type or element in a dump")
      }
      guard snapshot.speciesCount <= diameters.count else {
        throw Failure.everywhere(
          .input,
          "\(path): the file has \(snapshot.speciesCount) types, and this potential knows \(diameters.count) species; "
            + "name those that there are with system.species, the first of the potential first, as in [\"28\", \"15\"] "
            + "where the file has atomic numbers, or take a potential whose particles have sizes")
      }
      let names = snapshot.speciesNames
      guard names.isEmpty else {
        throw Failure.everywhere(
          .input,
          "\(path): the file names its species \(names.joined(separator: ", ")), and does not say which is the first "
            + "of this potential; add system.species = [\(names.map { "\"\($0)\"" }.joined(separator: ", "))], the "
            + "first one first")
      }
      for i in 0..<snapshot.particles.count {
        snapshot.particles.diameters[i] = diameters[Int(snapshot.particles.species[i])]
      }
      snapshot.hasDiameters = false
    }
  }

  /// Creates the system that the config describes. Collective.
  static func system(
    _ configuration: RunConfiguration<some ParticleCommandSections>, replica: Int = 0, over communicator: Communicator
  ) throws -> ParticleSystem {
    let snapshot = try snapshot(configuration, replica: replica, over: communicator)
    Heartbeat.enter(phase: "setting up")
    return try namingSource(of: configuration) {
      try ParticleSystem(
        snapshot, interaction: pairModel(configuration.potential).compiled(dimension: snapshot.dimension),
        skin: configuration.neighbours.skin, communicator: communicator)
    }
  }

  /// Calls `work`, which depends on the particles. An input failure is prefixed with the place in
  /// the config that defines them.
  static func namingSource<Result>(
    of configuration: RunConfiguration<some ParticleCommandSections>, _ work: () throws -> Result
  ) throws -> Result {
    let key = if case .generate = configuration.system.source { "system.generate" } else { "system.file" }
    return try configuration.places.namingPlace(of: key, work)
  }

  /// Restores the system of a run from a checkpoint, or creates that of the config if there is none. Collective.
  static func system(
    _ configuration: RunConfiguration<some ParticleCommandSections>, resuming checkpoint: Checkpoint?,
    over communicator: Communicator
  ) throws -> ParticleSystem {
    guard let checkpoint else { return try system(configuration, over: communicator) }
    Heartbeat.enter(phase: "resuming from a checkpoint")
    let dimension = checkpoint.columns["system/position"]?.width ?? 2
    return try ParticleSystem(
      resuming: checkpoint, interaction: pairModel(configuration.potential).compiled(dimension: dimension),
      skin: configuration.neighbours.skin)
  }

  /// Returns the deformation that [loading] of a config describes.
  static func loading(
    _ mode: LoadingSection.Mode, of configuration: RunConfiguration<some ParticleCommandSections>, dimension: Int
  ) throws -> Loading.Mode {
    let key = if case .matrix = mode { "matrix" } else if case .uniaxial = mode { "axis" } else { "plane" }
    return try configuration.places.namingPlace(of: "loading." + key) { try loading(mode, dimension: dimension) }
  }

  /// Returns the deformation that [loading] describes.
  /// - Throws: an input failure if it needs more dimensions than the particles have. The config could not be checked
  ///   for that before the file of particles was read.
  static func loading(_ mode: LoadingSection.Mode, dimension: Int) throws -> Loading.Mode {
    func check(_ axes: Int...) throws {
      guard axes.allSatisfy({ $0 < dimension }) else {
        throw Failure.everywhere(.input, "the axis z does not exist in two dimensions; take x and y")
      }
    }
    switch mode {
    case .simpleShear(let flow, let gradient):
      try check(flow, gradient)
      return .simpleShear(flow: flow, gradient: gradient)
    case .pureShear(let a, let b):
      try check(a, b)
      return .pureShear(a, b)
    case .uniaxial(let axis):
      try check(axis)
      return .uniaxial(axis)
    case .dilation: return .dilation
    case .matrix(let rows):
      guard rows.count == dimension else {
        throw Failure.everywhere(
          .input, "loading.matrix has \(rows.count) rows; the system has dimension \(dimension), and needs as many")
      }
      return .matrix(Tensor(rows))
    }
  }

  static func minimization(_ section: MinimizerSection) -> Minimization {
    let method: Minimization.Method
    switch section.method {
    case .cg: method = .cg
    case .fire: method = .fire
    case .newton: method = .newton
    case .lbfgs: method = .lbfgs
    case .gradientFlow: method = .gradientFlow
    }
    let tolerance: ForceTolerance
    switch section.forceTolerance {
    case .floor: tolerance = .floor
    case .largestComponent(let value): tolerance = .largestComponent(value)
    }
    let preconditioner: PreconditionerKind
    switch section.preconditioner {
    case .multigrid: preconditioner = .multigrid
    case .blockJacobi: preconditioner = .blockJacobi
    }
    return Minimization(
      method: method, preconditioner: preconditioner, tolerance: tolerance,
      maximumEvaluations: section.maximumEvaluations)
  }
}
