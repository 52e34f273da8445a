import Particles

/// An array of a result that can be written as a dataset. Collective.
public protocol StoredArray {
  func write(to file: HDF5File, as dataset: String) throws
}

/// An array that all ranks hold, or the rows of a distributed one that this rank holds.
public struct ResultArray<Element: HDF5Element>: FramedArray {
  let values: [Element]
  let shape: [Int]
  /// Number of the first row of this rank; nil if all ranks hold all rows.
  let firstRow: Int?

  /// Takes an array that all ranks hold; without a shape it is a list.
  public init(_ values: [Element], shape: [Int]? = nil) {
    self.values = values
    self.shape = shape ?? [values.count]
    firstRow = nil
  }

  /// Takes the rows from `firstRow` on of an array of the given shape.
  public init(rows values: [Element], firstRow: Int, shape: [Int]) {
    self.values = values
    self.shape = shape
    self.firstRow = firstRow
  }

  public func write(to file: HDF5File, as dataset: String) throws {
    try file.createDataset(dataset, of: Element.self, shape: shape)
    try fill(dataset, of: file, prefix: [])
  }

  /// Writes the array as a row of a dataset of arrays, which is created with the first one.
  func append(to file: HDF5File, as dataset: String, row: Int) throws {
    if row == 0 { try file.createDataset(dataset, of: Element.self, shape: [0] + shape, growing: true) }
    try file.extend(dataset, to: row + 1)
    try fill(dataset, of: file, prefix: [row])
  }

  private func fill(_ dataset: String, of file: HDF5File, prefix: [Int]) throws {
    guard let firstRow else {
      return try file.writeFromRoot(
        values, to: dataset, start: prefix + shape.map { _ in 0 }, count: prefix.map { _ in 1 } + shape)
    }
    let rest = shape.dropFirst()
    let size = rest.reduce(1, *)
    let count = size > 0 ? values.count / size : 0
    try file.write(
      values, to: dataset, start: prefix + [firstRow] + rest.map { _ in 0 },
      count: prefix.map { _ in count > 0 ? 1 : 0 } + [count] + rest)
  }
}

extension ResultArray where Element: Numeric {
  /// Brings the entries of the shape `row`, one for each identifier of this rank, into the order of identifiers.
  /// Collective.
  public init(_ values: [Element], by blocks: IdentifierBlocks, row: [Int] = []) throws {
    self.init(
      rows: try blocks.column(values, width: row.reduce(1, *)), firstRow: blocks.rows.lowerBound,
      shape: [blocks.totalCount] + row)
  }
}

extension HDF5File {
  /// Writes the arrays of a result, each with the attributes `unit` and `about`. Those that it lacks are left out.
  func write<Result>(_ result: Result, of schema: Schema<Result>) throws {
    for column in schema.columns {
      guard case .array(let array?) = try column.value(result) else { continue }
      let dataset = schema.dataset(of: column.description)
      try array.write(to: self, as: dataset)
      try describe(dataset, column.description)
    }
    try flush()
  }
}
