import MessagePassing

/// An array that can also be a row of a dataset that grows frame by frame.
protocol FramedArray: StoredArray {
  var shape: [Int] { get }
  func append(to file: HDF5File, as dataset: String, row: Int) throws
}

/// A field of a lattice of which each rank holds its planes, along the first axis.
public struct SlabField<Element: HDF5Element>: FramedArray {
  private let values: UnsafePointer<Element>
  let shape: [Int]
  private let planes: Range<Int>

  public init(_ values: UnsafeMutablePointer<Element>, shape: [Int], planes: Range<Int>) {
    self.values = UnsafePointer(values)
    self.shape = shape
    self.planes = planes
  }

  public func write(to file: HDF5File, as dataset: String) throws {
    try file.createDataset(dataset, of: Element.self, shape: shape)
    try fill(dataset, of: file, prefix: [])
  }

  /// Writes the field as a row of a dataset of fields, which is created with the first one.
  func append(to file: HDF5File, as dataset: String, row: Int) throws {
    if row == 0 { try file.createDataset(dataset, of: Element.self, shape: [0] + shape, growing: true) }
    try file.extend(dataset, to: row + 1)
    try fill(dataset, of: file, prefix: [row])
  }

  /// Writes the field in pieces, so that little memory is needed besides the field.
  private func fill(_ dataset: String, of file: HDF5File, prefix: [Int]) throws {
    let rest = Array(shape.dropFirst())
    let planeSize = rest.reduce(1, *)
    let thickness = max(1, (64 << 20) / (planeSize * MemoryLayout<Element>.stride))
    let own = (planes.count + thickness - 1) / thickness
    let pieces = try file.communicator?.reduce(own, .maximum) ?? own
    for piece in 0..<pieces {
      let first = min(planes.count, piece * thickness)
      let count = min(planes.count, first + thickness) - first
      let part = Array(UnsafeBufferPointer(start: values + first * planeSize, count: count * planeSize))
      try file.write(
        part, to: dataset, start: prefix + [planes.lowerBound + first] + rest.map { _ in 0 },
        count: prefix.map { _ in count > 0 ? 1 : 0 } + [count] + rest)
    }
  }
}
