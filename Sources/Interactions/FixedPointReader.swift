import Geometry

/// Turns differences of fixed-point coordinates into lengths.
///
/// Added to the bit pattern of 1.5·2⁵² quanta, an integer of up to 2⁵¹ becomes that many quanta more, exactly; so a
/// displacement costs one integer and one floating-point subtraction, and carries no rounding.
struct FixedPointReader {
  private let origin: Lanes
  private let originBits: IntegerLanes

  @inline(__always) init(quantum: Double) {
    let number = 1.5 * 0x1p52 * quantum
    origin = Lanes(number)
    originBits = IntegerLanes(Int64(bitPattern: number.bitPattern))
  }

  /// A row coordinate, prepared for ``displacement(from:to:)``.
  @inline(__always) func row(_ coordinate: IntegerLanes) -> IntegerLanes { coordinate - originBits }

  @inline(__always) func displacement(from row: IntegerLanes, to neighbour: IntegerLanes) -> Lanes {
    Lanes(bits: neighbour - row) - origin
  }
}
