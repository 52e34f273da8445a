import Configuration
import Foundation
import Geometry
import Interactions
import MessagePassing
import Particles
import Preparation
import Statics

/// Benchmark of one part of the particle engine. The figures are printed as one JSON object.
struct EngineBenchmark {
  private enum Part: String {
    case kernel, halo, minimise, aqs, events, response, swap, yieldmap
  }

  private let part: Part
  private let count: Int
  private let dimension: Int
  private let repeats: Int
  private let file: String?
  private let skin: Double
  private let kind: String
  /// Largest force component at which a minimisation ends, in mean bond forces; nil for a fixed number of iterations.
  private let tolerance: Double?
  /// Density of generated particles; nil for that of the paper.
  private let density: Double?
  /// Temperature of Monte Carlo moves, in units of ε.
  private let temperature: Double
  private let swapFraction: Double
  private let sizeWindow: Double
  private let block: Double

  /// Minimiser of the strain steps of `aqs`, and their length.
  private let minimizer: Minimization.Method
  private let preconditioner: PreconditionerKind
  private let strainStep: Double

  /// Solvers that `response` compares.
  private let solvers: [ExpandSection.Solver]

  private static let usage =
    "athermal benchmark kernel|halo|minimise|aqs|events|response|swap|yieldmap [--particles N] [--model KIND] "
    + "[--dimension 2|3] [--repeat R] [--file FILE] [--skin S] [--tolerance T] [--solvers cg,multigrid,amg,direct] "
    + "[--density D] [--method newton|cg|fire|lbfgs|gradient-flow] [--preconditioner multigrid|block-jacobi] "
    + "[--strain-step Δγ] [--temperature T] [--swap-fraction F] [--size-window W] [--block B]"

  init(_ words: [String]) throws {
    let arguments = try Arguments(
      words,
      options: [
        "--particles", "--model", "--dimension", "--repeat", "--file", "--skin", "--tolerance", "--solvers",
        "--density",
        "--temperature", "--swap-fraction", "--size-window", "--block", "--method", "--preconditioner", "--strain-step",
      ], plain: 1...1,
      usage: Self.usage)
    guard let part = Part(rawValue: arguments.plain[0]) else {
      throw Failure.everywhere(.input, "there is no benchmark '\(arguments.plain[0])'; usage: \(Self.usage)")
    }
    self.part = part
    count = try arguments.integer("--particles", in: 16...1_000_000_000_000) ?? 16384
    dimension = try arguments.integer("--dimension", in: 2...3) ?? 2
    repeats = try arguments.integer("--repeat", in: 1...1_000_000) ?? 50
    file = arguments.value("--file")
    skin = try arguments.real("--skin") ?? 0.3
    tolerance = try arguments.real("--tolerance")
    solvers = try (arguments.value("--solvers") ?? "cg,multigrid").split(separator: ",").map {
      guard let solver = ExpandSection.Solver(rawValue: String($0)) else {
        throw Failure.everywhere(.input, "there is no solver '\($0)'; usage: \(Self.usage)")
      }
      return solver
    }
    func word<Choice: RawRepresentable<String>>(_ option: String, _ standard: Choice) throws -> Choice {
      guard let text = arguments.value(option) else { return standard }
      guard let choice = Choice(rawValue: text) else {
        throw Failure.everywhere(.input, "\(option) does not know '\(text)'; usage: \(Self.usage)")
      }
      return choice
    }
    minimizer = try word("--method", .newton)
    preconditioner = try word("--preconditioner", .multigrid)
    strainStep = try arguments.real("--strain-step") ?? 1e-3
    density = try arguments.real("--density")
    temperature = try arguments.real("--temperature") ?? 0.6
    swapFraction = try arguments.real("--swap-fraction") ?? 0.2
    sizeWindow = try arguments.real("--size-window") ?? 0.2
    block = try arguments.real("--block") ?? 2
    guard density ?? 1 > 0, temperature > 0, swapFraction >= 0, swapFraction < 1, sizeWindow > 0, block >= 1 else {
      throw Failure.everywhere(
        .input,
        "a density, a temperature and a size window are greater than 0, a swap fraction is in [0, 1), "
          + "a block at least 1")
    }
    kind = arguments.value("--model") ?? "polydisperse-ipl"
    guard Self.models[kind] != nil else {
      throw Failure.everywhere(
        .input, "there is no model '\(kind)'; the models are \(Self.models.keys.sorted().joined(separator: ", "))")
    }
  }

  /// Models with the densities of the papers; for soft spheres, a density well above jamming.
  private static let models:
    [String: (model: PairModel, density: (Double, Double), composition: RandomPlacement.Composition)] = {
      let sizes = RandomPlacement.Sizes(exponent: -3, minimum: 1, maximum: 2.22, isStratified: true)
      let narrow = RandomPlacement.Sizes(exponent: -3, minimum: 1, maximum: 1.4, isStratified: true)
      let polydisperse = PairModel.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1)
      let bidisperse = PairModel.bidisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4)
      let lennardJones = PairModel.binaryLJ(cutoff: 2.5, truncation: .energyShift)
      return [
        "polydisperse-ipl": (polydisperse, (0.86, 0.58), .sizes(sizes)),
        "bidisperse-ipl": (
          bidisperse, (0.86, 0.82), .species(fractionOfFirst: 0.5, diameters: bidisperse.speciesDiameters)
        ),
        "binary-lj": (
          lennardJones, (1.2, 1.2), .species(fractionOfFirst: 0.65, diameters: lennardJones.speciesDiameters)
        ),
        "harmonic": (.harmonic, (0.9, 0.8), .sizes(narrow)),
        "hertz": (.hertz, (0.9, 0.8), .sizes(narrow)),
      ]
    }()

  func run(over communicator: Communicator) throws -> Int32 {
    let system = try makeSystem(over: communicator)
    if part == .yieldmap { return try YieldmapBenchmark(system).run() }
    var figures = try Figures(system, kind: kind)
    switch part {
    case .kernel: try measureKernel(system, &figures)
    case .halo: try measureHalo(system, &figures)
    case .minimise: try measureMinimisation(system, &figures)
    case .aqs:
      figures.strainSteps = try StrainStepBenchmark(
        method: minimizer, preconditioner: preconditioner, strainStep: strainStep, steps: repeats,
        tolerance: tolerance ?? 1e-8
      ).run(system)
    case .events:
      figures.events = try EventBenchmark(strainStep: strainStep, steps: repeats, tolerance: tolerance ?? 1e-9).run(
        system)
    case .response: figures.response = try ResponseBenchmark(tolerance: tolerance ?? 1e-8, solvers: solvers).run(system)
    case .swap: try measureSwap(system, &figures)
    case .yieldmap: break
    }
    figures.peakMegabytesPerRank = try communicator.reduce(Double(Timing.peakBytes) / 1e6, .maximum)
    if communicator.isRoot {
      print(String(decoding: try RunFolder.encoder(pretty: true).encode(figures), as: UTF8.self))
    }
    return 0
  }

  /// Reads the system from a file, or places particles at random and relaxes them until the forces
  /// are those of a liquid at rest.
  private func makeSystem(over communicator: Communicator) throws -> ParticleSystem {
    let entry = Self.models[kind]!
    if let file {
      let (snapshot, _) = try Model.read(file, dimension: nil, for: entry.model, over: communicator)
      return try ParticleSystem(
        snapshot, interaction: entry.model.compiled(dimension: snapshot.dimension), skin: skin,
        communicator: communicator)
    }
    try Model.requireMemory(count, over: communicator)
    let placement = RandomPlacement(
      dimension: dimension, count: count, density: density ?? (dimension == 2 ? entry.density.0 : entry.density.1),
      seed: 1,
      composition: entry.composition)
    let system = try ParticleSystem(
      placement.snapshot(over: communicator), interaction: entry.model.compiled(dimension: dimension), skin: skin,
      communicator: communicator)
    // A million particles take minutes.
    let progress = Progress(isShown: communicator.isRoot)
    system.onEvaluation = { progress.show("preparing \(count) particles, evaluation \($0.evaluations)", fraction: 0) }
    defer { system.onEvaluation = nil }
    try OverlapRelaxation().relax(system)
    let scale = try system.bondStatistics().meanForce
    _ = try ConjugateGradient().minimize(system, tolerance: 0.3 * scale, maximumEvaluations: 300)
    return system
  }

  // MARK: Parts

  private func measureKernel(_ system: ParticleSystem, _ figures: inout Figures) throws {
    try system.evaluate(.forcesEnergyAndStress)
    let full = try median(system) { try system.evaluate(.forcesEnergyAndStress) }
    let forces = try median(system) { try system.evaluate(.forces) }
    let hessian = try hessianTime(system)
    let rebuild = try median(system, repeats: max(3, repeats / 10)) { try system.rebuild() }
    try system.evaluate(.forcesEnergyAndStress)
    let pairs = try system.communicator.reduce(system.listedPairs, .sum)
    let ranks = Double(system.communicator.size)
    figures.energyPerParticle = try system.totals().energy / Double(system.totalCount)
    figures.millisecondsPerEvaluation = full * 1e3
    figures.millisecondsForcesAlone = forces * 1e3
    figures.millisecondsPerHessianProduct = hessian * 1e3
    figures.millisecondsPerRebuild = rebuild * 1e3
    figures.listedPairs = pairs
    figures.padding = system.padding
    figures.nanosecondsPerListedPair = full * 1e9 * ranks / Double(pairs)
    figures.nanosecondsPerParticle = full * 1e9 * ranks / Double(system.totalCount)
    figures.evaluationsPerSecond = 1 / full
  }

  private func hessianTime(_ system: ParticleSystem) throws -> Double {
    let field = system.makeField(width: system.dimension)
    let result = system.makeField(width: system.dimension)
    field.copy(system.forces)
    return try median(system) { try system.multiplyHessian(field, into: result) }
  }

  private func measureHalo(_ system: ParticleSystem, _ figures: inout Figures) throws {
    let field = system.makeField(width: system.dimension)
    let before = system.haloStatistics
    let time = try median(system) { try system.gather(field) }
    let after = system.haloStatistics
    let gathers = Double(after.gathers - before.gathers)
    let communicator = system.communicator
    figures.millisecondsPerGather = time * 1e3
    figures.messagesPerGather = try communicator.reduce(Double(after.messages - before.messages) / gathers, .maximum)
    figures.bytesPerGather = try communicator.reduce(Double(after.bytes - before.bytes) / gathers, .maximum)
    // Positions are sent as whole records of 32 bytes.
    figures.bytesPerPositionExchange =
      figures.bytesPerGather! * 32 / Double(8 * system.dimension)
  }

  /// Times 200 iterations of conjugate gradients and, if a tolerance is given, a minimisation down to it.
  private func measureMinimisation(_ system: ParticleSystem, _ figures: inout Figures) throws {
    let communicator = system.communicator
    var started = Date()
    let sumsBefore = system.statistics.sumSeconds
    let rebuildsBefore = system.statistics.rebuilds
    var iterations = 0
    var evaluations = 0
    var residual = 0.0
    while iterations < 200 {
      let result = try ConjugateGradient().minimize(
        system, tolerance: 0, maximumEvaluations: max(2, 2 * (200 - iterations)))
      iterations += result.iterations
      evaluations += result.evaluations
      residual = result.forceMax
    }
    let seconds = try communicator.reduce(Date().timeIntervalSince(started), .maximum)
    let scale = try system.bondStatistics().meanForce
    figures.conjugateGradientIterations = iterations
    figures.conjugateGradientEvaluations = evaluations
    figures.conjugateGradientSeconds = seconds
    figures.conjugateGradientResidual = residual / scale
    figures.rebuilds = system.statistics.rebuilds - rebuildsBefore
    figures.evaluationsPerSecond = Double(evaluations) / seconds
    figures.shareOfSums = (system.statistics.sumSeconds - sumsBefore) / seconds

    guard let tolerance else { return }
    started = Date()
    let result = try Minimization(
      method: .cg, tolerance: .largestComponent(tolerance * scale), maximumEvaluations: 10_000_000
    ).run(system)
    figures.minimisationSeconds = try communicator.reduce(Date().timeIntervalSince(started), .maximum)
    figures.minimisationTolerance = result.tolerance
    figures.minimisationEvaluations = result.evaluations + result.hessianProducts
    figures.minimisationResidual = result.forceMax
  }

  /// Times sweeps of SWAP Monte Carlo, after some sweeps that bring the liquid near its temperature and tune the step.
  private func measureSwap(_ system: ParticleSystem, _ figures: inout Figures) throws {
    try system.evaluate(.forcesEnergyAndStress)
    let window = Self.models[kind]!.model.parameter == .size ? sizeWindow : Double.infinity
    let monteCarlo = try SwapMonteCarlo(
      system,
      rule: MoveRule(
        temperature: temperature, step: 0.1 * system.spacing, swapFraction: swapFraction, sizeWindow: window),
      block: block, seed: 1)
    for _ in 0..<50 {
      for _ in 0..<4 { try monteCarlo.sweep() }
      monteCarlo.tuneStep(try monteCarlo.takeTally(), to: 0.35)
    }
    let before = clock()
    let time = try median(system) { try monteCarlo.sweep() }
    let spent = Double(clock() - before) / Double(CLOCKS_PER_SEC)
    let tally = try monteCarlo.takeTally()
    figures.temperature = temperature
    figures.density = Double(system.totalCount) / system.cell.volume
    figures.millisecondsPerSweep = time * 1e3
    figures.trialMovesPerSecond = Double(system.totalCount) / time
    figures.trialMovesPerSecondAndRank = Double(system.totalCount) / time / Double(system.communicator.size)
    figures.trialMovesPerProcessorSecond =
      Double(system.totalCount * repeats) / (try system.communicator.reduce(spent, .sum))
    figures.step = monteCarlo.rule.step
    figures.blocks = monteCarlo.particles.grid.blockCount
    figures.acceptanceDisplacement = tally.displacementAcceptance
    figures.acceptanceSwap = tally.swapAcceptance
    figures.swapsWithinWindow = Double(tally.eligibleSwaps) / Double(tally.swaps)
    figures.energyPerParticle = monteCarlo.energy / Double(system.totalCount)
  }

  /// Returns the median over repeats of the time of the slowest rank.
  private func median(_ system: ParticleSystem, repeats: Int? = nil, _ work: () throws -> Void) throws -> Double {
    let communicator = system.communicator
    var times: [Double] = []
    for _ in 0..<(repeats ?? self.repeats) {
      try communicator.barrier()
      let clock = ContinuousClock()
      let time = try clock.measure { try work() }
      let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
      times.append(try communicator.reduce(seconds, .maximum))
    }
    return times.sorted()[times.count / 2]
  }

  /// Figures of a benchmark. Times are those of the slowest rank; counts per rank are the largest over the ranks.
  /// More than 20 properties: one for each key.
  private struct Figures: Encodable {
    var model: String
    var dimension: Int
    var particles: Int
    var ranks: Int
    var skin: Double
    var commit = Build.commit
    var build = Build.text
    var ownedPerRank: Int
    var ghostsPerRank: Int
    var peakMegabytesPerRank: Double?

    var energyPerParticle: Double?
    var millisecondsPerEvaluation: Double?
    var millisecondsForcesAlone: Double?
    var millisecondsPerHessianProduct: Double?
    var millisecondsPerRebuild: Double?
    var listedPairs: Int?
    var padding: Double?
    var nanosecondsPerListedPair: Double?
    var nanosecondsPerParticle: Double?
    var evaluationsPerSecond: Double?

    var millisecondsPerGather: Double?
    var messagesPerGather: Double?
    var bytesPerGather: Double?
    var bytesPerPositionExchange: Double?

    var conjugateGradientIterations: Int?
    var conjugateGradientEvaluations: Int?
    var conjugateGradientSeconds: Double?
    /// Largest force component, in mean bond forces.
    var conjugateGradientResidual: Double?
    var rebuilds: Int?
    var shareOfSums: Double?
    var minimisationSeconds: Double?
    var minimisationTolerance: Double?
    var minimisationEvaluations: Int?
    var minimisationResidual: Double?

    var strainSteps: [StrainStepBenchmark.Figures]?
    var events: [EventBenchmark.Figures]?
    var response: [ResponseBenchmark.Figures]?
    var temperature: Double?
    var density: Double?
    var millisecondsPerSweep: Double?
    var trialMovesPerSecond: Double?
    var trialMovesPerSecondAndRank: Double?
    /// Trial moves per second of processor time, over all ranks together. This figure is reliable on a
    /// machine that others use too.
    var trialMovesPerProcessorSecond: Double?
    var step: Double?
    var blocks: Int?
    var acceptanceDisplacement: Double?
    var acceptanceSwap: Double?
    var swapsWithinWindow: Double?

    /// Starts the figures of a system. Collective.
    init(_ system: ParticleSystem, kind: String) throws {
      model = kind
      dimension = system.dimension
      particles = system.totalCount
      ranks = system.communicator.size
      skin = system.skin
      ownedPerRank = try system.communicator.reduce(system.ownedCount, .maximum)
      ghostsPerRank = try system.communicator.reduce(system.ghostCount, .maximum)
    }
  }
}
