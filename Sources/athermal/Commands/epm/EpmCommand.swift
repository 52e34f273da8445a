import Checkpoints
import Configuration
import ElasticLattice
import ElastoPlastic
import Foundation
import FourierGrid
import MessagePassing
import Statistics
import Storage

/// The quasistatic elasto-plastic model: one lattice on all ranks, or many realisations on groups of them.
struct EpmCommand: RunCommand {
  /// Name in checkpoints.
  private static let key = "end"

  static let canResume = true
  static let outputs = ["epm.h5", "epm.h5.unfinished", "fields.vtkhdf"]
  static let guide = CommandGuide(
    running: "epm", canResume: canResume, summary: "run a quasistatic elasto-plastic model on a lattice",
    text: "Loads a lattice of blocks, which yield at thresholds and redistribute stress in avalanches.",
    examples: ["athermal epm Configs/epm-ductile.toml --output runs/l"])

  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] {
    [
      ("epm.h5", "A", Avalanche.schema(dimension: 3).description),
      ("epm.h5", "K", LatticeSample.schema(shape: [1, 1, 1], bins: 1).description),
      ("epm.h5", "", ElastoPlasticModel.residualEdges.description),
      ("epm.h5", "", ElastoPlasticModel.frames.description), ("epm.h5", "", ElastoPlasticModel.lastState.description),
    ]
  }

  let arguments: RunArguments

  /// Returns the memory, planes and disk space that a run would need. Files of thresholds are
  /// read only when a run starts.
  static func demand(
    of configuration: EpmConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    let epm = configuration.epm
    let lattice = Lattice(shape: epm.shape)
    let group = epm.realisations == 1 ? ranks.count : min(ranks.count, epm.ranksPerRealisation)
    let slab = Slab(extent: epm.shape[0], rank: 0, ranks: group)
    if ranks.areHere {
      try configuration.places.namingPlace(of: "epm.shape") { try checkMemory(epm, ranks: group, over: communicator) }
    }
    let isSparse = if case .sparse = rule(epm, lattice) { true } else { false }
    let sides = epm.shape.map { "\($0)" }.joined(separator: " × ")
    let sweeps =
      isSparse
      ? "sparse, a transform above \(epm.transformAbove) failures and every \(epm.settleAfter)" : "by transform"
    let memory = ParticleDemand.bytes(bytesPerRank(epm, ranks: group))
    let disk = ParticleDemand.bytes(20 * Double(lattice.siteCount))
    return [
      "lattice         \(sides), \(lattice.siteCount) blocks",
      "decomposition   \(group) rank(s) for each of \(epm.realisations) realisation(s), \(slab.ranksInUse) of them "
        + "with planes, at most \(slab.planes.count)",
      "sweeps          \(sweeps)",
      "memory          about \(memory) per rank above an empty run",
      "disk            \(disk) for the last state, and about 100 bytes for each avalanche",
    ]
  }

  func compute(_ run: Run<EpmSections>) throws -> Int32 {
    let (configuration, folder, world) = (run.configuration, run.folder, run.communicator)
    let groups = try Self.groups(configuration.epm, over: world)
    let isSingle = groups.taskCount == 1
    var summaries: [Int: EpmSummary] = [:]
    var statistics = SteadyStatistics()
    let progress = Progress(isShown: world.isRoot)
    if !isSingle {
      // A failure that refuses one realisation would refuse all of them.
      if !folder.hasCheckpoints { try groups.tryFirst { try Self.check(configuration, $0, over: $1) } }
      try folder.begin(resuming: folder.hasCheckpoints)
    }
    try groups.run { realisation, communicator in
      let place = isSingle ? folder.path : folder.file(String(format: "realisation-%04d", realisation))
      let (summary, steady) = try simulate(
        configuration, realisation, in: place, folder, groups, progress, over: communicator)
      summaries[realisation] = summary
      if communicator.isRoot { statistics.add(steady) }
    }
    try EpmSummary.write(try groups.gather(summaries), statistics, configuration, to: folder, over: world)
    return 0
  }

  /// Returns the groups of ranks: all ranks for a single realisation, or several groups. Prints
  /// which ranks are idle. Collective.
  private static func groups(_ epm: EpmSection, over world: Communicator) throws -> RankGroups {
    let wanted = epm.realisations == 1 ? world.size : epm.ranksPerRealisation
    if world.isRoot {
      let inUse = Slab(extent: epm.shape[0], rank: 0, ranks: world.size).ranksInUse
      if epm.realisations == 1, inUse < world.size {
        print("\(inUse) of \(world.size) ranks hold planes of the lattice; the others only wait")
      } else if wanted > world.size {
        print(
          "epm.ranks_per_realisation = \(wanted), but there are \(world.size) ranks; each realisation takes all of them"
        )
      } else if world.size % wanted != 0 {
        print("\(world.size % wanted) of \(world.size) ranks have nothing to do in groups of \(wanted)")
      }
    }
    return try RankGroups(
      epm.realisations, ranksPerGroup: wanted, noun: epm.realisations == 1 ? nil : "realisation", over: world)
  }

  /// Computes one realisation, from thresholds to files. Collective over the ranks of its group.
  private func simulate(
    _ configuration: EpmConfiguration, _ realisation: Int, in place: String, _ folder: RunFolder,
    _ groups: RankGroups, _ progress: Progress, over communicator: Communicator
  ) throws -> (EpmSummary, SteadyStatistics) {
    let started = Date()
    let epm = configuration.epm
    let isSingle = groups.taskCount == 1
    if !isSingle { try communicator.coordinated { if communicator.isRoot { try Folder.make(place) } } }
    let checkpoints = try RunCheckpoints(
      arguments, in: place + "/checkpoints", part: isSingle ? nil : "realisation \(realisation)", configuration,
      over: communicator)
    let saved = checkpoints.saved
    if isSingle, saved != nil { try folder.begin(resuming: true) }
    if let saved, saved.holds(Self.key) {
      let end = try saved.value(End.self, of: Self.key)
      try folder.resuming(from: saved) { for file in end.files ?? [] { try file.check(in: place, over: communicator) } }
      return (end.summary, end.statistics)
    }
    let lattice = Lattice(shape: epm.shape)
    try configuration.places.namingPlace(of: "epm.shape") {
      try Self.checkMemory(epm, ranks: communicator.size, over: communicator)
    }
    let transform = try LatticeTransform(lattice, over: communicator)
    let kernel = StressKernel(
      lattice, discretisation: epm.kernel == .continuum ? .continuum : .lattice,
      control: epm.control == .strain ? .strain : .stress)
    let model = try ElastoPlasticModel(
      try Self.material(configuration, lattice, transform.planes, realisation, over: communicator), kernel: kernel,
      rule: Self.rule(epm, lattice),
      maximumSweeps: epm.maximumSweeps, transform: transform, over: communicator)
    if isSingle { try folder.begin() }
    let output = try folder.resuming(from: saved) {
      try EpmOutput(
        place, configuration, model, folder: isSingle ? folder : nil,
        turn: (groups.mine.firstIndex(of: realisation)!, groups.mine.count), progress: progress, resuming: saved)
    }
    do {
      try model.run(
        Self.path(epm), samples: Self.samples(epm), observer: output,
        safePoint: checkpoints.safePoint.within(output.save),
        resuming: saved)
      let end = End(
        summary: try output.finish(
          model, realisation: realisation, seconds: try communicator.broadcast(Date().timeIntervalSince(started))),
        statistics: output.statistics,
        files: try output.files.map { try FileRecord(finished: $0, in: place, over: communicator) })
      try checkpoints.safePoint.within { try $0.put(end, as: Self.key) }.end()
      return (end.summary, end.statistics)
    } catch let failure as Failure where failure.agreedRank != nil && failure.kind != .stopped {
      // If there is a checkpoint, keep the files with which it can be resumed.
      if try checkpoints.isEmpty() { output.discard() }
      throw failure
    }
  }

  /// Result of a realisation whose files are written.
  private struct End: Codable {
    var summary: EpmSummary
    var statistics: SteadyStatistics
    /// Records of the files; nil in checkpoints from before they were recorded.
    var files: [FileRecord]?
  }

  /// Verifies that a realisation can be made from the inputs in the config. Collective over the ranks of its group.
  private static func check(_ configuration: EpmConfiguration, _ realisation: Int, over communicator: Communicator)
    throws
  {
    let lattice = Lattice(shape: configuration.epm.shape)
    try configuration.places.namingPlace(of: "epm.shape") {
      try checkMemory(configuration.epm, ranks: communicator.size, over: communicator)
    }
    let planes = Slab(extent: lattice.shape[0], rank: communicator.rank, ranks: communicator.size).planes
    _ = try material(configuration, lattice, planes, realisation, over: communicator)
  }

  private static func material(
    _ configuration: EpmConfiguration, _ lattice: Lattice, _ planes: Range<Int>, _ realisation: Int,
    over communicator: Communicator
  ) throws -> ElastoPlasticModel.Material {
    let (epm, places) = (configuration.epm, configuration.places)
    let eigenstrain: ElastoPlasticModel.Eigenstrain =
      switch epm.eigenstrain {
      case .single(let value): .single(value)
      case .drawn(let numbers):
        .drawn(try places.namingPlace(of: "epm.eigenstrain") { try numbers.distribution(over: communicator) })
      }
    return ElastoPlasticModel.Material(
      modulus: (epm.modulus.initial, epm.modulus.renewed),
      thresholds: try places.namingPlace(of: "epm.thresholds") {
        try epm.thresholds.source("thresholds", of: lattice, planes: planes, isRenewal: false, over: communicator)
      },
      renewal: try places.namingPlace(of: "epm.renewal") {
        try epm.renewal.source("renewal", of: lattice, planes: planes, isRenewal: true, over: communicator)
      },
      eigenstrain: eigenstrain, bothSigns: epm.yielding == .both, seed: epm.seed, realisation: realisation)
  }

  /// Largest table for the sparse rule, in numbers. The rule needs a table of a quarter of the lattice (an
  /// eighth in three dimensions) on every rank. A square of 11 000 blocks reaches this limit; in larger
  /// lattices every sweep is a transform.
  private static let largestTable = 1 << 25

  static func rule(_ epm: EpmSection, _ lattice: Lattice) -> UpdateRule {
    switch epm.update {
    case .sparse:
      RealSpaceKernel.tableSize(lattice) > largestTable
        ? .transform : .sparse(failures: epm.transformAbove, pending: epm.settleAfter)
    case .transform: .transform
    case .everywhere: .everywhere
    }
  }

  /// Returns the memory of the rank with most planes, above that of an empty run, in bytes.
  static func bytesPerRank(_ epm: EpmSection, ranks: Int) -> Double {
    let lattice = Lattice(shape: epm.shape)
    let planes = Slab(extent: epm.shape[0], rank: 0, ranks: ranks).planes.count
    let own = Double(planes) * Double(lattice.planeSize)
    // The sum of: a table of the kernel with bounds for its tiles, which are a quarter of it; stress, threshold,
    // candidate number and yield count of each block; the field and its spectrum.
    var bytes = own * (8 + 8 + 4 + 4 + 2 * 8.5)
    if case .dataset = epm.renewal { bytes += 16 * own }
    if case .sparse = rule(epm, lattice) { bytes += 12 * Double(RealSpaceKernel.tableSize(lattice)) + 4.2 * own }
    return bytes
  }

  /// Verifies, before anything is computed, that the lattice fits into memory.
  static func checkMemory(_ epm: EpmSection, ranks: Int, over communicator: Communicator) throws {
    let needed = bytesPerRank(epm, ranks: ranks)
    let there = try communicator.reduce(Double(ProcessInfo.processInfo.physicalMemory), .minimum)
    guard needed > there else { return }
    throw Failure.everywhere(
      .input,
      "epm.shape = \(epm.shape) needs some \(Int(needed / 1e9)) GB per rank, and a machine here has "
        + "\(Int(there / 1e9)) GB; take more ranks on more machines, or a smaller shape")
  }

  private static func path(_ epm: EpmSection) -> LoadingPath {
    switch epm.path {
    case .finalStrain(let strain): LoadingPath(.strain, to: strain)
    case .finalStress(let stress, let limit): LoadingPath(.stress(strainLimit: limit), to: stress)
    case .cycles(let amplitude, let count): LoadingPath(cyclesOf: amplitude, count: count)
    }
  }

  /// Returns the strains of the samples: multiples of the sample strain, and the end.
  private static func samples(_ epm: EpmSection) -> [Double] {
    let end: Double
    switch epm.path {
    case .finalStrain(let strain): end = strain
    case .finalStress(_, let limit): end = limit
    case .cycles: return []
    }
    let count = Int((end / epm.sampleStrain * (1 + 1e-12)).rounded(.down))
    let multiples: [Double] = (0...count).map { Double($0) * epm.sampleStrain }
    return multiples.filter { $0 < end * (1 - 1e-12) } + [end]
  }
}
