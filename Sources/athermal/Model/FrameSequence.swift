import Geometry
import Interactions
import MessagePassing
import Particles

/// The frames of a trajectory one after the other, as states of one system of particles that goes from each to the
/// next. What the system tracks, such as displacements, is that of the particles between frames. One frame is in
/// memory.
final class FrameSequence {
  let frames: ChosenFrames
  /// The particles, at the present frame.
  let system: ParticleSystem
  /// Generator A of the deformation that the strain measures.
  let generator: Tensor
  /// Place of the present frame among those that are chosen.
  private(set) var place = 0
  /// How often each edge of the present box contains each edge of the first: it changes when the box is flipped.
  private(set) var flips = Tensor.identity
  /// Number of flips so far.
  private(set) var flipCount = 0

  /// Reads the first frame. Collective.
  /// - Throws: an input failure if the frame cannot be read, or if the file does not say what its strain measures.
  init(_ frames: ChosenFrames, skin: Double, over communicator: Communicator) throws {
    self.frames = frames
    let snapshot = try frames.snapshot(at: 0, over: communicator)
    system = try frames.naming(0) {
      try ParticleSystem(
        snapshot, interaction: frames.potential.compiled(dimension: snapshot.dimension), skin: skin,
        communicator: communicator)
    }
    generator = try frames.naming(0) {
      guard let generator = snapshot.strainGenerator else {
        throw Failure.everywhere(
          .input, "does not say which deformation its strain measures; a trajectory.h5 of shear or flow does")
      }
      return generator
    }
  }

  /// Moves the particles to the next frame. Collective.
  /// - Returns: whether there is one.
  /// - Throws: an input failure if the box of the frame is not that of the one before, deformed by the strain.
  func advance() throws -> Bool {
    guard place + 1 < frames.numbers.count else { return false }
    place += 1
    let snapshot = try frames.snapshot(at: place, over: system.communicator)
    let map = ((snapshot.strain - system.strain) * generator).exponential
    let change = try frames.naming(place) { try system.move(to: snapshot, by: map) }
    if change != .identity {
      flips = change * flips
      flipCount += 1
    }
    return true
  }
}
