import Geometry

/// Conversion of differences of fixed-point coordinates to lengths.
///
/// If an integer of up to 2⁵¹ is added to the bit pattern of 1.5·2⁵² quanta, the number increases by exactly that many
/// quanta. So a displacement costs one integer and one floating-point subtraction, and has no rounding error.
struct FixedPointReader {
  private let origin: Lanes
  private let originBits: IntegerLanes

  @inline(__always) init(quantum: Double) {
    let number = 1.5 * 0x1p52 * quantum
    origin = Lanes(number)
    originBits = IntegerLanes(Int64(bitPattern: number.bitPattern))
  }

  /// Returns a row coordinate, prepared for ``displacement(from:to:)``.
  @inline(__always) func row(_ coordinate: IntegerLanes) -> IntegerLanes { coordinate - originBits }

  @inline(__always) func displacement(from row: IntegerLanes, to neighbour: IntegerLanes) -> Lanes {
    Lanes(bits: neighbour - row) - origin
  }
}
