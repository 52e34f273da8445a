import Foundation

/// The root of a function of one number, by Brent's method: bisection, secants and inverse parabolas inside a bracket.
enum ScalarRoot {
  /// Returns the root between `a` and `b`, at which `f` has different signs or is zero.
  /// - Parameter tolerance: relative half width of the bracket at which to end; never below the resolution of numbers.
  static func find(
    between a: Double, and b: Double, tolerance: Double, _ f: (Double) throws -> Double
  ) rethrows -> Double {
    var (a, b) = (a, b)
    var (fa, fb) = (try f(a), try f(b))
    if fa == 0 { return a }
    var (c, fc) = (a, fa)
    var (step, last) = (b - a, b - a)
    for _ in 0..<400 {
      if (fb > 0) == (fc > 0) {
        (c, fc) = (a, fa)
        step = b - a
        last = step
      }
      if fc.magnitude < fb.magnitude {
        (a, b, c) = (b, c, b)
        (fa, fb, fc) = (fb, fc, fb)
      }
      let width = 0.5 * (c - b)
      let limit = max(2 * b.ulp, tolerance * b.magnitude) / 2
      if width.magnitude <= limit || fb == 0 { return b }
      if last.magnitude >= limit, fa.magnitude > fb.magnitude {
        var (p, q): (Double, Double)
        let s = fb / fa
        if a == c {
          (p, q) = (2 * width * s, 1 - s)
        } else {
          let (r, t) = (fb / fc, fa / fc)
          p = s * (2 * width * t * (t - r) - (b - a) * (r - 1))
          q = (t - 1) * (r - 1) * (s - 1)
        }
        if p > 0 { q = -q } else { p = -p }
        if 2 * p < min(3 * width * q - (limit * q).magnitude, (last * q).magnitude) {
          (last, step) = (step, p / q)
        } else {
          (step, last) = (width, width)
        }
      } else {
        (step, last) = (width, width)
      }
      (a, fa) = (b, fb)
      b += step.magnitude > limit ? step : (width > 0 ? limit : -limit)
      fb = try f(b)
    }
    return b
  }
}
