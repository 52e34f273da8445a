import Configuration
import MeanField
import MessagePassing
import Storage

/// The Hébraud-Lequeux model of block stresses and its extensions: flow curves, transients, and fits to measurements.
struct MeanfieldCommand: RunCommand {
  static let canResume = true
  static let outputs = ["meanfield.h5"]
  static let guide = CommandGuide(
    running: "meanfield", canResume: canResume, summary: "Hébraud-Lequeux mean-field model of block stresses",
    text: """
      Computes flow curves and transients of the Hébraud-Lequeux model and its extensions, or fits it to a measured flow
      curve. Stresses are in the unit of local_yield_stress, times in that of relaxation_time.

      Tables in [meanfield]:
        initial     kind = "delta" (stress), "gaussian" (mean = 0.0, deviation), "stationary" (rate) or "file" (numbers)
        noise       kind = "gaussian", "levy" (exponent μ, cutoff, lower_cutoff = 0.0) or "file" (numbers): kicks
        relaxation  kind = "complete", "fraction" (fraction, of the stress), "drop" (drop) or "distribution" (as next)
        thresholds  distribution = "weibull" (shape, mean), "gaussian", "exponential", "samples", "histogram": as in epm
        measured    rates, stresses; if known errors of the stresses, and diffusion (⟨Δσ²⟩/t) and activity of blocks
        (numbers)   edges, weights; or values, histogram_bins = 64; or file, dataset, column, skip_nan, histogram_bins
      """,
    examples: [
      "athermal meanfield Configs/meanfield-flow-curve.toml --output runs/flow",
      "athermal meanfield Configs/meanfield-start-up.toml --set meanfield.alpha=0.4 --output runs/start-up",
    ])

  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] {
    [
      ("meanfield.h5", "", FlowCurve.schema.description),
      ("meanfield.h5", "", StationaryDensity.schema(of: "K").description),
      ("meanfield.h5", "T", TransientSample.schema.description),
      ("meanfield.h5", "", TransientSnapshots.schema.description),
    ]
  }

  let arguments: RunArguments

  static func demand(
    of configuration: MeanfieldConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] {
    let section = configuration.meanfield
    let cells = Double(section.bins * section.thresholdClasses)
    let kicks = section.noise == .gaussian ? 0 : 8 * Double(section.bins * section.bins)
    var lines = ["memory          about \(ParticleDemand.bytes(300 * cells + kicks)) per rank above an empty run"]
    if case .flowCurve(let rates) = section.loading {
      lines.insert(
        "decomposition   \(section.alphas.count * rates.count) states, dealt out to \(ranks.count) rank(s)", at: 0)
    } else {
      lines.insert("decomposition   none: each of \(ranks.count) rank(s) computes the same", at: 0)
    }
    return lines
  }

  func compute(_ run: Run<MeanfieldSections>) throws -> Int32 {
    let section = run.configuration.meanfield
    switch section.loading {
    case .flowCurve(let rates): try FlowCurve.compute(rates, run)
    case .fit(let measurement): try MeanfieldFit.compute(measurement, run)
    default: try Transient.compute(run)
    }
    if run.communicator.isRoot { print(run.folder.whereabouts) }
    return 0
  }
}
