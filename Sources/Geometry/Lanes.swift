import CLanes

/// Doubles side by side, one per particle, as many as a register of the CPU holds; no operation is reassociated, so the
/// results do not depend on how many there are.
///
/// Swift lowers arithmetic of its own SIMD types lane by lane, so each operation goes through an inline C function on a
/// vector type, which becomes one vector instruction.
public struct Lanes: BitwiseCopyable, Sendable {
  /// 8 with AVX-512, 4 elsewhere.
  @inlinable @inline(__always) public static var count: Int { Int(CLANES_WIDTH) }

  /// A bit for each lane.
  @inlinable @inline(__always) public static var allBits: UInt32 { (1 << UInt32(CLANES_WIDTH)) - 1 }

  @usableFromInline let value: CLanes_reals

  @inlinable @inline(__always) init(value: CLanes_reals) { self.value = value }

  /// The same number in all lanes.
  @inlinable @inline(__always) public init(_ number: Double) { value = CLanes_broadcast(number) }

  /// Consecutive numbers at an address aligned to a lane's width.
  @inlinable @inline(__always) public init(loading address: UnsafePointer<Double>) { value = CLanes_load(address) }

  /// Reads the lanes as the bit patterns of doubles.
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

  /// self · factor + addend, fused where the CPU can.
  @inlinable @inline(__always) public func times(_ factor: Lanes, plus addend: Lanes) -> Lanes {
    Lanes(value: CLanes_fma(value, factor.value, addend.value))
  }

  @inlinable @inline(__always) public var squareRoot: Lanes { Lanes(value: CLanes_square_root(value)) }
  @inlinable @inline(__always) public var magnitude: Lanes { Lanes(value: CLanes_magnitude(value)) }

  /// All bits set where self < other.
  @inlinable @inline(__always) public func isLess(than other: Lanes) -> IntegerLanes {
    IntegerLanes(value: CLanes_less(value, other.value))
  }

  /// Writes the lanes to an address aligned to a lane's width.
  @inlinable @inline(__always) public func store(to address: UnsafeMutablePointer<Double>) {
    CLanes_store(value, address)
  }

  @inlinable public subscript(lane: Int) -> Double { value[lane] }
}

/// 64-bit integers side by side, or masks of all or no bits.
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

  /// As a mask: bit l is set where lane l is.
  @inlinable @inline(__always) public var bits: UInt32 { CLanes_mask_bits(value) }

  /// As a mask: `a` where set, `b` elsewhere.
  @inlinable @inline(__always) public func select(_ a: Lanes, else b: Lanes) -> Lanes {
    Lanes(value: CLanes_select(value, a.value, b.value))
  }

  @inlinable public subscript(lane: Int) -> Int64 { Int64(value[lane]) }
}

/// Particle records read from scattered places: fixed-point coordinates and the parameter of the potential.
public struct RecordLanes: BitwiseCopyable {
  public let x: IntegerLanes
  public let y: IntegerLanes
  public let z: IntegerLanes
  public let parameter: Lanes

  /// Consecutive records from a particle number on.
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
  /// The numbers `base[stride · index]` of as many particles as there are lanes.
  @inlinable @inline(__always)
  public init(gathering base: UnsafePointer<Double>, at index: UnsafePointer<Int32>, stride: Int = 1) {
    value = CLanes_gather_double(base, index, stride)
  }
}

extension Lanes {
  /// Consecutive numbers at any address.
  @inlinable @inline(__always) public init(loadingAnywhere address: UnsafePointer<Double>) {
    value = CLanes_load_anywhere(address)
  }

  /// The sum over the lanes: the one operation whose last bits depend on how many there are.
  @inlinable @inline(__always) public var total: Double { CLanes_total(value) }
}

extension Lanes {
  /// 0, 1, 2, …
  @inlinable @inline(__always) public static var ascending: Lanes { Lanes(value: CLanes_ascending()) }

  /// The smaller number in each lane.
  @inlinable @inline(__always) public func smaller(_ other: Lanes) -> Lanes {
    Lanes(value: CLanes_smaller(value, other.value))
  }

  /// The larger number in each lane.
  @inlinable @inline(__always) public func larger(_ other: Lanes) -> Lanes {
    Lanes(value: CLanes_larger(value, other.value))
  }
}

extension Lanes {
  /// Writes the lanes without their fractions, which 32 bits must be able to hold.
  @inlinable @inline(__always) public func storeTruncated(to address: UnsafeMutablePointer<Int32>) {
    CLanes_store_truncated(value, address)
  }
}

extension IntegerLanes {
  /// As a mask: writes `first` + l for every lane l that is set, in order, to a list with room for all lanes, and
  /// returns how many.
  @inlinable @inline(__always) public func list(from first: Int, to list: UnsafeMutablePointer<Int32>) -> Int {
    CLanes_append(CLanes_mask_bits(value), Int32(truncatingIfNeeded: first), list)
  }

  /// A mask of the first `count` lanes; of all where it is larger than their number.
  @inlinable @inline(__always) public init(first count: Int) { value = CLanes_first(count) }
}
