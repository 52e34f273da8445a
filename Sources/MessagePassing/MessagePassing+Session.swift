import CMPI
import CShims
import Foundation

extension MessagePassing {
  /// Returns the communicator of a test process, which does not use ``run(_:)``: MPI is started at the first call and
  /// ended when the process exits. Tests that use it must run one at a time.
  public static func startForTests() throws -> Communicator { try session.get() }

  private nonisolated(unsafe) static let session: Result<Communicator, any Error> = Result {
    configureOpenMPI()
    var provided: Int32 = 0
    guard MPI_Init_thread(nil, nil, Int32(MPI_THREAD_SERIALIZED), &provided) == 0 else {
      throw Failure(.messagePassing, "MPI_Init failed")
    }
    atexit {
      var isOver: Int32 = 0
      MPI_Finalized(&isOver)
      if isOver == 0 { MPI_Finalize() }
    }
    return try Communicator(handle: CShims_comm_world())
  }
}
