import Particles

/// An observer of a loading: a writer of files, a progress line, a test.
///
/// All calls are collective. The system has forces, energies and stress of the reported state.
public protocol ShearObserver: AnyObject {
  /// Called after each strain step, and once before the first.
  func completed(_ step: StepRecord, of system: ParticleSystem) throws
  /// Called after each plastic event of an adaptive run, before the step that contains it is completed.
  func found(_ event: PlasticEvent, in system: ParticleSystem) throws
  /// Called while an interval of strain that contains an event is bisected, and with nil when
  /// that is over. Not collective.
  func locating(within interval: Double?)
}

extension ShearObserver {
  public func locating(within interval: Double?) {}
}
