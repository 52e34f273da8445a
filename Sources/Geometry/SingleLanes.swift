import CLanes

/// Singles side by side, as many as ``Lanes`` has doubles, for work that half the digits are enough for.
public struct SingleLanes: BitwiseCopyable, Sendable {
  @usableFromInline let value: CLanes_singles

  @inlinable @inline(__always) init(value: CLanes_singles) { self.value = value }

  /// The same number in all lanes.
  @inlinable @inline(__always) public init(_ number: Float) { value = CLanes_singles_broadcast(number) }

  /// Consecutive numbers at an address aligned to a lane's width.
  @inlinable @inline(__always) public init(loading address: UnsafePointer<Float>) {
    value = CLanes_singles_load(address)
  }

  /// Component `k` of records of `stride` numbers, two or four, of as many particles as there are lanes; the records
  /// stand at multiples of their length.
  @inlinable @inline(__always)
  public init(gathering records: UnsafePointer<Float>, at index: UnsafePointer<Int32>, stride: Int, component k: Int32)
  {
    value = stride == 2 ? CLanes_gather_single2(records, index, k) : CLanes_gather_single4(records, index, k)
  }

  @inlinable @inline(__always) public static func - (a: SingleLanes, b: SingleLanes) -> SingleLanes {
    SingleLanes(value: CLanes_singles_subtract(a.value, b.value))
  }

  /// self · factor + addend, fused where the CPU can.
  @inlinable @inline(__always) public func times(_ factor: SingleLanes, plus addend: SingleLanes) -> SingleLanes {
    SingleLanes(value: CLanes_singles_fma(value, factor.value, addend.value))
  }

  @inlinable public subscript(lane: Int) -> Float { value[lane] }
}

extension Lanes {
  /// Consecutive singles, at an address aligned to half a lane's width, as doubles.
  @inlinable @inline(__always) public init(widening address: UnsafePointer<Float>) { value = CLanes_widen(address) }

  /// Writes the lanes as singles, to an address aligned to half a lane's width.
  @inlinable @inline(__always) public func store(narrowedTo address: UnsafeMutablePointer<Float>) {
    CLanes_narrow(value, address)
  }
}
