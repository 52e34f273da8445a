import CShims

/// Signals as a request to stop soon.
public enum StopSignal {
  /// From now on SIGUSR1 and SIGUSR2 are noted: a run that begins to listen later stops then, and others go on.
  public static func note() { CShims_note_stop_signals() }

  /// From now on these, SIGTERM and SIGINT are noted and do not end the process; the second SIGINT does.
  public static func watch() { CShims_catch_stop_signals() }

  public static var hasCome: Bool { CShims_stop_signal() != 0 }
}
