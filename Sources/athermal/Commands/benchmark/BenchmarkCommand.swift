import MessagePassing

/// Benchmarks of the particle engine and of the lattice model.
struct BenchmarkCommand: Command {
  static let guide = CommandGuide(
    name: "benchmark",
    arguments: """
      kernel|halo|minimise|aqs|events|response|swap|yieldmap [--particles N] [--model KIND] [--dimension 2|3]
                         [--repeat R] [--file FILE] [--skin S] [--tolerance T] [--solvers LIST] [--density D]
                         [--temperature T] [--swap-fraction F] [--block B] [--method M] [--preconditioner P]
                         [--strain-step Δγ]
      athermal benchmark epm [--edge L] [--dimension 2|3] [--strain γ] [--sweeps S] [--repeat R]
      """, summary: "time parts of the program, as JSON",
    text: "Times one part of the program and prints the figures as one JSON object.",
    examples: ["mpirun -n 2 athermal benchmark kernel --particles 100000"])

  private enum Subject {
    case engine(EngineBenchmark)
    case lattice(EpmBenchmark)
  }

  private let subject: Subject

  init(_ words: [String]) throws {
    subject = words.first == "epm" ? .lattice(try EpmBenchmark(words)) : .engine(try EngineBenchmark(words))
  }

  func run(over communicator: Communicator) throws -> Int32 {
    switch subject {
    case .engine(let benchmark): try benchmark.run(over: communicator)
    case .lattice(let benchmark): try benchmark.run(over: communicator)
    }
  }
}
