/// The hash function of FIPS 180-4, which takes data piece by piece. Its state is small and
/// can be sent between ranks as bytes.
public struct SHA256: Sendable {
  private var words: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var length: UInt64 = 0
  private var block = [UInt8](repeating: 0, count: 64)

  public init() {}

  /// Number of bytes of ``state``.
  static let stateSize = 104

  /// The whole state of the hash, as bytes.
  var state: [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
      + (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + block
  }

  /// Continues from the state of another hash.
  init(state: [UInt8]) {
    precondition(state.count == Self.stateSize)
    for k in 0..<8 { words[k] = (0..<4).reduce(0) { $0 | UInt32(state[4 * k + $1]) << UInt32(8 * $1) } }
    length = (0..<8).reduce(0) { $0 | UInt64(state[32 + $1]) << UInt64(8 * $1) }
    block = Array(state[40...])
  }

  /// Adds the bytes of a number, lowest first.
  public mutating func update<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { update($0) }
  }

  public mutating func update(_ number: Double) { update(number.bitPattern) }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var remaining = bytes[...]
    while !remaining.isEmpty {
      let filled = Int(length & 63)
      let taken = remaining.prefix(64 - filled)
      for (k, byte) in taken.enumerated() { block[filled + k] = byte }
      length += UInt64(taken.count)
      remaining = remaining.dropFirst(taken.count)
      if length & 63 == 0 { compress() }
    }
  }

  /// Returns the digest in 64 hexadecimal digits.
  public func finished() -> String {
    var last = self
    let bits = length &* 8
    last.update(UInt8(0x80))
    while last.length & 63 != 56 { last.update(UInt8(0)) }
    last.update(bits.byteSwapped)
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for word in last.words {
      for shift in stride(from: UInt32(28), through: 0, by: -4) { text.append(digits[Int(word >> shift & 15)]) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func compress() {
    @inline(__always) func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
      for t in 0..<16 {
        w[t] =
          UInt32(block[4 * t]) << 24 | UInt32(block[4 * t + 1]) << 16 | UInt32(block[4 * t + 2]) << 8
          | UInt32(block[4 * t + 3])
      }
      for t in 16..<64 {
        let s0 = rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ (w[t - 15] >> 3)
        let s1 = rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ (w[t - 2] >> 10)
        w[t] = w[t - 16] &+ s0 &+ w[t - 7] &+ s1
      }
      var (a, b, c, d) = (words[0], words[1], words[2], words[3])
      var (e, f, g, h) = (words[4], words[5], words[6], words[7])
      for t in 0..<64 {
        let s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
        let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ Self.constants[t] &+ w[t]
        let s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
        let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
      }
      for (k, value) in [a, b, c, d, e, f, g, h].enumerated() { words[k] &+= value }
    }
  }

  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
