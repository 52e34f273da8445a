/// An observer of a flow: a writer of files, measurements, a test.
public protocol FlowObserver: AnyObject {
  /// Called at the beginning of each stage and after each of its intervals. The system has forces, energies and stress
  /// of the reported state, and the velocities are those of its time. Collective.
  func measured(_ record: FlowRecord, of integrator: any TimeIntegrator) throws
}
