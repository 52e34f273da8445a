// Cases that need several ranks, run as `mpirun -n N RankTests CASE [ARGUMENT …]`; each prints "ok" once, or fails with
// the exit code of its failure.
import Foundation
import MessagePassing

let cases: [String: (Communicator, [String]) throws -> Void] = [
  "messages": messages,
  "rank-groups": rankGroups,
  "elasto-plastic": elastoPlastic,
  "fourier-grid": fourierGrid,
  "fail-together": failTogether,
  "fail-alone": failAlone,
  "trap": trap,
  "leave": leave,
  "deadlock": deadlock,
  "halo": halo,
  "same-bits": sameBits,
  "events": events,
  "implicit-flow": implicitFlow,
  "multigrid": multigrid,
  "drag": drag,
  "flow": flow,
  "explosion": explosion,
  "windows": windows,
  "swap": swapMonteCarlo,
  "distribution": distribution,
  "clusters": clusters,
  "mesoscopic": mesoscopic,
  "allocations": evaluationAllocatesNothing,
  "flow-allocations": stepsOfAFlowAllocateNothing,
  "storage-roundtrip": storageRoundTrip,
  "storage-blocks": storageBlocks,
  "storage-read": storageRead,
  "storage-append": storageAppend,
  "storage-datasets": storageDatasets,
  "storage-frame": storageFrame,
  "storage-any": storageAny,
]

exit(
  MessagePassing.run { world in
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let name = arguments.first, let work = cases[name] else {
      let names = cases.keys.sorted().joined(separator: ", ")
      return try world.coordinated { throw Failure(.input, "name one of the cases \(names)") }
    }
    try work(world, Array(arguments.dropFirst()))
    if world.isRoot { print("ok") }
    return 0
  })
