import CMPI
import CShims
import Foundation

/// The life of MPI in this process: started once, ended once, and the one way out for errors.
public enum MessagePassing {
  /// Starts MPI, runs `program` with the communicator of all ranks, and returns the exit code of the process.
  ///
  /// A failure that all ranks agreed on is printed once, by rank 0; a failure of one rank alone is printed with its
  /// rank, and the job is aborted, so that no rank waits for a dead one. Everything that owns an MPI handle must live
  /// inside `program`.
  public static func run(_ program: (Communicator) throws -> Int32) -> Int32 {
    configureOpenMPI()
    CShims_return_large_blocks()
    // What is printed comes before what goes wrong later, also in a file that has both.
    CShims_write_lines()
    // A file that may not grow beyond a limit is then an error of its write, as a full disk is.
    signal(SIGXFSZ, SIG_IGN)
    // A limit that cannot be read is said when there is somebody to say it.
    if let limit = try? watchdogLimit() { Heartbeat.startWatchdog(limit: limit) }
    var provided: Int32 = 0
    guard MPI_Init_thread(nil, nil, Int32(MPI_THREAD_FUNNELED), &provided) == 0 else {
      report("athermal: MPI_Init failed")
      return Failure.Kind.messagePassing.rawValue
    }
    var exitCode: Int32
    do {
      let world = try Communicator(handle: CShims_comm_world())
      exitCode = execute(
        { world in
          _ = try watchdogLimit()
          Heartbeat.beat()
          return try program(world)
        }, world)
    } catch {
      report("athermal: \(error)")
      exitCode = Failure.Kind.messagePassing.rawValue
      MPI_Abort(CShims_comm_world(), exitCode)
    }
    MPI_Finalize()
    return exitCode
  }

  /// What Open MPI has to be told before it starts.
  static func configureOpenMPI() {
    // Open MPI before 4.1.7 corrupts parallel HDF5 files unless data sieving on writes is off (open-mpi/ompi #12718).
    setenv("OMPI_MCA_fbtl_posix_write_datasieving", "0", 1)
    // Its shared file pointers, which HDF5 does not use, are kept beside each file in one whose name may have 255
    // characters: files in folders of long names would end the process. What the user has asked for stays.
    setenv("OMPI_MCA_sharedfp", "^lockedfile", 0)
  }

  /// Seconds; 0 for none.
  private static func watchdogLimit() throws -> Double {
    guard let text = ProcessInfo.processInfo.environment["ATHERMAL_WATCHDOG"], !text.isEmpty else { return 600 }
    guard let limit = Double(text), limit >= 0 else {
      throw Failure.everywhere(
        .input, "the environment sets ATHERMAL_WATCHDOG to '\(text)'; it takes seconds, or 0 for no watchdog")
    }
    return limit
  }

  private static func execute(_ program: (Communicator) throws -> Int32, _ world: Communicator) -> Int32 {
    do {
      return try program(world)
    } catch {
      let failure = error as? Failure ?? Failure(.inputOutput, "\(error)")
      if let origin = failure.agreedRank {
        let place =
          world.size > 1 && failure.kind != .input && failure.kind != .stopped ? "[rank \(origin)/\(world.size)] " : ""
        if world.isRoot { report("athermal: \(place)\(failure.message)") }
        return failure.kind.rawValue
      }
      report("athermal: [rank \(world.rank)/\(world.size)] \(failure.message)")
      if world.size > 1 { MPI_Abort(world.handle, failure.kind.rawValue) }
      return failure.kind.rawValue
    }
  }

  private static func report(_ text: String) { StandardError.write(text + "\n") }
}
