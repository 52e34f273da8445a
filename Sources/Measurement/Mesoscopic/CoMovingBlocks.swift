import Geometry
import MessagePassing
import Particles

/// A grid of blocks that deforms with the box, since it divides the edges by fractions, and the sums of quantities of
/// the particles in each block.
///
/// Each rank holds slabs of the grid, planes of blocks across the first edge. Sums are integers in units of
/// ``quantum``: they depend neither on the order of the particles nor on the ranks. A rank sums over its own particles
/// on the part of the grid that they occupy, and sends the blocks that are not empty to the owners of their slabs.
///
/// A flip of the box gives it other blocks: nothing that is measured over time goes across one.
public final class CoMovingBlocks {
  /// Unit of the sums.
  public static let quantum = 0x1p-40
  /// The largest magnitude of all values, times the largest number of particles in a block, stays below this: then no
  /// sum exceeds 63 bits.
  private static let limit = 0x1p22
  /// Number of particles that are treated together.
  private static let batch = 64

  /// Number of blocks along each edge.
  public let shape: [Int]
  /// Slabs of this rank.
  public let slabs: RowShares
  /// Number of blocks in a slab.
  public let slabSize: Int
  /// Number of quantities.
  public let width: Int
  /// Sums in the blocks of this rank, in quanta: block by block, last edge fastest, each with its `width` quantities
  /// and then its number of particles.
  private var sums: [Int64]
  private let stride: Int

  private var window: BlockWindow
  /// The same numbers for the blocks of the window, over the particles of this rank.
  private let partial = AlignedBuffer<Int64>()
  private var outgoing: [Int64] = []
  /// Of a batch of particles: their values, the values in quanta, and their places in the window.
  private let values: AlignedBuffer<Double>
  private let fixed: AlignedBuffer<Int64>
  private let places = AlignedBuffer<Int>(capacity: batch)

  public init(shape: [Int], width: Int, over communicator: Communicator) {
    self.shape = shape
    self.width = width
    stride = width + 1
    slabSize = shape.dropFirst().reduce(1, *)
    slabs = RowShares(shape[0], over: communicator)
    sums = [Int64](repeating: 0, count: slabs.own.count * slabSize * stride)
    window = BlockWindow(shape: shape)
    values = AlignedBuffer(capacity: Self.batch * width)
    fixed = AlignedBuffer(capacity: Self.batch * width)
  }

  /// Number of blocks of this rank.
  public var blockCount: Int { slabs.own.count * slabSize }
  /// Number of blocks of all ranks.
  public var totalCount: Int { slabs.count * slabSize }
  /// Blocks of this rank, in the order of the whole grid.
  public var blocks: Range<Int> { (slabs.own.lowerBound * slabSize)..<(slabs.own.upperBound * slabSize) }

  /// Returns a sum over the particles of block `block` of this rank, counted from its first.
  @inline(__always) public func sum(_ quantity: Int, of block: Int) -> Double {
    Double(sums[block * stride + quantity]) * Self.quantum
  }

  /// Returns the same sum in quanta.
  @inline(__always) public func fixedSum(_ quantity: Int, of block: Int) -> Int64 { sums[block * stride + quantity] }

  /// Returns the number of particles in a block of this rank.
  public func particleCount(of block: Int) -> Int { Int(sums[block * stride + width]) }

  /// Sums the `width` numbers that `terms(i, out)` writes for each owned particle i; it may be asked twice. Collective.
  /// - Throws: a failure of kind `physics` if a number is none, or so large that a sum could be out of range.
  public func measure(
    _ system: ParticleSystem, _ terms: (_ particle: Int, _ out: UnsafeMutablePointer<Double>) -> Void
  ) throws {
    window.divide(system.cell)
    var largest = sumOwnParticles(system, terms)
    while largest == nil {
      window.cover(system)
      largest = sumOwnParticles(system, terms)
    }
    try send(over: system.communicator)
    try check(largest!, system, terms)
  }

  /// Sums over the particles of this rank in its window.
  /// - Returns: the largest magnitude of a value, infinite if one is not a number; nil if a particle is outside.
  private func sumOwnParticles(
    _ system: ParticleSystem, _ terms: (_ particle: Int, _ out: UnsafeMutablePointer<Double>) -> Void
  ) -> Double? {
    let (width, stride, window, count) = (width, stride, self.window, system.ownedCount)
    partial.reserve(window.count * stride)
    let (partial, values) = (partial.pointer, values.pointer)
    let (fixed, places) = (fixed.pointer, places.pointer)
    partial.update(repeating: 0, count: window.count * stride)
    var largest: Int64 = 0
    var outside = 0
    var start = 0
    while start < count {
      let batch = min(Self.batch, count - start)
      for k in 0..<batch { terms(start + k, values + k * width) }
      for k in 0..<batch { places[k] = window.place(system.fixedPosition(start + k), &outside) &* stride }
      if outside < 0 { return nil }
      largest = max(largest, convert(values, fixed, batch * width))
      var terms = UnsafePointer(fixed)
      for k in 0..<batch {
        let sums = partial + places[k]
        for c in 0..<width { sums[c] &+= terms[c] }
        sums[width] &+= 1
        terms += width
      }
      start += batch
    }
    let magnitude = Double(bitPattern: UInt64(bitPattern: largest))
    return magnitude.isNaN ? .infinity : magnitude
  }

  /// Sends the blocks that have particles to the owners of their slabs, and adds what arrives.
  private func send(over communicator: Communicator) throws {
    let stride = stride
    var counts = [Int](repeating: 0, count: communicator.size)
    outgoing.removeAll(keepingCapacity: true)
    for slab in 0..<slabs.count {
      let owner = slabs.owner(of: slab)
      window.forEachBlock(ofSlab: slab) { place, block in
        let sums = partial.pointer + place * stride
        guard sums[width] != 0 else { return }
        counts[owner] += 1
        outgoing.append(Int64(block))
        outgoing.append(contentsOf: UnsafeBufferPointer(start: sums, count: stride))
      }
    }
    let arrived = try Exchange(communicator, sendCounts: counts).forward(outgoing, width: stride + 1)
    for k in sums.indices { sums[k] = 0 }
    let first = blocks.lowerBound
    for row in Swift.stride(from: 0, to: arrived.count, by: stride + 1) {
      let start = (Int(arrived[row]) - first) * stride
      for k in 0..<stride { sums[start + k] &+= arrived[row + 1 + k] }
    }
  }

  /// Fails on all ranks if a value is out of range, or if so many large ones may be in one block. Collective.
  private func check(
    _ largest: Double, _ system: ParticleSystem, _ terms: (Int, UnsafeMutablePointer<Double>) -> Void
  ) throws {
    let crowd = (0..<blockCount).reduce(0) { max($0, particleCount(of: $1)) }
    var extremes = [largest, Double(crowd)]
    try system.communicator.reduce(&extremes, .maximum)
    if !(extremes[0] < Self.limit) {
      let stray = largest < Self.limit ? nil : firstStray(system, terms)
      try system.communicator.agree(
        on: stray.map {
          Failure(
            .physics,
            "a value of particle id \($0) that is summed over blocks is not a number, or not below \(Self.limit.shown)")
        })
    }
    guard extremes[0] * extremes[1] < Self.limit else {
      throw Failure.everywhere(
        .physics,
        "\(Int(extremes[1])) particles in a block with values of up to \(extremes[0].shown) could add up to more than "
          + "\(Self.limit.shown), which a sum over a block cannot hold")
    }
  }

  /// Returns the identifier of the first particle of this rank with a value out of range.
  private func firstStray(
    _ system: ParticleSystem, _ terms: (Int, UnsafeMutablePointer<Double>) -> Void
  ) -> Int64? {
    (0..<system.ownedCount).first { i in
      terms(i, values.pointer)
      return (0..<width).contains { !(abs(values[$0]) < Self.limit) }
    }.map(system.id)
  }
}

/// Converts values to whole quanta, rounded to nearest, and returns the largest of their magnitudes as bits, which are
/// ordered as magnitudes are, with those that are not numbers on top. A function of its own, so that the loop is one of
/// vectors.
@inline(never)
private func convert(_ values: UnsafePointer<Double>, _ fixed: UnsafeMutablePointer<Int64>, _ count: Int) -> Int64 {
  // A number that is added to 1.5 · 2^(52 − n) is rounded to a whole multiple of 2⁻ⁿ, which the last bits then hold.
  let (coarse, fine) = (0x1.8p28, 0x1.8p12)
  let (coarseBits, fineBits) = (Int64(bitPattern: coarse.bitPattern), Int64(bitPattern: fine.bitPattern))
  var largest: Int64 = 0
  for k in 0..<count {
    let value = values[k]
    let magnitude = Int64(bitPattern: value.bitPattern) & Int64.max
    largest = magnitude > largest ? magnitude : largest
    // Multiples of 2⁻²⁴ first, since 62 bits do not fit the mantissa of one sum; what is left is exact.
    let rounded = value + coarse
    let rest = value - (rounded - coarse) + fine
    let high = Int64(bitPattern: rounded.bitPattern) &- coarseBits
    fixed[k] = high << 16 &+ (Int64(bitPattern: rest.bitPattern) &- fineBits)
  }
  return largest
}
