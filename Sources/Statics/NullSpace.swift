import Interactions
import MessagePassing
import Particles

/// The displacements that no force opposes: those of rattlers, and the translation of all other particles.
///
/// A rattler has at most as many bonds as dimensions of space, none of them under tension: repulsive forces cannot hold
/// it. Its bonds do not hold its neighbours either, so the count is repeated without them until nothing changes.
public final class NullSpace {
  private let system: ParticleSystem
  /// Flag of each particle, ghosts included: 1 for rattlers, else 0.
  private let isRattler: ParticleField
  public let rattlerCount: Int

  /// Finds the rattlers. Collective.
  public init(_ system: ParticleSystem, _ bonds: BondNetwork) throws {
    self.system = system
    let flags = system.makeField(width: 1)
    var found = 0
    while true {
      try system.gather(flags)
      var fresh: [Int] = []
      for i in 0..<system.ownedCount where flags.values[i] == 0 {
        var holding = 0
        var pulls = false
        for end in bonds.ends(of: i) {
          let j = Int(bonds.partner[end])
          if flags.values[j] != 0 { continue }
          holding += 1
          if bonds.stiffness(end).first > 0 { pulls = true }
        }
        if holding == 0 || (holding <= system.dimension && !pulls) { fresh.append(i) }
      }
      for i in fresh { flags.values[i] = 1 }
      let added = try system.communicator.reduce(fresh.count, .sum)
      if added == 0 { break }
      found += added
    }
    isRattler = flags
    rattlerCount = found
  }

  /// Returns whether an owned particle or ghost, given by its local number, is a rattler.
  public func isRattler(_ particle: Int) -> Bool { isRattler.values[particle] != 0 }

  /// Sets the values of rattlers to zero.
  func maskRattlers(_ field: ParticleField) {
    if rattlerCount == 0 { return }
    let d = field.width
    for i in 0..<system.ownedCount where isRattler(i) { for k in 0..<d { field.values[i * d + k] = 0 } }
  }

  /// Sets the values of rattlers to zero and subtracts the mean of the other particles. Collective.
  public func remove(from field: ParticleField) throws {
    maskRattlers(field)
    let held = system.totalCount - rattlerCount
    if held == 0 { return }
    let d = field.width
    let mean = try system.sum(ofField: field.values, width: d).map { $0 / Double(held) }
    for i in 0..<system.ownedCount where !isRattler(i) { for k in 0..<d { field.values[i * d + k] -= mean[k] } }
  }
}
