import Interactions
import MessagePassing
import Particles

/// Requirements on a configuration from which a Monte Carlo run can start.
public enum LiquidStart {
  /// Verifies that there are different sizes or species to exchange, and that the window is not wider
  /// than their range. Collective.
  /// - Throws: an input failure if not.
  public static func check(
    _ snapshot: Snapshot, bySize: Bool, sizeWindow: Double, swapFraction: Double, over communicator: Communicator
  ) throws {
    let particles = snapshot.particles
    let parameters = bySize ? particles.diameters : particles.species.map(Double.init)
    var extremes = [parameters.min() ?? .infinity, -(parameters.max() ?? -.infinity)]
    try communicator.reduce(&extremes, .minimum)
    let width = -extremes[1] - extremes[0]
    guard swapFraction > 0 else { return }
    guard width > 0 else {
      throw Failure.everywhere(
        .input,
        "all particles are of one \(bySize ? "size" : "species"): there is nothing to swap; "
          + "set prepare.swap_fraction = 0")
    }
    guard !bySize || sizeWindow <= width else {
      throw Failure.everywhere(
        .input,
        "prepare.size_window is \(sizeWindow), wider than the range of the sizes, which go from \(extremes[0]) to "
          + "\(-extremes[1]); take at most \(width)")
    }
  }

  /// Verifies that no particle has an energy beyond that of any liquid, from the energies of the
  /// last evaluation. Collective.
  /// - Throws: an input failure that names such a particle.
  public static func checkOverlaps(_ system: ParticleSystem) throws {
    var worst = (energy: 0.0, id: Int64(0))
    for i in 0..<system.ownedCount where !(system.energy(of: i) <= worst.energy) {
      worst = (system.energy(of: i), system.id(i))
    }
    let limit = 1e4
    try system.communicator.coordinated {
      guard worst.energy <= limit else {
        throw Failure(
          .input,
          "particle \(worst.id) has an energy of \(worst.energy.shown): particles overlap; bring them apart with "
            + "athermal minimize, and start from its state.h5")
      }
    }
  }
}
