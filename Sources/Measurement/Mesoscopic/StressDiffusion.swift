import Statistics

/// The diffusion coefficient of block stresses, from a line fitted to ⟨Δσ²⟩(t), in both conventions that are in use.
public struct StressDiffusion: Sendable, Equatable {
  /// D_σ = ⟨Δσ²⟩/t, the slope itself (Puosi, Olivier and Martens 2015).
  public let perTime: Estimate
  /// D = ⟨Δσ²⟩/(2t), the coefficient of D ∂²P in the equation of Hébraud and Lequeux.
  public let perTwoTimes: Estimate
  /// What the line leaves at t = 0: vibrations, and particles that cross the faces of blocks.
  public let floor: Estimate
  /// First and last time of the fit, and its number of lags.
  public let from: Double
  public let to: Double
  public let lags: Int
}
