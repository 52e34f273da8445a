import Checkpoints
import Geometry

/// A one-parameter deformation D(γ) = exp(γ A) of the initial box.
///
/// The box at a strain follows from the initial box and the strain alone, whatever path led there. The basis that
/// describes it contains the flips made so far.
public final class Loading {
  /// Name in checkpoints.
  private static let key = "loading"

  public enum Mode: Equatable, Sendable {
    /// Simple shear, A = e_flow ⊗ e_gradient: the only mode without a limit, since the box can be flipped.
    case simpleShear(flow: Int, gradient: Int)
    /// Pure shear, A = ½ (e_a⊗e_a − e_b⊗e_b).
    case pureShear(Int, Int)
    /// Uniaxial deformation, A = e_a⊗e_a, with the lateral edges fixed.
    case uniaxial(Int)
    /// Dilation, A = 1.
    case dilation
    case matrix(Tensor)

    /// Axes of flow and gradient, or of stretch and compression; x and y if the mode has no plane.
    public var plane: (Int, Int) {
      switch self {
      case .simpleShear(let flow, let gradient): (flow, gradient)
      case .pureShear(let a, let b): (a, b)
      case .uniaxial, .dilation, .matrix: (0, 1)
      }
    }

    /// Returns the generator A of the deformation D(γ) = exp(γA).
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
  /// Generator A of the deformation D(γ) = exp(γA).
  public let generator: Tensor
  private var state: State

  private struct State: Codable {
    var startEdges: Tensor
    var startStrain: Double
    /// Matrix of flips: how often each present edge contains each initial edge.
    var basis = Tensor.identity
  }

  public var startStrain: Double { state.startStrain }

  /// Creates a loading that starts from the present box. Its strain continues that of the system, unless that
  /// measures another deformation.
  public init(_ mode: Mode, of system: ParticleSystem) {
    self.mode = mode
    generator = mode.generator(dimension: system.dimension)
    system.countStrain(by: generator)
    state = State(startEdges: system.cell.edges, startStrain: system.strain)
  }

  /// Restores a saved loading, for a system that is resumed.
  public init(_ mode: Mode, of system: ParticleSystem, resuming checkpoint: Checkpoint) throws {
    self.mode = mode
    state = try checkpoint.value(State.self, of: Self.key)
    generator = mode.generator(dimension: system.dimension)
    // Checkpoints of earlier builds do not contain the generator of the strain.
    system.countStrain(by: generator)
  }

  public func save(to checkpoint: Checkpoint) throws { try checkpoint.put(state, as: Self.key) }

  /// Returns the map from the box at one strain of this loading to that at another.
  private func map(from old: Double, to new: Double) -> Tensor { ((new - old) * generator).exponential }

  /// Returns the edges at a strain.
  private func edges(at strain: Double) -> Tensor {
    let total = ((strain - state.startStrain) * generator).exponential
    var unflipped = Tensor()
    for k in 0..<3 { unflipped[k] = total * state.startEdges[k] }
    return state.basis * unflipped
  }

  /// Deforms the system to `strain` by the affine map alone, and lists the neighbours again. Collective.
  public func deform(_ system: ParticleSystem, to strain: Double) throws {
    try system.deform(by: map(from: system.strain, to: strain), edges: edges(at: strain), strain: strain)
    try flip(system)
  }

  /// Deforms the system to `strain` by the affine map alone. Neighbours are listed again if the box is flipped, and
  /// otherwise by the next evaluation if that is necessary. Collective.
  public func advance(_ system: ParticleSystem, to strain: Double) throws {
    system.advance(by: map(from: system.strain, to: strain), edges: edges(at: strain), strain: strain)
    try flip(system)
  }

  /// Deforms the box to `strain`, as ``advance(_:to:)``, when the particles have been moved already. Collective.
  public func follow(_ system: ParticleSystem, to strain: Double) throws {
    system.follow(map(from: system.strain, to: strain), edges: edges(at: strain), strain: strain)
    try flip(system)
  }

  /// Chooses shorter edges if simple shear has tilted the box too far. Collective.
  private func flip(_ system: ParticleSystem) throws {
    guard case .simpleShear(let flow, let gradient) = mode else { return }
    if abs(state.startEdges[flow][gradient]) > 1e-9 * state.startEdges[flow].length {
      try shortenEdges(system)
    } else {
      try uprightEdges(system, flow)
    }
  }

  /// Subtracts the flow edge, which the shear leaves unchanged, from the other edges. Collective.
  private func uprightEdges(_ system: ParticleSystem, _ flow: Int) throws {
    // In a tilted box, edges other than the gradient edge have a component along the gradient, and are sheared too.
    for edge in 0..<system.dimension where edge != flow {
      guard try flip(system, edge, along: flow) else { continue }
      // If the flow edge is itself tilted along a lower one, the edge has received that tilt.
      for lower in 0..<min(edge, flow) { _ = try flip(system, edge, along: lower) }
    }
  }

  /// Subtracts edges from one another as long as one becomes shorter by it. This is needed if the flow edge is not
  /// parallel to the flow: it then grows with the strain, and no edge stays unchanged. Collective.
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

  /// Subtracts one edge from another if the tilt is beyond ±1/2. Collective.
  private func flip(_ system: ParticleSystem, _ edge: Int, along other: Int) throws -> Bool {
    let flips = try system.reduceTilt(of: edge, along: other)
    if flips != 0 { state.basis[edge] = state.basis[edge] - Double(flips) * state.basis[other] }
    return flips != 0
  }

  /// Basis of the present box in terms of the initial edges. It must be restored together with
  /// a saved state of the system.
  public var flips: Tensor {
    get { state.basis }
    set { state.basis = newValue }
  }
}
