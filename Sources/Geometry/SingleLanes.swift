import CLanes

/// A vector of single-precision numbers, as many as ``Lanes`` has doubles, for work that needs only half the digits.
public struct SingleLanes: BitwiseCopyable, Sendable {
  @usableFromInline let value: CLanes_singles

  @inlinable @inline(__always) init(value: CLanes_singles) { self.value = value }

  /// Sets all lanes to the same number.
  @inlinable @inline(__always) public init(_ number: Float) { value = CLanes_singles_broadcast(number) }

  /// Loads consecutive numbers from an address aligned to the size of the vector.
  @inlinable @inline(__always) public init(loading address: UnsafePointer<Float>) {
    value = CLanes_singles_load(address)
  }

  /// Loads component `k` of the records of as many particles as there are lanes. A record has `stride` numbers, two or
  /// four, and is aligned to its own size.
  @inlinable @inline(__always)
  public init(gathering records: UnsafePointer<Float>, at index: UnsafePointer<Int32>, stride: Int, component k: Int32)
  {
    value = stride == 2 ? CLanes_gather_single2(records, index, k) : CLanes_gather_single4(records, index, k)
  }

  @inlinable @inline(__always) public static func - (a: SingleLanes, b: SingleLanes) -> SingleLanes {
    SingleLanes(value: CLanes_singles_subtract(a.value, b.value))
  }

  /// Returns self · factor + addend, fused where the CPU supports it.
  @inlinable @inline(__always) public func times(_ factor: SingleLanes, plus addend: SingleLanes) -> SingleLanes {
    SingleLanes(value: CLanes_singles_fma(value, factor.value, addend.value))
  }

  @inlinable public subscript(lane: Int) -> Float { value[lane] }
}

extension Lanes {
  /// Loads consecutive singles, from an address aligned to half the size of the vector, as doubles.
  @inlinable @inline(__always) public init(widening address: UnsafePointer<Float>) { value = CLanes_widen(address) }

  /// Stores the lanes as singles, at an address aligned to half the size of the vector.
  @inlinable @inline(__always) public func store(narrowedTo address: UnsafeMutablePointer<Float>) {
    CLanes_narrow(value, address)
  }
}
