/// A vector in space, in units of length. In two dimensions the third component is zero.
public typealias Vector = SIMD3<Double>

/// A position or displacement in whole quanta of length (see ``Cell/quantum``).
public typealias FixedVector = SIMD3<Int64>

extension SIMD3 where Scalar == Double {
  @inlinable public func dot(_ other: Self) -> Double { x * other.x + y * other.y + z * other.z }
  @inlinable public var squaredLength: Double { dot(self) }
  @inlinable public var length: Double { squaredLength.squareRoot() }
}
