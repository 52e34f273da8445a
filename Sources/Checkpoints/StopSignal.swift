import CShims

/// Unix signals that ask the run to save a checkpoint and stop.
public enum StopSignal {
  /// Records SIGUSR1, SIGUSR2 and SIGTERM from now on, so that a run that calls ``install()`` later stops then.
  public static func recordEarly() { CShims_note_stop_signals() }

  /// Restores the default for commands that never call ``install()``: SIGTERM ends the process, even if it was recorded
  /// before; SIGUSR1 and SIGUSR2 are ignored.
  public static func restoreDefaults() { CShims_release_termination() }

  /// Records SIGUSR1, SIGUSR2, SIGTERM and SIGINT from now on instead of ending the process; a second SIGINT ends it.
  public static func install() { CShims_catch_stop_signals() }

  public static var hasCome: Bool { CShims_stop_signal() != 0 }
}
