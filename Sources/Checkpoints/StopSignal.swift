import CShims

/// Signals as a request to stop soon.
public enum StopSignal {
  /// From now on SIGUSR1, SIGUSR2 and SIGTERM are noted: a run that begins to listen later stops then.
  public static func note() { CShims_note_stop_signals() }

  /// For what does not listen: SIGTERM ends the process, also one that was noted; the other two are let go by.
  public static func ignore() { CShims_release_termination() }

  /// From now on these and SIGINT are noted and do not end the process; the second SIGINT does.
  public static func watch() { CShims_catch_stop_signals() }

  public static var hasCome: Bool { CShims_stop_signal() != 0 }
}
