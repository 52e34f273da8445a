import MessagePassing

#if ATHERMAL_PETSC
  import Foundation
  import CMPI
  import CPETSc
  import CSLEPc
#endif

/// The optional libraries PETSc and SLEPc: availability, start and end.
public enum SparseLibrary {
  /// Whether this build contains the libraries; false with `ATHERMAL_PETSC=off`.
  public static var isAvailable: Bool {
    #if ATHERMAL_PETSC
      true
    #else
      false
    #endif
  }

  /// Names and versions of the libraries, or the statement that they are absent.
  public static var text: String {
    #if ATHERMAL_PETSC
      let petsc = "\(PETSC_VERSION_MAJOR).\(PETSC_VERSION_MINOR).\(PETSC_VERSION_SUBMINOR)"
      let slepc = "\(SLEPC_VERSION_MAJOR).\(SLEPC_VERSION_MINOR).\(SLEPC_VERSION_SUBMINOR)"
      return "PETSc \(petsc), SLEPc \(slepc)"
    #else
      return "without PETSc and SLEPc"
    #endif
  }

  #if ATHERMAL_PETSC
    /// Starts the libraries, does the work, and ends them before MPI ends. Objects of the libraries must live
    /// inside the work. Collective.
    public static func using<Result>(_ work: () throws -> Result) throws -> Result {
      useOneThread()
      // PETSc's signal handlers would report every trap of the program as memory corruption.
      try check(PetscOptionsSetValue(nil, "-no_signal_handler", "1"), "PetscOptionsSetValue")
      try check(SlepcInitializeNoArguments(), "SlepcInitialize")
      defer { SlepcFinalize() }
      // Error codes are returned and become failures; nothing is printed or aborted.
      try check(PetscPushErrorHandler(PetscReturnErrorHandler, nil), "PetscPushErrorHandler")
      return try work()
    }

    /// Limits OpenMP to one thread: the ranks are the parallelism, and threads of the factorisation would
    /// compete with those of other ranks.
    private static func useOneThread() {
      guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "omp_set_num_threads") else { return }
      unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Void).self)(1)
    }

    /// Sets options, unless the user has set them otherwise in the environment.
    static func setOptions(_ options: String) throws {
      try check(PetscOptionsInsertString(nil, options), "PetscOptionsInsertString")
      if let own = ProcessInfo.processInfo.environment["PETSC_OPTIONS"] {
        try check(PetscOptionsInsertString(nil, own), "PetscOptionsInsertString")
      }
    }
  #else
    public static func using<Result>(_ work: () throws -> Result) throws -> Result { try work() }
  #endif
}

#if ATHERMAL_PETSC
  /// Throws a failure that names the call if a PETSc or SLEPc call returned an error code.
  func check(_ code: PetscErrorCode, _ call: StaticString) throws {
    guard code != 0 else { return }
    var text: UnsafePointer<CChar>?
    PetscErrorMessage(code, &text, nil)
    throw Failure(.messagePassing, "\(call): \(text.map { String(cString: $0) } ?? "error \(code)")")
  }
#endif
