import Configuration
import MessagePassing

/// What a command is for, in the words of its help.
struct CommandGuide {
  let name: String
  /// What stands behind the name, line by line.
  let arguments: String
  /// In the list of commands.
  let summary: String
  let text: String
  var options: [(String, String)] = []
  let examples: [String]

  static func named(_ name: String) -> CommandGuide? { all.first { $0.name == name } }

  /// The whole help of the command.
  var help: String {
    var parts = ["athermal \(name) \(arguments)", text]
    if !options.isEmpty {
      let width = options.map(\.0.count).max()!
      parts.append(
        options.map { "  " + $0.0 + String(repeating: " ", count: width + 2 - $0.0.count) + $0.1 }.joined(
          separator: "\n"))
    }
    let keys = KeyGuide.text(of: name)
    if !keys.isEmpty {
      parts.append(
        "The config, in TOML; what has a default need not stand there, and lengths \"in d\" are in mean distances "
          + "of particles:")
      parts.append(keys)
    }
    parts.append("For example\n\n" + examples.map { "  " + $0 }.joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  private static let output = ("--output FOLDER", "of the run; runs/ and the name of the config if not given")
  private static let set = ("--set table.key=value", "another value for a key of the config; can be repeated")
  private static let long = [
    output, set, ("--resume auto", "goes on from the newest valid checkpoint of the folder, or starts"),
    ("--walltime H:MM:SS", "stops in time, with a checkpoint and exit code 75"),
  ]
  private static let runArguments = "CONFIG [--output FOLDER] [--set table.key=value]…"
  private static let longArguments = runArguments + " [--resume auto] [--walltime H:MM:SS]"

  static let all: [CommandGuide] = [
    CommandGuide(
      name: "minimize", arguments: longArguments, summary: "to mechanical equilibrium",
      text: "Brings a configuration to mechanical equilibrium and leaves it in state.h5 of the run folder.",
      options: long,
      examples: [
        "athermal minimize Configs/minimize-2d-lj.toml --output runs/m",
        "mpirun -n 4 athermal minimize my.toml --set system.file=glass.data",
      ]),
    CommandGuide(
      name: "measure", arguments: runArguments, summary: "forces, energies and stresses as it stands",
      text: """
        Measures a configuration and moves nothing: energy, force, stress and bonds of each particle go to state.h5, \
        each bond to measure.h5.
        """,
      options: [output, set],
      examples: [
        "athermal measure my.toml --output runs/m", "athermal export runs/m/state.h5 --to lammps-dump --fields all",
      ]),
    CommandGuide(
      name: "prepare", arguments: longArguments, summary: "from the liquid to an annealed glass",
      text: """
        Equilibrates a liquid by SWAP Monte Carlo at one temperature after another, says whether it was equilibrium, \
        and quenches it.
        """,
      options: long, examples: ["mpirun -n 4 athermal prepare Configs/prepare-2d.toml --output runs/p"]),
    CommandGuide(
      name: "shear", arguments: longArguments, summary: "athermal quasistatic loading",
      text: """
        Deforms a configuration step by step and minimises after each: the curve, plastic events and profiles come \
        to shear.h5, frames to
        trajectory.h5.
        """,
      options: long,
      examples: [
        "mpirun -n 2 athermal shear Configs/quickstart.toml --output runs/a",
        "athermal shear my.toml --set loading.strain_step=1e-4 --output runs/fine",
      ]),
    CommandGuide(
      name: "expand", arguments: runArguments, summary: "third-order strain expansion, moduli, bonds",
      text: """
        Expands a configuration at rest to third order in the strain of [loading]: moduli, nonaffine fields, \
        every bond, soft modes.
        """,
      options: [output, set], examples: ["athermal expand Configs/expand-2d.toml --output runs/e"]),
    CommandGuide(
      name: "yieldmap", arguments: longArguments, summary: "local yield stress of the whole sample",
      text: "Measures the local yield stress of a configuration at rest, cavity by cavity.", options: long,
      examples: ["mpirun -n 4 athermal yieldmap Configs/yieldmap-2d.toml --output runs/y"]),
    CommandGuide(
      name: "ensemble", arguments: "RUN… --output FOLDER", summary: "tails and soft modes over many expansions",
      text: "Puts the expansions of many samples together: tails of the bond coefficients, density of soft modes.",
      options: [("--output FOLDER", "needed")], examples: ["athermal ensemble runs/e1 runs/e2 --output runs/ensemble"]),
    CommandGuide(
      name: "epm", arguments: longArguments, summary: "quasistatic elasto-plastic model on a lattice",
      text: "Loads a lattice of blocks, which yield at thresholds and redistribute stress in avalanches.",
      options: long,
      examples: ["athermal epm Configs/epm-ductile.toml --output runs/l"]),
    CommandGuide(
      name: "bands", arguments: runArguments, summary: "shear bands in epm and shear runs",
      text: "Finds the shear band of each run and follows its width, place, nucleation and growth.",
      options: [output, set],
      examples: ["athermal bands Configs/bands.toml --output runs/b"]),
    CommandGuide(
      name: "sweep", arguments: "SWEEP [--output FOLDER] [--task N | --run WORDS]",
      summary: "folders of many runs, their states, running them",
      text: """
        Makes a folder for each combination of the values below [product] and [zip], as in \
        loading.strain_step = [1e-3, 1e-4], and says
        what has become of each run.
        """,
      options: [
        ("--output FOLDER", "of all runs; runs/ and the name of the sweep if not given"),
        ("--task N", "prints the arguments of the N-th run, a word per line"),
        ("--run WORDS", "runs what is left, with these words before athermal; \"\" for one process each"),
      ], examples: ["athermal sweep Configs/sweep.toml --output runs/s --run \"mpirun -n 2\""]),
    CommandGuide(
      name: "validate", arguments: "CONFIG [--ranks N] [--set table.key=value]…",
      summary: "check a config; memory, decomposition, disk",
      text: "Reports every mistake that a config shows and what its run would need, and computes nothing.",
      options: [("--ranks N", "for so many ranks"), set], examples: ["athermal validate my.toml --ranks 64"]),
    CommandGuide(
      name: "info", arguments: "FILE|FOLDER", summary: "what a file or a run folder holds",
      text: "Says what there is in a result (HDF5), a file of particles, a run folder, or a summary, log or config.",
      examples: ["athermal info runs/a", "athermal info runs/a/trajectory.h5"]),
    CommandGuide(
      name: "verify", arguments: "FILE|FOLDER [--content]",
      summary: "whether it is as it was written; SHA-256 per dataset",
      text: """
        Reads results, states, checkpoints or a whole run folder from end to end and holds them against their \
        checksums.
        """,
      options: [("--content", "prints a SHA-256 of every dataset")], examples: ["athermal verify runs/a"]),
    CommandGuide(
      name: "export", arguments: ExportCommand.arguments, summary: "for other programs",
      text: "Writes particles as extended XYZ, LAMMPS data or a LAMMPS dump, or the tables of a result as CSV.",
      options: [
        ("--to FORMAT", "xyz, lammps (data), lammps-dump, or csv"),
        ("--frame K", "one frame, from 0, or from the end with -1, -2, …; the last one if not given"),
        (
          "--frames all|A:B|A:B:C",
          "several frames into one file (xyz, lammps-dump): from A up to, without, B, every C-th"
        ),
        (
          "--fields NAMES",
          "fields per particle that come along, as in d2min,stress; all for all that there are (xyz, lammps-dump)"
        ),
        ("--output FILE", "the name of FILE with another ending if not given"),
        ("--overwrite", "replaces a file that is there"),
      ],
      examples: [
        "athermal export runs/a/trajectory.h5 --to lammps-dump --frames all --fields d2min",
        "athermal export runs/a/shear.h5 --to csv",
      ]),
    CommandGuide(
      name: "benchmark",
      arguments: """
        kernel|halo|minimise|aqs|events|response|swap|yieldmap [--particles N] [--model KIND] [--dimension 2|3]
                           [--repeat R] [--file FILE] [--skin S] [--tolerance T] [--solvers LIST] [--density D]
                           [--temperature T] [--swap-fraction F] [--block B] [--method M] [--preconditioner P]
                           [--strain-step Δγ]
        athermal benchmark epm [--edge L] [--dimension 2|3] [--strain γ] [--sweeps S] [--repeat R]
        """, summary: "times the parts, as JSON",
      text: "Times one part of the program and prints the figures as one JSON object.",
      examples: ["mpirun -n 2 athermal benchmark kernel --particles 100000"]),
  ]
}
