import Particles

/// An array of a result that can be written as a dataset. Collective.
public protocol StoredArray {
  func write(to file: HDF5File, as dataset: String) throws
}

/// An array that all ranks hold, or the rows of a distributed one that this rank holds.
public struct ResultArray<Element: HDF5Element>: StoredArray {
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
    guard let firstRow else {
      return try file.writeFromRoot(values, to: dataset, start: shape.map { _ in 0 }, count: shape)
    }
    let row = shape.dropFirst()
    let size = row.reduce(1, *)
    try file.write(
      values, to: dataset, start: [firstRow] + row.map { _ in 0 }, count: [size > 0 ? values.count / size : 0] + row)
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
