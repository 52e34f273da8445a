/// One line about each table of a configuration and each of its keys, for the help.
/// Defaults come from the sections themselves.
package enum KeyGuide {
  /// Returns the tables that a command reads, with their keys, defaults and meanings.
  /// - Parameter own: the meanings of keys that only this command has, by table.
  package static func text(
    of sections: any Sections.Type, own: [String: [(String, String)]] = [:]
  ) -> String {
    let reading = reading("", sections)
    let (defaults, asked) = (reading.defaults, reading.knownKeys)
    let inner = Self.meanings.keys.filter { $0.contains(".") }.sorted()
    let tables = sections.tables.flatMap { table in [table] + inner.filter { $0.hasPrefix(table + ".") } }
    return tables.map { table in
      let known = Set(asked[table] ?? [])
      let meanings = (own[table] ?? []) + (Self.meanings[table] ?? [])
      let entries = meanings.filter { known.contains($0.0) }.map { name, meaning in
        // Some defaults depend on other keys; their meanings say how.
        let value = meaning.contains("by default") ? nil : defaults["\(table).\(name)"]
        return (key: value.map { "\(name) = \($0)" } ?? name, meaning: meaning)
      }
      return "[\(table)]\n" + lines(entries)
    }.joined(separator: "\n")
  }

  /// The keys of a sweep, with their meanings.
  package static var textOfSweep: String {
    "[sweep]\n" + lines(meanings["sweep"]!.map { (key: $0.0, meaning: $0.1) })
  }

  private static func lines(_ entries: [(key: String, meaning: String)]) -> String {
    let width = min(32, entries.map(\.key.count).max() ?? 0)
    let lines = entries.map { entry in
      "  " + entry.key + String(repeating: " ", count: max(2, width + 2 - entry.key.count)) + entry.meaning
    }
    return lines.joined(separator: "\n")
  }

  /// Returns the keys that the sections of a command ask for, by table.
  static func keysRead(by sections: any Sections.Type) -> [String: [String]] { reading("", sections).knownKeys }

  private static func reading(_ text: String, _ sections: any Sections.Type) -> Reading {
    let reading = Reading()
    if let document = Document(text, folder: "", overrides: [], reading) { _ = sections.init(document) }
    return reading
  }

  /// Meanings of the keys by table, in the order in which a person would write them. The keys of a small table inside
  /// another one stand in the line of the table.
  static let meanings: [String: [(String, String)]] = [
    "system": [
      ("file", "path of the particles, relative to the config: LAMMPS data or dump, extended XYZ, H5MD"),
      ("dimension", "2 or 3, where the file leaves it open"),
      ("frame", "frame of H5MD or a dump, from 0, or from the end with -1, -2, …; by default the last"),
      ("species", "names of the species in the file, the first of the potential first: [\"Ni\", \"P\"]"),
      ("generate", "instead of file: random positions, { dimension, particles, density, seed }"),
    ],
    "potential": [
      ("kind", "needed: \"polydisperse-ipl\", \"bidisperse-ipl\", \"binary-lj\", \"harmonic\" or \"hertz\""),
      ("exponent", "exponent of the inverse power laws, even"),
      ("smoothing", "highest derivative of an inverse power law that is continuous at the cutoff"),
      ("cutoff", "cutoff in diameters of the pair; 1.4 for inverse power laws, 2.5 for binary-lj"),
      ("nonadditivity", "of polydisperse-ipl"),
      ("truncation", "of binary-lj: \"energy-shift\", \"plain\", \"force-shift\" or \"smooth\""),
      ("sizes", "sizes of generated particles: { exponent, minimum, maximum, drawn = \"stratified\" or \"random\" }"),
    ],
    "neighbours": [("skin", "distance by which neighbour lists reach beyond the cutoff")],
    "minimizer": [
      ("method", "\"newton\", \"cg\", \"fire\", \"lbfgs\" or \"gradient-flow\""),
      ("preconditioner", "\"multigrid\" or \"block-jacobi\""),
      ("force_tolerance", "largest force component at rest; \"floor\" is what rounding allows"),
      ("maximum_evaluations", "limit of force evaluations in one minimisation"),
    ],
    "loading": [
      ("mode", "\"simple-shear\", \"pure-shear\", \"uniaxial\", \"dilation\" or \"matrix\""),
      (
        "plane",
        "of simple and pure shear: \"xy\" is flow along x and gradient along y, or x stretched and y compressed"
      ),
      ("axis", "of uniaxial: \"x\", \"y\" or \"z\""),
      ("matrix", "displacement gradient per unit of strain, row by row, of mode matrix"),
      ("strain_step", "strain between two minimisations"),
      ("final_strain", "strain at which the run ends, including that of the initial configuration"),
      ("cycles", "instead of final_strain: { amplitude, count }"),
      (
        "turning_points",
        "instead of final_strain: strains with their signs, reached in turn: [0.05, 0.02, 0.1]"
      ),
      ("backward", "whether the strain grows in the negative direction"),
      ("unconverged", "\"refuse\" ends the run at a step that does not converge, \"accept\" continues and counts it"),
    ],
    "events": [
      ("adaptive", "whether plastic events are located by taking steps back"),
      ("smallest_step", "strain interval to which an event is located"),
      ("displacement", "displacement, in d, beyond which a reversed step counts as irreversible"),
      ("prediction", "whether each event is ranked in the fields of the state before"),
    ],
    "d2min": [
      ("window", "strain over which displacements are measured"), ("radius", "radius of the neighbourhood, in d"),
      ("normalisation", "\"mean\" per neighbour, or \"sum\""),
      ("threshold", "D²min above which a particle counts as plastic"),
      ("reference", "\"window\" ago, or the \"initial\" configuration"),
    ],
    "expand": [
      ("solver", "\"multigrid\", \"cg\", \"amg\", \"direct\" or \"auto\""),
      ("tolerance", "relative residual of each solve"),
      ("maximum_iterations", "iterations of each solve, at most"), ("modes", "number of softest modes"),
      ("mode_tolerance", "relative accuracy of ω²"),
      ("equilibrium", "largest force accepted as equilibrium, in mean bond forces"),
      (
        "minimize", "whether the configuration is brought to rest first; false for a file, true for generated particles"
      ),
      ("elastic_tensor", "whether all elastic constants are computed"),
    ],
    "yieldmap": [
      ("method", "\"expansion\", \"frozen-matrix\" or \"both\""), ("shape", "of cavities: \"sphere\" or \"block\""),
      ("radius", "radius of cavities, in d"), ("centres", "\"grid\" or \"particles\""),
      ("spacing", "spacing of the grid, in d"),
      ("weight", "weight of bonds across the edge of a cavity: \"half\", \"both\" or \"any\""),
      ("directions", "\"forward\", \"backward\""), ("strain_step", "strain step of the explicit method"),
      ("maximum_strain", "largest strain of the explicit method"),
      ("orientations", "number of shear directions, over all orientations of the plane"),
      ("matrix_stiffness", "\"rigid\", or the stiffness of tethers"),
      ("matrix_shell", "width of the shell of tethered particles, in d"),
      ("lowest_eigenvalue", "whether the lowest eigenvalue of each cavity is computed"),
      ("block", "edge of the blocks of the averaged map, in d"),
      ("curves", "whether stress-strain curves of the explicit method are written"),
      ("equilibrium", "largest force accepted as equilibrium, in mean bond forces"),
      (
        "minimize", "whether the configuration is brought to rest first; false for a file, true for generated particles"
      ),
    ],
    "prepare": [
      ("temperatures", "needed: temperatures of the liquid, in this order, as in [0.8, 0.6]"),
      ("seed", "needed: seed of the trial moves"),
      ("sweeps", "measured sweeps at each temperature"), ("burn_in", "sweeps before the measured ones"),
      ("swap_fraction", "fraction of swaps among the trial moves"),
      ("size_window", "largest difference of exchanged sizes"),
      ("step", "half-width of displacements; tuned in the burn-in if not given"),
      ("block", "width of the blocks of the checkerboard, in largest cutoffs"), ("replicas", "independent runs"),
      ("quench", "whether each state is brought to rest"),
      ("accept_unequilibrated", "whether states that are not in equilibrium count as a success"),
    ],
    "output": [
      ("every", "steps between two frames of the trajectory; of flow, rows of the curve"),
      ("trajectory", "whether the trajectory is written"),
      (
        "fields",
        "of particles: \"d2min\", \"stress\", \"force\", \"energy\"; of shear \"displacement\", "
          + "\"plastic-count\"; of flow \"velocity\""
      ),
      ("profiles", "whether profiles across the cell are written"),
      ("bonds", "whether a table of every bond is written"),
      ("frames", "whether the fields are kept at each sample"),
      ("vtk", "whether the last fields are written for ParaView"),
      ("overwrite", "whether the files of an earlier run are replaced"),
    ],
    "checkpoint": [
      ("every_minutes", "minutes between two checkpoints"),
      ("every_steps", "steps of the command between two checkpoints; 0 for none by steps"),
      ("keep", "number of checkpoints to keep"),
    ],
    "epm": [
      ("shape", "needed: blocks along each axis, as in [64, 64]"),
      ("eigenstrain", "needed: plastic strain of a block that yields, or a distribution"),
      ("modulus", "needed: { initial, renewed }"),
      ("thresholds", "needed: initial thresholds of the blocks, { distribution = …, … } or { file, dataset }"),
      ("renewal", "needed: new thresholds after yielding, in the same form"),
      ("final_strain", "strain at which the loading ends"),
      ("final_stress", "stress at which the loading ends, under stress control"),
      ("cycles", "instead of final_strain: { amplitude, count }"), ("control", "\"strain\" or \"stress\""),
      ("yielding", "\"forward\", or \"both\" signs of the stress"), ("kernel", "\"continuum\" or \"lattice\""),
      ("seed", "seed of thresholds and eigenstrains"), ("realisations", "independent runs"),
      ("ranks_per_realisation", "number of ranks for each realisation"),
      ("maximum_sweeps", "limit of sweeps in one avalanche"),
      ("sample_strain", "strain between two samples of the state"),
      ("steady_from", "strain from which the state counts as steady; by default half of the total"),
      ("residual_fit", "range of x in which P(x) is fitted"), ("update", "\"sparse\", \"transform\" or \"everywhere\""),
      ("transform_above", "failures in a sweep beyond which the sparse rule uses a transform"),
      ("settle_after", "pending failures beyond which the sparse rule uses a transform"),
    ],
    "meanfield": [
      (
        "protocol",
        "needed: \"flow-curve\", \"start-up\", \"stop\", \"step\", \"creep\", \"oscillation\", \"ageing\" or \"fit\""
      ),
      ("alpha", "needed, but for a fit: coupling α, D = α σ_c² Γ; a list for several flow curves"),
      ("local_yield_stress", "σ_c, the unit of stress; a fit finds it if it is not given"),
      ("modulus", "G₀: stress of an elastic block per strain"),
      ("relaxation_time", "τ, the unit of time; a fit finds G₀τ unless both are given"),
      ("rates", "strain rates of a flow curve, ascending, or of start-up, in turn; one, of the flow before a stop"),
      ("times", "of start-up: times from which the rates hold, the first 0; by default one rate from 0 on"),
      ("final_strain", "of start-up: strain at the end"),
      ("duration", "of stop, step, creep and ageing: time at the end"),
      ("step_strain", "of step: strain imposed at time 0"),
      ("stress", "of creep: stress imposed from time 0 on"),
      ("amplitude", "of oscillation: γ₀ of the strain γ₀ sin ωt"),
      ("frequency", "of oscillation: ω, in radians per unit of time"),
      ("cycles", "of oscillation: their number; moduli are those of the last"),
      ("initial", "table, see above: stresses of the blocks at time 0, of all protocols that do not begin in a flow"),
      ("measured", "table, see above: of fit, what is to be described"),
      ("noise", "table, see above: stress changes by events elsewhere; by default gaussian"),
      ("yielding", "rate above the threshold: \"constant\", or \"progressive\", which grows with the excess"),
      ("yielding_exponent", "of progressive yielding: power of the excess stress"),
      ("relaxation", "table, see above: what a block loses when it yields; by default complete"),
      ("thresholds", "table, see above: distribution of local yield stresses; by default all are σ_c"),
      ("threshold_classes", "number of thresholds that stand for the distribution; by default 16"),
      ("bins", "number of cells of stress, about; by default 1000, and 400 with kicks"),
      ("layer", "distance from the threshold within which cells are narrow; by default one that fits the rates"),
      ("tolerance", "largest error in one step of time"),
      ("samples", "rows of a transient; of oscillation: rows of each cycle"),
      ("snapshots", "densities P(σ) that a transient keeps"),
    ],
    "flow": [
      (
        "rates",
        "needed: shear rates in turn, as in [1e-2, 1e-3]; [0.0] relaxes at fixed strain, with \"implicit\" alone"
      ),
      ("plane", "\"xy\" is flow along x and gradient along y"),
      ("strain", "needed: strain accumulated at each rate"),
      ("discard", "strain at each rate from which measurements begin"),
      (
        "from", "state in which each rate begins: the end of the \"previous\" one, or the \"start\" of the run, at rest"
      ),
      ("time", "instead of strain, of rates = [0.0]: time for which the particles relax"),
      ("dynamics", "\"langevin\" with mass, or \"overdamped\" without"),
      ("friction", "drag against the affine flow of a \"substrate\", or \"pairwise\" between neighbours"),
      ("sllod", "whether the force −m γ̇A·v of the SLLOD equations acts"),
      ("damping", "needed: ζ of the drag −ζmv, per unit of time; overdamped, the drag per velocity"),
      ("mass", "of every particle, with \"langevin\""),
      ("temperature", "kept by the noise of the drag; 0 for an athermal flow"),
      ("integrator", "\"verlet\", in equal steps, or \"implicit\", in steps as long as the error allows"),
      ("time_step", "needed with \"verlet\" and by a melt: step of time"),
      ("implicit_below", "of \"verlet\": slower rates go in implicit steps"),
      ("tolerance", "of implicit steps: largest error of a displacement in one step"),
      ("melt", "liquid from which the glass is made: { temperature, time, cooling_time }"),
      ("replicas", "independent runs"),
      ("seed", "needed with a temperature or a melt: seed of velocities and noise"),
      ("measure", "table, see below"),
    ],
    "flow.measure": [
      ("every", "time between two rows of the curve, a whole number of time steps"),
      ("block", "side W of the blocks whose stresses are followed, about"),
      ("small_block", "side of the blocks that make clusters of activity, about"),
      ("lag", "time over which D²min is taken, a multiple of every"),
      ("threshold", "D²min, as a sum, above which a particle is active"),
      ("radius", "radius of the neighbourhood of D²min"),
      ("correlation_time", "longest time of the autocorrelation of D²min; by default five lags"),
      ("difference_time", "longest time of the difference of block stresses; by default a tenth of what is measured"),
      ("fit_window", "times between which the diffusion of block stresses is fitted, as in [2.0, 10.0]"),
      ("yield_snapshots", "states at each rate that are brought to rest for their local yield stresses"),
    ],
    "frames": [
      ("first", "first frame of the trajectory system.file, from 0, or from the end with -1, -2, …"),
      ("last", "last frame"),
      ("every", "distance of the frames that are measured"),
      ("block", "side W of the blocks whose stresses are followed, about"),
      ("small_block", "side of the blocks that make clusters of activity, about"),
      ("lag", "needed: frames over which D²min is taken"),
      ("threshold", "needed: D²min, as a sum, above which a particle is active"),
      ("radius", "radius of the neighbourhood of D²min"),
      ("correlation_lag", "longest lag of the autocorrelation of D²min, in frames; by default five lags"),
      ("difference_lag", "longest lag of the difference of block stresses, in frames; by default a tenth of them"),
      ("fit_window", "strains between which the diffusion of block stresses is fitted, as in [0.01, 0.05]"),
      ("d2min", "whether D²min of the particles is kept for every frame"),
    ],
    "bands": [
      ("runs", "needed: folders of epm or shear runs, as in [\"runs/a\", \"runs/b\"]"),
      ("source", "\"plastic-count\", or \"d2min\" of shear runs"), ("bin", "width of a bin, in bins of the files"),
      ("strain", "strain at which bands are compared; by default the last"),
      ("fit", "strains between which the width is fitted"),
    ],
    "sweep": [
      (
        "command",
        "\"minimize\", \"measure\", \"prepare\", \"shear\", \"flow\", \"expand\", \"yieldmap\", \"epm\" or "
          + "\"meanfield\""
      ),
      ("config", "config that all runs share, relative to the sweep"),
    ],
  ]
}
