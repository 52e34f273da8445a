import CMPI
import CShims
import Foundation

/// Start and end of MPI in this process, and the one place where errors leave it.
public enum MessagePassing {
  /// Starts MPI, runs `program` with the communicator of all ranks, and returns the exit code of the process.
  ///
  /// A failure that all ranks agreed on is printed once, by rank 0. A failure of one rank alone is printed
  /// with its rank, and the job is aborted, so that no rank waits for a dead one. Everything that owns an MPI
  /// handle must live inside `program`.
  public static func run(_ program: (Communicator) throws -> Int32) -> Int32 {
    configureOpenMPI()
    CShims_return_large_blocks()
    // Flush each line of standard output, so that it precedes later errors where both go to the same file.
    CShims_write_lines()
    // A file-size limit then makes the write fail, as a full disk does, instead of ending the process.
    signal(SIGXFSZ, SIG_IGN)
    // An invalid limit is reported below, once there is a communicator.
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

  /// Sets the options that Open MPI needs before it starts.
  static func configureOpenMPI() {
    // Open MPI before 4.1.7 corrupts parallel HDF5 files unless data sieving on writes is off (open-mpi/ompi #12718).
    setenv("OMPI_MCA_fbtl_posix_write_datasieving", "0", 1)
    // For shared file pointers, which HDF5 does not use, Open MPI keeps a second file beside each file.
    // Its name is limited to 255 characters, so files in folders with long names would end the process. A
    // value set by the user is kept.
    setenv("OMPI_MCA_sharedfp", "^lockedfile", 0)
  }

  /// Time limit of the watchdog in seconds, from the environment; 0 for no watchdog.
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
