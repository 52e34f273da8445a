import CLanes

/// A vector of doubles, one per particle, as wide as a register of the CPU. No operation is reassociated, so results do
/// not depend on the width.
///
/// Swift compiles arithmetic of its own SIMD types lane by lane. So each operation goes through an inline C function on
/// a vector type, which becomes one vector instruction.
public struct Lanes: BitwiseCopyable, Sendable {
  /// Number of lanes: 8 with AVX-512, 4 elsewhere.
  @inlinable @inline(__always) public static var count: Int { Int(CLANES_WIDTH) }

  /// Bit mask with one bit set for each lane.
  @inlinable @inline(__always) public static var allBits: UInt32 { (1 << UInt32(CLANES_WIDTH)) - 1 }

  @usableFromInline let value: CLanes_reals

  @inlinable @inline(__always) init(value: CLanes_reals) { self.value = value }

  /// Sets all lanes to the same number.
  @inlinable @inline(__always) public init(_ number: Double) { value = CLanes_broadcast(number) }

  /// Loads consecutive numbers from an address aligned to the size of the vector.
  @inlinable @inline(__always) public init(loading address: UnsafePointer<Double>) { value = CLanes_load(address) }

  /// Reinterprets the bits of the integer lanes as doubles.
  @inlinable @inline(__always) public init(bits: IntegerLanes) { value = CLanes_from_bits(bits.value) }

  @inlinable @inline(__always) public static func + (a: Lanes, b: Lanes) -> Lanes {
    Lanes(value: CLanes_add(a.value, b.value))
  }
  @inlinable @inline(__always) public static func - (a: Lanes, b: Lanes) -> Lanes {
    Lanes(value: CLanes_subtract(a.value, b.value))
  }
  @inlinable @inline(__always) public static func * (a: Lanes, b: Lanes) -> Lanes {
    Lanes(value: CLanes_multiply(a.value, b.value))
  }
  @inlinable @inline(__always) public static func / (a: Lanes, b: Lanes) -> Lanes {
    Lanes(value: CLanes_divide(a.value, b.value))
  }
  @inlinable @inline(__always) public static func * (a: Double, b: Lanes) -> Lanes { Lanes(a) * b }
  @inlinable @inline(__always) public static func + (a: Double, b: Lanes) -> Lanes { Lanes(a) + b }
  @inlinable @inline(__always) public static func - (a: Double, b: Lanes) -> Lanes { Lanes(a) - b }
  @inlinable @inline(__always) public static func - (a: Lanes, b: Double) -> Lanes { a - Lanes(b) }

  /// Returns self · factor + addend, fused where the CPU supports it.
  @inlinable @inline(__always) public func times(_ factor: Lanes, plus addend: Lanes) -> Lanes {
    Lanes(value: CLanes_fma(value, factor.value, addend.value))
  }

  @inlinable @inline(__always) public var squareRoot: Lanes { Lanes(value: CLanes_square_root(value)) }
  @inlinable @inline(__always) public var magnitude: Lanes { Lanes(value: CLanes_magnitude(value)) }

  /// Returns a mask: all bits of a lane are set where self < other, none elsewhere.
  @inlinable @inline(__always) public func isLess(than other: Lanes) -> IntegerLanes {
    IntegerLanes(value: CLanes_less(value, other.value))
  }

  /// Stores the lanes at an address aligned to the size of the vector.
  @inlinable @inline(__always) public func store(to address: UnsafeMutablePointer<Double>) {
    CLanes_store(value, address)
  }

  @inlinable public subscript(lane: Int) -> Double { value[lane] }
}

/// A vector of 64-bit integers, or a mask with all or no bits set in each lane.
public struct IntegerLanes: BitwiseCopyable, Sendable {
  @usableFromInline let value: CLanes_integers

  @inlinable @inline(__always) init(value: CLanes_integers) { self.value = value }
  @inlinable @inline(__always) public init(_ number: Int64) { value = CLanes_integer_broadcast(number) }

  @inlinable @inline(__always) public static func - (a: IntegerLanes, b: IntegerLanes) -> IntegerLanes {
    IntegerLanes(value: CLanes_integer_subtract(a.value, b.value))
  }
  @inlinable @inline(__always) public static func & (a: IntegerLanes, b: IntegerLanes) -> IntegerLanes {
    IntegerLanes(value: CLanes_masks_and(a.value, b.value))
  }

  /// Bit l is set where lane l of the mask is.
  @inlinable @inline(__always) public var bits: UInt32 { CLanes_mask_bits(value) }

  /// Returns `a` where the mask is set, `b` elsewhere.
  @inlinable @inline(__always) public func select(_ a: Lanes, else b: Lanes) -> Lanes {
    Lanes(value: CLanes_select(value, a.value, b.value))
  }

  @inlinable public subscript(lane: Int) -> Int64 { Int64(value[lane]) }
}

/// Records of as many particles as there are lanes: fixed-point coordinates and the parameter of the potential.
public struct RecordLanes: BitwiseCopyable {
  public let x: IntegerLanes
  public let y: IntegerLanes
  public let z: IntegerLanes
  public let parameter: Lanes

  /// Loads consecutive records from particle number `first` on.
  ///
  /// `records` holds 4 words per particle (x, y, z in quanta; the bits of the parameter), 32-byte aligned.
  @inlinable @inline(__always)
  public init(from records: UnsafePointer<Int64>, first: Int) {
    let start = records + 4 * first
    x = IntegerLanes(value: CLanes_transpose(start, 0))
    y = IntegerLanes(value: CLanes_transpose(start, 1))
    z = IntegerLanes(value: CLanes_transpose(start, 2))
    parameter = Lanes(bits: IntegerLanes(value: CLanes_transpose(start, 3)))
  }

  @inlinable @inline(__always)
  public init(gathering records: UnsafePointer<Int64>, at index: UnsafePointer<Int32>) {
    x = IntegerLanes(value: CLanes_gather(records, index, 0))
    y = IntegerLanes(value: CLanes_gather(records, index, 1))
    z = IntegerLanes(value: CLanes_gather(records, index, 2))
    parameter = Lanes(bits: IntegerLanes(value: CLanes_gather(records, index, 3)))
  }
}

extension Lanes {
  /// Loads the numbers `base[stride · index]`, one for each entry of `index`.
  @inlinable @inline(__always)
  public init(gathering base: UnsafePointer<Double>, at index: UnsafePointer<Int32>, stride: Int = 1) {
    value = CLanes_gather_double(base, index, stride)
  }
}

extension Lanes {
  /// Loads consecutive numbers from an address of any alignment.
  @inlinable @inline(__always) public init(loadingAnywhere address: UnsafePointer<Double>) {
    value = CLanes_load_anywhere(address)
  }

  /// Sum over the lanes: the only operation whose last bits depend on their number.
  @inlinable @inline(__always) public var total: Double { CLanes_total(value) }
}

extension Lanes {
  /// The lane numbers 0, 1, 2, …
  @inlinable @inline(__always) public static var ascending: Lanes { Lanes(value: CLanes_ascending()) }

  /// Returns the smaller of the two numbers in each lane.
  @inlinable @inline(__always) public func smaller(_ other: Lanes) -> Lanes {
    Lanes(value: CLanes_smaller(value, other.value))
  }

  /// Returns the larger of the two numbers in each lane.
  @inlinable @inline(__always) public func larger(_ other: Lanes) -> Lanes {
    Lanes(value: CLanes_larger(value, other.value))
  }
}

extension Lanes {
  /// Stores the lanes truncated to 32-bit integers, which must be able to hold them.
  @inlinable @inline(__always) public func storeTruncated(to address: UnsafeMutablePointer<Int32>) {
    CLanes_store_truncated(value, address)
  }
}

extension IntegerLanes {
  /// Writes `first` + l for every lane l that is set in the mask, in order, to a list with room for all lanes.
  /// - Returns: the number of entries written.
  @inlinable @inline(__always) public func list(from first: Int, to list: UnsafeMutablePointer<Int32>) -> Int {
    CLanes_append(CLanes_mask_bits(value), Int32(truncatingIfNeeded: first), list)
  }

  /// Creates a mask of the first `count` lanes, or of all lanes if `count` is larger than their number.
  @inlinable @inline(__always) public init(first count: Int) { value = CLanes_first(count) }
}
