import Geometry
import Particles

/// The box of blocks of a grid in which the particles of a rank are.
///
/// It counts blocks on without end across the periodic boundary, as the positions of particles go on between two
/// listings of neighbours: so it is as compact as the brick of the rank.
struct BlockWindow {
  private let shape: SIMD3<Int>
  private let dimension: Int
  /// Rows of the matrix that maps a position in quanta to the numbers of blocks along the edges.
  private var rows = (Vector.zero, Vector.zero, Vector.zero)
  private var first = SIMD3<Int>()
  private var extent = SIMD3<Int>()

  init(shape: [Int]) {
    dimension = shape.count
    self.shape = SIMD3(shape[0], shape[1], shape.count == 3 ? shape[2] : 1)
  }

  /// Number of blocks.
  var count: Int { extent.x * extent.y * extent.z }

  /// Lets the grid divide the present edges of a cell.
  mutating func divide(_ cell: Cell) {
    func row(_ k: Int) -> Vector { Double(shape[k]) * cell.quantum * cell.fractionsOfPosition[k] }
    rows = (row(0), row(1), row(2))
  }

  /// Becomes the smallest window around the owned particles, and one block more on each side for their motion.
  mutating func cover(_ system: ParticleSystem) {
    guard system.ownedCount > 0 else { return }
    var low = SIMD3<Int>(repeating: .max)
    var high = SIMD3<Int>(repeating: .min)
    for i in 0..<system.ownedCount {
      let block = block(system.fixedPosition(i))
      low = pointwiseMin(low, block)
      high = pointwiseMax(high, block)
    }
    first = low &- 1
    extent = high &- low &+ 3
    if dimension == 2 { (first.z, extent.z) = (0, 1) }
  }

  /// Returns the place of a position in the window; makes `outside` negative if the position is not in it.
  @inline(__always) func place(_ position: FixedVector, _ outside: inout Int) -> Int {
    let offset = block(position) &- first
    let room = extent &- 1 &- offset
    outside |= offset.x | offset.y | offset.z | room.x | room.y | room.z
    return (offset.x &* extent.y &+ offset.y) &* extent.z &+ offset.z
  }

  @inline(__always) private func block(_ position: FixedVector) -> SIMD3<Int> {
    let (x, y) = (Double(position.x), Double(position.y))
    if dimension == 2 {
      return SIMD3(Self.floor(rows.0.x * x + rows.0.y * y), Self.floor(rows.1.x * x + rows.1.y * y), 0)
    }
    let z = Double(position.z)
    return SIMD3(
      Self.floor(rows.0.x * x + rows.0.y * y + rows.0.z * z), Self.floor(rows.1.x * x + rows.1.y * y + rows.1.z * z),
      Self.floor(rows.2.x * x + rows.2.y * y + rows.2.z * z))
  }

  /// Returns the largest whole number that is not above x, for |x| < 2⁵¹, without the checks of a conversion.
  @inline(__always) private static func floor(_ x: Double) -> Int {
    let unit = 0x1.8p52
    return Int(bitPattern: UInt((x.rounded(.down) + unit).bitPattern)) &- Int(bitPattern: UInt(unit.bitPattern))
  }

  /// Visits the places of the window in a slab, each with the number of its block in the grid.
  func forEachBlock(ofSlab slab: Int, _ visit: (_ place: Int, _ block: Int) -> Void) {
    var x = Self.remainder(slab - first.x, shape.x)
    while x < extent.x {
      for y in 0..<extent.y {
        let row = slab * shape.y + Self.remainder(first.y + y, shape.y)
        for z in 0..<extent.z {
          visit((x * extent.y + y) * extent.z + z, row * shape.z + Self.remainder(first.z + z, shape.z))
        }
      }
      x += shape.x
    }
  }

  /// Returns the remainder in 0 ..< divisor.
  private static func remainder(_ number: Int, _ divisor: Int) -> Int {
    let rest = number % divisor
    return rest < 0 ? rest + divisor : rest
  }
}
