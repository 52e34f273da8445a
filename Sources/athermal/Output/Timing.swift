import Foundation
import MessagePassing
import Particles

/// Cost of a run, over the ranks, as written to timing.json.
struct Timing: Encodable {
  struct Spread: Encodable {
    var minimum: Double
    var maximum: Double
  }

  var wallSeconds: Double
  var ranks: Int
  var evaluations: Int
  var hessianProducts: Int
  var rebuilds: Int
  var ownedParticles: Spread
  var ghostParticles: Spread
  /// Peak resident memory of a rank, in MB.
  var peakMemory: Spread

  /// Collects the cost from all ranks. Collective.
  init(_ system: ParticleSystem, wallSeconds: Double) throws {
    func spread(_ value: Double) throws -> Spread {
      Spread(
        minimum: try system.communicator.reduce(value, .minimum),
        maximum: try system.communicator.reduce(value, .maximum))
    }
    self.wallSeconds = wallSeconds
    ranks = system.communicator.size
    evaluations = system.statistics.evaluations
    hessianProducts = system.statistics.hessianProducts
    rebuilds = system.statistics.rebuilds
    ownedParticles = try spread(Double(system.ownedCount))
    ghostParticles = try spread(Double(system.ghostCount))
    peakMemory = try spread(Double(Self.peakBytes) / 1e6)
  }

  /// Processor time that this process has used, in seconds. Other programs on the machine do not count.
  static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Peak resident memory of this process in bytes.
  static var peakBytes: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}
