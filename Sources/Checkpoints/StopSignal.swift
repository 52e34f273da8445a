import CShims

/// SIGUSR1, SIGUSR2 and SIGTERM as a request to stop soon, for programs that do not compute themselves.
public enum StopSignal {
  /// From now on they are noted and do not end the process.
  public static func watch() { CShims_catch_stop_signals() }

  public static var hasCome: Bool { CShims_stop_signal() != 0 }
}
