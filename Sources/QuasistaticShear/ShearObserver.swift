import Particles

/// Whoever wants to know what a loading does while it goes on: the writers of files, progress lines, tests.
///
/// All calls are collective. The system has forces, energies and stress of the state reported.
public protocol ShearObserver: AnyObject {
  /// After each strain step, and once before the first.
  func completed(_ step: StepRecord, of system: ParticleSystem) throws
  /// After each plastic event of an adaptive run, before the step it belongs to is completed.
  func found(_ event: PlasticEvent, in system: ParticleSystem) throws
  /// While an interval of strain that holds an event is halved; nil when that is over. Not collective.
  func locating(within interval: Double?)
}

extension ShearObserver {
  public func locating(within interval: Double?) {}
}
