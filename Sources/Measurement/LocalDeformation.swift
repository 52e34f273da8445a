import Geometry
import Interactions

/// The motion of each particle's neighbourhood over a window, split into an affine map and the rest, D²min.
public struct LocalDeformation: Sendable {
  /// Normalisation of D²min.
  public enum Normalisation: Sendable {
    /// Mean: the sum divided by the number of neighbours.
    case mean
    /// Sum over the neighbours.
    case sum
  }

  private let dimension: Int
  /// The first `stride` numbers of ``AffineFit`` of each owned particle, in storage order.
  private let fits: [Double]
  private let stride: Int

  init(dimension: Int, fits: [Double], stride: Int) {
    self.dimension = dimension
    self.fits = fits
    self.stride = stride
  }

  /// Returns D²min of each particle in units of squared length, in storage order; NaN for a particle whose neighbours
  /// do not span space.
  public func d2min(_ normalisation: Normalisation) -> [Double] {
    let count = fits.count / stride
    switch normalisation {
    case .sum: return (0..<count).map { fits[$0 * stride] }
    case .mean: return (0..<count).map { fits[$0 * stride] / fits[$0 * stride + 1] }
    }
  }

  /// Returns the gradient J of the displacement around particle `i` by the best fit, u_j − u_i ≈ J (x_j − x_i) with the
  /// positions x at the start; NaN if the neighbours do not span space. It must have been asked for.
  ///
  /// Where u is nonaffine, J is what the neighbourhood has been deformed by beyond the affine map M of the box: the
  /// whole displacement has the gradient M − 1 + J.
  public func displacementGradient(of i: Int) -> Tensor {
    precondition(stride > AffineFit.residualAndCount, "gradients were not asked for")
    var gradient = Tensor()
    for k in 0..<dimension {
      for m in 0..<dimension { gradient[k, m] = fits[i * stride + AffineFit.residualAndCount + k * dimension + m] }
    }
    return gradient
  }
}
