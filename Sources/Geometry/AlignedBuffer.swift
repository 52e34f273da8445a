/// A growable array of plain values, aligned to 64 bytes for vector loads. It never shrinks.
public final class AlignedBuffer<Element: BitwiseCopyable> {
  public private(set) var pointer: UnsafeMutablePointer<Element>
  public private(set) var capacity: Int

  /// Allocates room for `capacity` elements, all bytes zero.
  public init(capacity: Int = 0) {
    self.capacity = capacity
    pointer = Self.allocate(capacity)
    UnsafeMutableRawPointer(pointer).initializeMemory(
      as: UInt8.self, repeating: 0, count: max(1, capacity) * MemoryLayout<Element>.stride)
  }

  deinit { pointer.deallocate() }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
    let bytes = max(1, capacity) * MemoryLayout<Element>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    return raw.bindMemory(to: Element.self, capacity: max(1, capacity))
  }

  /// Makes room for `count` elements. The first `keeping` keep their values; the others are unspecified.
  public func reserve(_ count: Int, keeping: Int = 0) {
    guard count > capacity else { return }
    #if ATHERMAL_EXACT_BUFFERS
      // Under a sanitizer, spare room would hide reads and writes beyond the end.
      reserve(exactly: count, keeping: keeping)
    #else
      reserve(exactly: count + count / 16 + 16, keeping: keeping)
    #endif
  }

  /// Makes room for exactly `larger` elements; the first `keeping` keep their values.
  public func reserve(exactly larger: Int, keeping: Int = 0) {
    guard larger > capacity else { return }
    let fresh = Self.allocate(larger)
    fresh.update(from: pointer, count: keeping)
    pointer.deallocate()
    pointer = fresh
    capacity = larger
  }

  /// Exchanges the memory of two buffers.
  public func swap(with other: AlignedBuffer) {
    Swift.swap(&pointer, &other.pointer)
    Swift.swap(&capacity, &other.capacity)
  }

  @inlinable public subscript(index: Int) -> Element {
    @inline(__always) get { pointer[index] }
    @inline(__always) set { pointer[index] = newValue }
  }
}
