import Foundation
import MessagePassing
import Statistics
import Storage

/// Combines the expansions of many samples: the distributions of the bond coefficients with errors, the exponents of
/// their tails, and the density of soft modes (Richard, Sec. III).
struct EnsembleCommand: Command {
  static let guide = CommandGuide(
    name: "ensemble", arguments: "RUN… --output FOLDER", summary: "average many expansions: tails and soft modes",
    text: "Combines the expansions of many samples: tails of the bond coefficients, density of soft modes.",
    options: [("--output FOLDER", "needed")], examples: ["athermal ensemble runs/e1 runs/e2 --output runs/ensemble"])

  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] {
    [("ensemble.h5", "", EnsembleDensities.schema.description)]
  }

  private static let usage = "athermal ensemble RUN… --output FOLDER"
  /// Fractions of all bonds in the tails to which exponents are fitted. The dependence of the exponent on the beginning
  /// of the tail is part of the result.
  private static let fractions = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4]
  /// Exponents 7/2, 11/6, 3/2 of the tails by theory: (5+α)/α with α = 2 + 4(n−1) (Richard, eq. 23).
  private static let orders = [("phi_g", 3.5), ("phi_gg", 11.0 / 6), ("phi_ggg", 1.5)]

  private let runs: [String]
  private let folder: String

  init(_ words: [String]) throws {
    let arguments = try Arguments(words, options: ["--output"], plain: 1...1_000_000, usage: Self.usage)
    guard let folder = arguments.value("--output") else {
      throw Failure.everywhere(.input, "ensemble needs --output FOLDER; usage: \(Self.usage)")
    }
    runs = arguments.plain
    self.folder = folder
  }

  func run(over communicator: Communicator) throws -> Int32 {
    let twice = Dictionary(grouping: runs.map { URL(fileURLWithPath: $0).standardizedFileURL.path }, by: \.self).first {
      $0.value.count > 1
    }
    if let twice {
      throw Failure.everywhere(.input, "\(twice.key) is named twice; samples have to be independent of each other")
    }
    let samples = try runs.map { try ExpandSample("\($0)/expand.h5", over: communicator) }
    try communicator.coordinated {
      guard communicator.isRoot else { return }
      let present = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      guard present.isEmpty || present.contains("ensemble.h5") else {
        throw Failure(.input, "\(folder) holds something else than an ensemble; name another folder with --output")
      }
      try Folder.make(folder)
    }
    let file = try TableFile(
      path: "\(folder)/ensemble.h5", provenance: Build.provenance(config: "runs = \(runs)\n"), over: communicator)
    var densities = EnsembleDensities()
    var summary = Summary(samples: runs.count, runs: runs)
    for (name, theory) in Self.orders {
      let histograms = samples.map { $0.histograms[name]! }
      let sum = histograms.reduce(LogarithmicHistogram()) { $0.adding($1) }
      densities.sums[name] = (sum, Self.errors(histograms, of: sum))
      let fits = Self.fractions.compactMap { fraction in
        PowerLawTail(histograms, fraction: fraction).map { tail in
          Summary.Tail(
            threshold: tail.threshold, fraction: tail.fraction, count: tail.count, exponent: tail.exponent,
            error: tail.error, amplitude: tail.amplitude(forExponent: theory))
        }
      }
      summary.bonds = sum.total
      summary.tails[name] = Summary.Tails(theory: theory, fits: fits)
    }
    densities.frequencies = addModes(samples, to: &summary)
    try file.write(densities, of: EnsembleDensities.schema)
    try file.close()
    try communicator.coordinated {
      guard communicator.isRoot else { return }
      try FinishedFile.write(try RunFolder.encoder(pretty: true).encode(summary), to: "\(folder)/summary.json")
      print(summary.text)
      print("results in \(folder); pictures: Jobs/plots/run-figures \(folder)")
    }
    return 0
  }

  /// Returns standard errors of the densities: from the scatter of the samples or, for a single
  /// sample, of independent counts.
  private static func errors(_ samples: [LogarithmicHistogram], of sum: LogarithmicHistogram) -> [Double] {
    let mean = sum.density
    guard samples.count > 1 else {
      return mean.indices.map { sum.counts[$0] > 0 ? mean[$0] / Double(sum.counts[$0]).squareRoot() : 0 }
    }
    var squares = [Double](repeating: 0, count: mean.count)
    for sample in samples {
      for (k, value) in sample.density.enumerated() { squares[k] += (value - mean[k]) * (value - mean[k]) }
    }
    let n = Double(samples.count)
    return squares.map { ($0 / (n * (n - 1))).squareRoot() }
  }

  /// Adds the density of soft modes if all samples contain their softest modes. All modes are known below the smallest
  /// of the samples' highest frequencies.
  /// - Returns: the frequencies of all modes, if so.
  private func addModes(_ samples: [ExpandSample], to summary: inout Summary) -> [Double]? {
    // Eigenvalues are negative only by rounding: `expand` fails if a mode is negative.
    let frequencies = samples.map { $0.eigenvalues.map { max(0, $0).squareRoot() } }
    guard frequencies.allSatisfy({ $0.count > 1 }) else {
      summary.remark = "no density of soft modes: not every sample has at least two (expand.modes)"
      return nil
    }
    let complete = frequencies.map { $0.max()! }.min()!
    let degrees = samples.map { Double($0.degreesOfFreedom) }.reduce(0, +)
    summary.softModes = [1, 0.85, 0.7, 0.55].compactMap { part in
      SoftModeDensity(frequencies, degreesOfFreedom: degrees, cutoff: part * complete).map {
        Summary.Modes(
          cutoff: $0.cutoff, count: $0.count, exponent: $0.exponent, exponentError: $0.exponentError,
          prefactor: $0.prefactor, prefactorError: $0.prefactorError)
      }
    }
    return frequencies.flatMap { $0 }.sorted()
  }

  private struct Summary: Encodable {
    struct Tail: Encodable {
      var threshold: Double
      var fraction: Double
      var count: Int64
      var exponent: Double
      var error: Double
      /// Amplitude A of P(C) = A C^(−a) with the exponent of theory; for φ_γ it is proportional to A_g.
      var amplitude: Double
    }
    struct Tails: Encodable {
      var theory: Double
      /// Fits by the fraction of bonds in the tail.
      var fits: [Tail]
    }
    struct Modes: Encodable {
      var cutoff: Double
      var count: Int
      var exponent: Double
      var exponentError: Double
      /// Prefactor A_g of D(ω) = A_g ω⁴.
      var prefactor: Double
      var prefactorError: Double
    }

    var status = "done"
    var exitCode = 0
    var samples: Int
    var runs: [String]
    var bonds: Int64 = 0
    var tails: [String: Tails] = [:]
    var softModes: [Modes] = []
    var remark: String?
    var commit = Build.commit
    var build = Build.text

    var text: String {
      var lines = ["\(samples) samples, \(bonds) bonds"]
      for (name, theory) in EnsembleCommand.orders {
        lines.append(
          "\(name): exponents of the tail by the fraction of bonds in it (theory \(String(format: "%.3f", theory)))")
        for fit in tails[name]!.fits {
          lines.append(
            String(
              format: "  %8.1e of the bonds, from %9.3g   %.3f ± %.3f   amplitude %.4g", fit.fraction, fit.threshold,
              fit.exponent, fit.error, fit.amplitude))
        }
      }
      for modes in softModes {
        lines.append(
          String(
            format: "D(ω) below %.4g, %ld modes: exponent %.2f ± %.2f, A_g = %.4g ± %.2g", modes.cutoff, modes.count,
            modes.exponent, modes.exponentError, modes.prefactor, modes.prefactorError))
      }
      if let remark { lines.append(remark) }
      return lines.joined(separator: "\n")
    }
  }
}

/// Statistics of one expansion.
private struct ExpandSample {
  let histograms: [String: LogarithmicHistogram]
  let eigenvalues: [Double]
  let degreesOfFreedom: Int

  /// Reads the statistics from expand.h5. Collective.
  init(_ path: String, over communicator: Communicator) throws {
    let file = try HDF5File(path, .read, over: communicator)
    guard try file.exists("/statistics") else {
      throw Failure.everywhere(.input, "\(path): has no /statistics; ensemble needs the files that expand writes")
    }
    let edges = LogarithmicHistogram.edges
    guard try file.readAll(Double.self, from: "/statistics/edges", shape: [edges.count]) == edges else {
      throw Failure.everywhere(.input, "\(path): its statistics have other bins than this version")
    }
    var histograms: [String: LogarithmicHistogram] = [:]
    for name in ["phi_g", "phi_gg", "phi_ggg"] {
      let counts = try file.readAll(Int64.self, from: "/statistics/\(name)", shape: [edges.count - 1])
      // Limited so that the sum of all counts cannot overflow.
      guard counts.allSatisfy({ (0...(1 << 48)).contains($0) }) else {
        throw Failure.everywhere(.input, "\(path): /statistics/\(name) holds numbers that are no counts")
      }
      histograms[name] = LogarithmicHistogram(counts: counts)
    }
    self.histograms = histograms
    let modes = try file.isDataset("/modes/eigenvalue") ? file.numberCount(of: "/modes/eigenvalue") : 0
    eigenvalues = modes > 0 ? try file.readAll(Double.self, from: "/modes/eigenvalue", shape: [modes]) : []
    degreesOfFreedom = try file.numberCount(of: "/particles/velocity")
    guard degreesOfFreedom > 0, eigenvalues.allSatisfy(\.isFinite) else {
      throw Failure.everywhere(.input, "\(path): has no velocities, or modes that are not finite")
    }
    try file.close()
  }
}
