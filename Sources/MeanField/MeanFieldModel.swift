import Foundation

/// The Hébraud-Lequeux model of the stress σ of one block among many, with its extensions:
///
///     ∂P/∂t = −γ̇ ∂P/∂σ + Γ (noise of the other blocks) − rate(σ) P + (blocks that have yielded, at their new stress)
///
/// All quantities are reduced: stresses in σ_c, times in τ, strain rates in σ_c/(G₀τ). Γ = ∫ rate P is the activity.
public struct MeanFieldModel: Sendable, Equatable {
  /// The coupling α: the noise of one event per block and unit time spreads stresses by ⟨Δσ²⟩ = 2α.
  public var alpha: Double
  public var noise: KickNoise
  public var yielding: YieldingRate
  public var relaxation: StressRelease
  /// Local yield stresses and their probabilities; a block draws a new one whenever it yields.
  public var thresholds: [Threshold]

  /// One of the possible local yield stresses.
  public struct Threshold: Sendable, Equatable, Codable {
    public var value: Double
    public var weight: Double

    public init(value: Double, weight: Double) {
      self.value = value
      self.weight = weight
    }
  }

  public init(
    alpha: Double, noise: KickNoise = .gaussian, yielding: YieldingRate = .constant,
    relaxation: StressRelease = .complete, thresholds: [Threshold] = [Threshold(value: 1, weight: 1)]
  ) {
    self.alpha = alpha
    self.noise = noise
    self.yielding = yielding
    self.relaxation = relaxation
    self.thresholds = thresholds
  }

  /// Whether this is the model of Hébraud and Lequeux, of which stationary states are known exactly.
  public var isHebraudLequeux: Bool {
    noise == .gaussian && yielding == .constant && relaxation == .complete
      && thresholds == [Threshold(value: 1, weight: 1)]
  }

  /// Returns the width within which the density falls to zero at a threshold, by the noise of an activity alone: over
  /// it, kicks carry blocks within the time of yielding. Nil where kicks have a least size.
  public func layer(activity: Double) -> Double? {
    switch noise {
    case .gaussian: (alpha * activity).squareRoot()
    // Below an exponent of 1, blocks cross the threshold by kicks of any size, without a layer.
    case .levy(let exponent, let lower, _) where lower == 0 && exponent >= 1:
      pow(noise.amplitude(alpha: alpha)! * activity, 1 / exponent)
    case .levy, .histogram: nil
    }
  }

  /// The largest kick; 0 for diffusion.
  public var largestKick: Double { noise.reach }
}
