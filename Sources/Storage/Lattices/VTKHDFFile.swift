import MessagePassing

/// A VTKHDF ImageData file of lattice fields, with one number per cell, which ParaView opens directly. The last axis of
/// the lattice becomes x, because x is the fastest axis of VTK. A two-dimensional lattice is one cell thick.
public final class VTKHDFFile {
  private let file: HDF5File
  private let shape: [Int]
  private let planes: Range<Int>
  private let communicator: Communicator

  /// Creates a file for a lattice of which this rank holds `planes`. Collective.
  public init(path: String, shape: [Int], planes: Range<Int>, over communicator: Communicator) throws {
    self.shape = shape
    self.planes = planes
    self.communicator = communicator
    file = try HDF5File(path, .create, over: communicator)
    let extents = shape.count == 2 ? [1] + shape : shape
    try file.createGroup("/VTKHDF")
    try file.setAttribute("Version", of: "/VTKHDF", to: [Int64(1), 0])
    try file.setAttribute("Type", of: "/VTKHDF", to: "ImageData")
    try file.setAttribute(
      "WholeExtent", of: "/VTKHDF", to: extents.reversed().flatMap { [Int64(0), Int64($0)] })
    try file.setAttribute("Origin", of: "/VTKHDF", to: [0.0, 0, 0])
    try file.setAttribute("Spacing", of: "/VTKHDF", to: [1.0, 1, 1])
    try file.setAttribute("Direction", of: "/VTKHDF", to: [1.0, 0, 0, 0, 1, 0, 0, 0, 1])
  }

  /// Writes a field of which each rank holds its planes. Collective.
  public func write<Element: HDF5Element>(_ values: UnsafePointer<Element>, as name: String) throws {
    let isFlat = shape.count == 2
    let rest = Array(shape.dropFirst())
    let count = planes.count * rest.reduce(1, *)
    let dataset = "/VTKHDF/CellData/\(name)"
    try file.createDataset(dataset, of: Element.self, shape: isFlat ? [1] + shape : shape)
    try file.write(
      Array(UnsafeBufferPointer(start: values, count: count)), to: dataset,
      start: (isFlat ? [0] : []) + [planes.lowerBound] + rest.map { _ in 0 },
      count: (isFlat ? [planes.isEmpty ? 0 : 1] : []) + [planes.count] + rest)
  }

  public func close() throws { try file.seal() }
}
