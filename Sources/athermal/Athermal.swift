import Checkpoints
import Foundation
import MessagePassing

/// The command line: finds the command and hands it the rest.
enum Athermal {
  static let usage = """
    athermal: how glasses deform and yield without heat

      athermal minimize CONFIG [--output FOLDER] [--set table.key=value]…    to mechanical equilibrium
      athermal prepare CONFIG [--output FOLDER] [--set table.key=value]…     from the liquid to an annealed glass
      athermal shear CONFIG [--output FOLDER] [--set table.key=value]…       athermal quasistatic loading
      athermal expand CONFIG [--output FOLDER] [--set table.key=value]…      third-order strain expansion, moduli, bonds
      athermal yieldmap CONFIG [--output FOLDER] [--set table.key=value]…    local yield stress of the whole sample
      athermal ensemble RUN… --output FOLDER                                 tails and soft modes over many expansions
      athermal epm CONFIG [--output FOLDER] [--set table.key=value]…         quasistatic elasto-plastic model on a lattice
      athermal bands CONFIG [--output FOLDER] [--set table.key=value]…       shear bands in epm and shear runs
      athermal sweep SWEEP [--output FOLDER] [--task N | --run WORDS]        folders of many runs, their states, running them
      athermal validate CONFIG [--ranks N] [--set table.key=value]…          check a config; memory, decomposition, disk
      athermal info FILE                                                     what a file holds
      athermal verify FILE|FOLDER [--content]                                whether it is as it was written; SHA-256 per dataset
      athermal export FILE --to lammps|xyz [--frame K] [--output FILE]       for other programs
      athermal benchmark kernel|halo|minimise|aqs|events|response|swap|yieldmap [--particles N] [--model KIND] [--dimension 2|3]
                         [--repeat R] [--file FILE] [--skin S] [--tolerance T] [--solvers LIST] [--density D]
                         [--temperature T] [--swap-fraction F] [--block B] [--method M] [--preconditioner P]
                         [--strain-step Δγ]   timings as JSON
      athermal benchmark epm [--edge L] [--dimension 2|3] [--strain γ] [--sweeps S] [--repeat R]
      athermal --version

    minimize, prepare, shear, yieldmap and epm also take --resume auto (go on from the newest valid checkpoint, or start) and
    --walltime H:MM:SS (stop in time, with a checkpoint and exit code 75).

    Run any of them under mpirun -n RANKS. The first example: athermal shear Configs/quickstart.toml --output runs/a
    """

  static func run(_ words: [String], over communicator: Communicator) throws -> Int32 {
    guard let command = words.first else {
      if communicator.isRoot { print(usage) }
      return Failure.Kind.input.rawValue
    }
    try Fault.check()
    if !RunArguments.long.contains(command) { StopSignal.ignore() }
    let rest = Array(words.dropFirst())
    if rest.contains("--help") || rest.contains("-h") {
      if communicator.isRoot { print(usage) }
      return 0
    }
    switch command {
    case "minimize": return try MinimizeCommand(rest).run(over: communicator)
    case "prepare": return try PrepareCommand(rest).run(over: communicator)
    case "shear": return try ShearCommand(rest).run(over: communicator)
    case "expand": return try ExpandCommand(rest).run(over: communicator)
    case "ensemble": return try EnsembleCommand(rest).run(over: communicator)
    case "epm": return try EpmCommand(rest).run(over: communicator)
    case "bands": return try BandsCommand(rest).run(over: communicator)
    case "yieldmap": return try YieldmapCommand(rest).run(over: communicator)
    case "sweep": return try SweepCommand(rest).run(over: communicator)
    case "validate": return try ValidateCommand(rest).run(over: communicator)
    case "info": return try InfoCommand(rest).run(over: communicator)
    case "verify": return try VerifyCommand(rest).run(over: communicator)
    case "export": return try ExportCommand(rest).run(over: communicator)
    case "benchmark" where rest.first == "epm": return try EpmBenchmark(rest).run(over: communicator)
    case "benchmark": return try BenchmarkCommand(rest).run(over: communicator)
    case "--version", "-v", "version":
      if communicator.isRoot { print(Build.description) }
      return 0
    case "--help", "-h", "help":
      if communicator.isRoot { print(usage) }
      return 0
    default:
      throw Failure.everywhere(.input, "there is no command '\(command)'; athermal --help lists them")
    }
  }
}
