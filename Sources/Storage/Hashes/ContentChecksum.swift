/// A checksum of words at numbered places: the sum of a well-mixed function of place and word.
///
/// Different ranks can add parts in any order, so the checksum does not depend on the distribution of the data.
/// Of all pairs of different contents of the same length, one in 2⁶⁴ has the same sum. The checksum guards
/// against damage, not against malice.
struct ContentChecksum {
  private(set) var sum: UInt64

  /// - Parameter sum: the sum of everything that was added before.
  init(sum: UInt64 = 0) { self.sum = sum }

  @inline(__always)
  mutating func add(_ word: UInt64, at place: Int) {
    // The finaliser of SplitMix64 is applied twice, so that neither place nor word shows through.
    sum &+= Self.mix(Self.mix(UInt64(truncatingIfNeeded: place) &+ 0x9e37_79b9_7f4a_7c15) ^ word)
  }

  @inline(__always)
  private static func mix(_ x: UInt64) -> UInt64 {
    var z = (x ^ (x >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Adds elements whose places begin at `first`.
  @inline(never)
  mutating func add<Element: HDF5Element>(_ values: UnsafeBufferPointer<Element>, at first: Int) {
    if MemoryLayout<Element>.size == 8 {
      values.withMemoryRebound(to: UInt64.self) { words in
        for (k, word) in words.enumerated() { add(word, at: first + k) }
      }
    } else {
      for (k, value) in values.enumerated() {
        var word: UInt64 = 0
        withUnsafeBytes(of: value) { bytes in
          for (b, byte) in bytes.enumerated() { word |= UInt64(byte) << UInt64(8 * b) }
        }
        add(word, at: first + k)
      }
    }
  }

  /// Adds the bytes of a file that begin at byte `first`, a multiple of eight. An
  /// incomplete last word is padded with zeros.
  mutating func add(_ bytes: UnsafeRawBufferPointer, at first: Int) {
    var place = first / 8
    var offset = 0
    while offset + 8 <= bytes.count {
      add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self), at: place)
      offset += 8
      place += 1
    }
    guard offset < bytes.count else { return }
    var last: UInt64 = 0
    for b in 0..<(bytes.count - offset) { last |= UInt64(bytes[offset + b]) << UInt64(8 * b) }
    add(last, at: place)
  }
}
