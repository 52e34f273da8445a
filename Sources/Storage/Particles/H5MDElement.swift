import MessagePassing

/// A quantity in an H5MD file: a dataset if it is fixed, or a group of `value` and `step` if it depends on time.
struct H5MDElement {
  /// The steps to which the rows of `value` belong.
  private enum Steps {
    case unstated
    case listed(dataset: String, count: Int)
    case regular(first: Int64, increment: Int64)
  }

  let name: String
  private let file: HDF5File
  private let dataset: String
  private let steps: Steps
  /// Number of values in time; nil if one value is valid for all times.
  let frameCount: Int?
  /// Shape of one value.
  let shape: [Int]

  /// Finds a quantity; nil if there is nothing of this name. Collective.
  /// - Throws: an input failure if there is something else than an element of H5MD.
  init?(_ name: String, in file: HDF5File) throws {
    self.name = name
    self.file = file
    switch try file.kind(of: name) {
    case nil: return nil
    case .dataset:
      (dataset, steps, frameCount) = (name, .unstated, nil)
      shape = try file.shape(of: dataset)
    case .group where try file.isDataset(name + "/value"):
      let whole = try file.shape(of: name + "/value")
      guard !whole.isEmpty else {
        throw try Self.complaint(file, "\(name)/value is a single number; it should have a row for each step")
      }
      let steps = try Self.steps(name + "/step", in: file)
      (dataset, self.steps) = (name + "/value", steps)
      // The step of a frame is written last, so a frame without a step is incomplete.
      frameCount = if case .listed(_, let count) = steps { min(whole[0], count) } else { whole[0] }
      shape = Array(whole.dropFirst())
    default:
      throw try Self.complaint(
        file, "\(name) is neither a dataset nor a group with a dataset 'value', which is what H5MD has for quantities")
    }
  }

  private static func steps(_ name: String, in file: HDF5File) throws -> Steps {
    guard let kind = try file.kind(of: name) else { return .unstated }
    guard kind == .dataset else { throw try complaint(file, "\(name) is no dataset") }
    let shape = try file.shape(of: name)
    if shape.count == 1 { return .listed(dataset: name, count: shape[0]) }
    guard shape.isEmpty else {
      throw try complaint(file, "\(name) has the shape \(shape), and should be a list or a number")
    }
    let increment = try file.wholeNumbers(from: name, start: [], count: [])[0]
    let first = try file.attribute("offset", of: name, as: Int64.self)?.first ?? 0
    return .regular(first: first, increment: increment)
  }

  /// Returns the step of one of the values; nil if the file counts no steps.
  func step(of frame: Int) throws -> Int64? {
    switch steps {
    case .unstated: nil
    case .listed(let dataset, _): try file.wholeNumbers(from: dataset, start: [frame], count: [1])[0]
    case .regular(let first, let increment): first &+ Int64(frame) &* increment
    }
  }

  /// Returns the row with the value at the time of a frame of `other`; nil if one value
  /// is valid for all times. Collective.
  /// - Throws: an input failure if there is no value for this time. A value of another time must not replace it.
  func row(at frame: Int, of other: H5MDElement) throws -> Int? {
    guard let frameCount else { return nil }
    guard let wanted = try other.step(of: frame),
      let last = try frameCount > 0 ? step(of: min(frame, frameCount - 1)) : nil
    else {
      guard frameCount == other.frameCount else {
        throw try Self.complaint(
          file,
          "\(name) has \(frameCount) values in time and \(other.name) \(other.frameCount ?? 1), and no steps say which "
            + "belong together")
      }
      return frame
    }
    if last == wanted { return min(frame, frameCount - 1) }
    let row: Int? =
      switch steps {
      case .unstated: nil
      case .listed(let dataset, _):
        try file.wholeNumbers(from: dataset, start: [0], count: [frameCount]).lastIndex(of: wanted)
      case .regular(let first, let increment):
        increment == 0
          ? nil
          : Int(exactly: Double(wanted &- first) / Double(increment)).flatMap {
            (0..<frameCount).contains($0) ? $0 : nil
          }
      }
    guard let row else {
      throw try Self.complaint(file, "\(name) has no value at step \(wanted), which is that of the frame")
    }
    return row
  }

  // MARK: Numbers

  /// Reads a block of one value, whose `row` comes from ``row(at:of:)``. Collective.
  func reals(_ row: Int?, start: [Int], count: [Int]) throws -> [Double] {
    try file.read(
      Double.self, from: dataset, start: (row.map { [$0] } ?? []) + start, count: (row.map { _ in [1] } ?? []) + count)
  }

  /// Reads a block of whole numbers, stored as integers or as reals, whose `row`
  /// comes from ``row(at:of:)``. Collective.
  /// - Throws: an input failure if a number is not whole.
  func wholeNumbers(_ row: Int?, start: [Int], count: [Int]) throws -> [Int64] {
    try file.wholeNumbers(
      from: dataset, start: (row.map { [$0] } ?? []) + start, count: (row.map { _ in [1] } ?? []) + count)
  }

  /// Returns the attribute `unit` of the group or of its dataset; nil if there is none. Collective.
  func unit() throws -> String? {
    for object in Set([name, dataset]).sorted() {
      if let unit = try file.textAttribute("unit", of: object)?.first { return unit }
    }
    return nil
  }

  /// Throws an input failure on which all ranks agree, so that it is printed once. All ranks see
  /// the same file, and so the same fault.
  static func complaint(_ file: HDF5File, _ what: String) throws -> Failure {
    try file.agreed { throw file.failure(what) }
  }
}

extension HDF5File {
  /// Reads a block of whole numbers, stored as integers or as reals. Collective.
  /// - Throws: an input failure if a number is not whole.
  func wholeNumbers(from dataset: String, start: [Int], count: [Int]) throws -> [Int64] {
    guard try typeName(of: dataset).hasPrefix("float") else {
      return try read(Int64.self, from: dataset, start: start, count: count)
    }
    let reals = try read(Double.self, from: dataset, start: start, count: count)
    return try agreed {
      try reals.map { real in
        guard let whole = Int64(exactly: real) else {
          throw failure("\(dataset) holds \(real), where whole numbers are expected")
        }
        return whole
      }
    }
  }
}
