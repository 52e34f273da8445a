import Checkpoints
import Geometry
import Particles

/// A one-parameter deformation D(γ) = exp(γ A) of the box as it was at the start.
///
/// The box at a strain follows from the start and the strain alone, whatever path led there; the basis that describes
/// it keeps the flips made so far.
public final class Loading {
  public enum Mode: Equatable, Sendable {
    /// A = e_flow ⊗ e_gradient: the only mode without limit, since the box can be flipped.
    case simpleShear(flow: Int, gradient: Int)
    /// A = ½ (e_a⊗e_a − e_b⊗e_b)
    case pureShear(Int, Int)
    /// A = e_a⊗e_a, the lateral edges fixed
    case uniaxial(Int)
    /// A = 1
    case dilation
    case matrix(Tensor)

    /// The axes of flow and gradient, or of stretch and compression; x and y where the mode names no plane.
    public var plane: (Int, Int) {
      switch self {
      case .simpleShear(let flow, let gradient): (flow, gradient)
      case .pureShear(let a, let b): (a, b)
      case .uniaxial, .dilation, .matrix: (0, 1)
      }
    }

    /// The generator A.
    public func generator(dimension: Int) -> Tensor {
      var a = Tensor()
      switch self {
      case .simpleShear(let flow, let gradient): a[flow, gradient] = 1
      case .pureShear(let i, let j):
        a[i, i] = 0.5
        a[j, j] = -0.5
      case .uniaxial(let i): a[i, i] = 1
      case .dilation: for k in 0..<dimension { a[k, k] = 1 }
      case .matrix(let matrix): a = matrix
      }
      return a
    }
  }

  public let mode: Mode
  /// The generator A.
  public let generator: Tensor
  private var state: State

  private struct State: Codable {
    var startEdges: Tensor
    var startStrain: Double
    /// How often each edge contains each edge of the start, after flips.
    var basis = Tensor.identity
  }

  public var startStrain: Double { state.startStrain }

  /// A loading of the system as it is now. Its strain goes on from that of the system, unless that counts another
  /// deformation.
  public init(_ mode: Mode, of system: ParticleSystem) {
    self.mode = mode
    generator = mode.generator(dimension: system.dimension)
    system.countStrain(by: generator)
    state = State(startEdges: system.cell.edges, startStrain: system.strain)
  }

  /// A loading that was put aside, of a system that goes on.
  public init(_ mode: Mode, of system: ParticleSystem, resuming checkpoint: Checkpoint) throws {
    self.mode = mode
    state = try checkpoint.value(State.self, of: "loading")
    generator = mode.generator(dimension: system.dimension)
    // In checkpoints of earlier builds it is not said.
    system.countStrain(by: generator)
  }

  func save(to checkpoint: Checkpoint) throws { try checkpoint.put(state, as: "loading") }

  /// The map from the box at one strain (of this loading) to that at another.
  private func map(from old: Double, to new: Double) -> Tensor { ((new - old) * generator).exponential }

  /// Brings the system to `strain`, counted like the system's, by the affine map alone. Collective.
  public func deform(_ system: ParticleSystem, to strain: Double) throws {
    let total = ((strain - state.startStrain) * generator).exponential
    var unflipped = Tensor()
    for k in 0..<3 { unflipped[k] = total * state.startEdges[k] }
    try system.deform(by: map(from: system.strain, to: strain), edges: state.basis * unflipped, strain: strain)
    if case .simpleShear(let flow, let gradient) = mode {
      if abs(state.startEdges[flow][gradient]) > 1e-9 * state.startEdges[flow].length {
        try shortenEdges(system)
      } else {
        try uprightEdges(system, flow)
      }
    }
  }

  /// Takes the flow edge, which the shear leaves as it is, off the others.
  private func uprightEdges(_ system: ParticleSystem, _ flow: Int) throws {
    // In a tilted box other edges than that of the gradient have a part along the gradient, and are sheared too.
    for edge in 0..<system.dimension where edge != flow {
      guard try flip(system, edge, along: flow) else { continue }
      // A flow edge that is itself tilted along a lower one has passed its tilt on.
      for lower in 0..<min(edge, flow) { _ = try flip(system, edge, along: lower) }
    }
  }

  /// Where the flow edge stands askew to the flow it grows with the strain, and no edge can stay: all are taken off one
  /// another as long as one gets shorter by it.
  private func shortenEdges(_ system: ParticleSystem) throws {
    var isShortened = true
    while isShortened {
      isShortened = false
      for edge in 0..<system.dimension {
        for other in 0..<system.dimension where other != edge {
          if try flip(system, edge, along: other) { isShortened = true }
        }
      }
    }
  }

  /// Takes one edge off another where the tilt is beyond ±1/2. Collective.
  private func flip(_ system: ParticleSystem, _ edge: Int, along other: Int) throws -> Bool {
    let flips = try system.reduceTilt(of: edge, along: other)
    if flips != 0 { state.basis[edge] = state.basis[edge] - Double(flips) * state.basis[other] }
    return flips != 0
  }

  /// Where a saved state is restored, its basis has to come back with it.
  public var flips: Tensor {
    get { state.basis }
    set { state.basis = newValue }
  }
}
