import MessagePassing

#if ATHERMAL_PETSC
  import Foundation
  import CMPI
  import CPETSc
  import CSLEPc
#endif

/// PETSc and SLEPc: whether this build has them, and their life in this process.
public enum SparseLibrary {
  /// False in a build with `ATHERMAL_PETSC=off`.
  public static var isAvailable: Bool {
    #if ATHERMAL_PETSC
      true
    #else
      false
    #endif
  }

  /// Name and version, or that they are absent.
  public static var text: String {
    #if ATHERMAL_PETSC
      "PETSc \(PETSC_VERSION_MAJOR).\(PETSC_VERSION_MINOR).\(PETSC_VERSION_SUBMINOR), SLEPc \(SLEPC_VERSION_MAJOR).\(SLEPC_VERSION_MINOR).\(SLEPC_VERSION_SUBMINOR)"
    #else
      "without PETSc and SLEPc"
    #endif
  }

  #if ATHERMAL_PETSC
    /// Starts the libraries, does the work, and ends them before MPI ends. What owns an object of theirs must live
    /// inside. Collective.
    public static func using<Result>(_ work: () throws -> Result) throws -> Result {
      useOneThread()
      // Its signal handlers would report every trap of ours as memory corruption.
      try check(PetscOptionsSetValue(nil, "-no_signal_handler", "1"), "PetscOptionsSetValue")
      try check(SlepcInitializeNoArguments(), "SlepcInitialize")
      defer { SlepcFinalize() }
      // Codes come back and become failures; nothing is printed, nobody aborts.
      try check(PetscPushErrorHandler(PetscReturnErrorHandler, nil), "PetscPushErrorHandler")
      return try work()
    }

    /// Ranks are the parallelism; the factorisation's own threads would fight with those of other ranks.
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
  /// Turns the return code of a PETSc or SLEPc call into an error that carries the call's name.
  func check(_ code: PetscErrorCode, _ call: StaticString) throws {
    guard code != 0 else { return }
    var text: UnsafePointer<CChar>?
    PetscErrorMessage(code, &text, nil)
    throw Failure(.messagePassing, "\(call): \(text.map { String(cString: $0) } ?? "error \(code)")")
  }
#endif
