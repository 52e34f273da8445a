/// Several exact sums of doubles, which depend neither on the order of the terms nor on the ranks that hold them.
///
/// Each term is added to one of 64 integer bins, chosen by its binary exponent; a bin spans 32 exponents and,
/// with its 128 bits, takes 2⁴² terms before it can overflow. The bins of all ranks are added as integers,
/// and the total is rounded once, to nearest. A NaN or infinite term makes its sum NaN. Adding a term costs
/// about as much as three additions.
public final class ExactSums {
  private static let binCount = 64
  private static let limbCount = 70  // 64 limbs of 32 bits, room for the carries, and a flag for non-finite terms

  public let count: Int
  private let bins: UnsafeMutablePointer<Int128>
  private let nonFinite: UnsafeMutablePointer<Int64>

  public init(count: Int) {
    self.count = count
    bins = .allocate(capacity: count * Self.binCount)
    nonFinite = .allocate(capacity: count)
    bins.initialize(repeating: 0, count: count * Self.binCount)
    nonFinite.initialize(repeating: 0, count: count)
  }

  deinit {
    bins.deallocate()
    nonFinite.deallocate()
  }

  public func reset() {
    bins.update(repeating: 0, count: count * Self.binCount)
    nonFinite.update(repeating: 0, count: count)
  }

  /// Adds `value` to sum number `index`.
  @inline(__always)
  public func add(_ value: Double, to index: Int) {
    let bits = value.bitPattern
    let exponent = Int(truncatingIfNeeded: (bits >> 52) & 0x7ff)
    if exponent == 0x7ff {
      nonFinite[index] += 1
      return
    }
    let fraction = Int64(truncatingIfNeeded: bits & 0xf_ffff_ffff_ffff)
    let mantissa = exponent == 0 ? fraction : fraction | 0x10_0000_0000_0000
    let scale = max(exponent, 1)
    let signed = value.sign == .minus ? -mantissa : mantissa
    bins[index * Self.binCount + scale >> 5] &+= Int128(signed) << Int128(scale & 31)
  }

  /// Returns the sums over all ranks, rounded to nearest, with the same bits on all ranks, and resets them. Collective.
  public func reduce(over communicator: Communicator) throws -> [Double] {
    let limbs = try limbs(over: communicator)
    reset()
    return (0..<count).map { Self.round(limbs[($0 * Self.limbCount)..<(($0 + 1) * Self.limbCount)]) }
  }

  /// Returns the sums over all ranks before rounding, to be saved in a checkpoint. Collective.
  public func limbs(over communicator: Communicator) throws -> [Int64] {
    var limbs = [Int64](repeating: 0, count: count * Self.limbCount)
    for index in 0..<count {
      var carry: Int128 = 0
      let base = index * Self.limbCount
      for bin in 0..<Self.binCount {
        carry &+= bins[index * Self.binCount + bin]
        limbs[base + bin] = Int64(truncatingIfNeeded: carry & 0xffff_ffff)
        carry >>= 32
      }
      for extra in Self.binCount..<(Self.limbCount - 2) {
        limbs[base + extra] = Int64(truncatingIfNeeded: carry & 0xffff_ffff)
        carry >>= 32
      }
      limbs[base + Self.limbCount - 2] = Int64(truncatingIfNeeded: carry)
      limbs[base + Self.limbCount - 1] = nonFinite[index]
    }
    try communicator.reduce(&limbs, .sum)
    return limbs
  }

  /// Adds sums saved by ``limbs(over:)``. Only one rank may do so, or they are counted more than once.
  public func add(limbs: [Int64]) {
    precondition(limbs.count == count * Self.limbCount)
    for index in 0..<count {
      let base = index * Self.limbCount
      // Limbs above the bins go into the highest bin. A sum has room for them, or it would have overflowed before.
      for bin in 0..<Self.binCount { bins[index * Self.binCount + bin] &+= Int128(limbs[base + bin]) }
      for extra in Self.binCount..<(Self.limbCount - 1) {
        bins[index * Self.binCount + Self.binCount - 1] &+=
          Int128(limbs[base + extra]) << Int128(32 * (extra - Self.binCount + 1))
      }
      nonFinite[index] += limbs[base + Self.limbCount - 1]
    }
  }

  /// Returns the double closest to the number that the limbs represent (base 2³², lowest first, lowest unit 2⁻¹⁰⁷⁵).
  private static func round(_ limbs: ArraySlice<Int64>) -> Double {
    if limbs.last! != 0 { return .nan }
    var digits = Array(limbs.dropLast())
    func propagateCarries() {
      var carry: Int64 = 0
      for k in 0..<(digits.count - 1) {
        let value = digits[k] + carry
        digits[k] = value & 0xffff_ffff
        carry = value >> 32
      }
      digits[digits.count - 1] += carry
    }
    propagateCarries()
    let isNegative = digits.last! < 0
    if isNegative {
      for k in digits.indices { digits[k] = -digits[k] }
      propagateCarries()
    }
    guard let top = digits.lastIndex(where: { $0 != 0 }) else { return 0 }
    var leading: UInt128 = 0
    for k in 0..<4 {
      leading <<= 32
      if top - k >= 0 { leading |= UInt128(UInt64(digits[top - k])) }
    }
    if top > 3, digits[..<(top - 3)].contains(where: { $0 != 0 }) { leading |= 1 }
    let magnitude = Double(leading) * 1.0
    let scaled = Double(sign: .plus, exponent: 32 * (top - 3) - 1075, significand: magnitude)
    return isNegative ? -scaled : scaled
  }
}
