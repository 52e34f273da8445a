import Configuration
import MessagePassing
import Storage

/// Numbers in a dataset of an HDF5 file, or in one of its columns: a distribution that was measured.
enum MeasuredNumbers {
  /// Largest length of a list of samples, which every rank holds completely.
  private static let mostSamples = 1 << 24

  /// Reads the numbers. Collective.
  /// - Throws: an input failure if there are none, or too many.
  static func read(
    _ path: String, _ dataset: String, column: Int?, skipNaN: Bool, over communicator: Communicator
  ) throws -> [Double] {
    let file = try HDF5File(path, .read, over: communicator)
    let shape = try BlockNumbers.shape(of: dataset, in: file, dataset)
    guard !shape.isEmpty, try file.numberCount(of: dataset) <= mostSamples else {
      throw Failure.everywhere(
        .input, "\(path): the dataset \(dataset) has the shape \(shape); at most \(mostSamples) samples are taken")
    }
    var values = try file.readAll(Double.self, from: dataset)
    try file.close()
    if let column {
      guard shape.count == 2, column < shape[1] else {
        throw Failure.everywhere(
          .input, "\(path): the dataset \(dataset) has the shape \(shape), and no column \(column)")
      }
      values = stride(from: column, to: values.count, by: shape[1]).map { values[$0] }
    }
    if skipNaN { values.removeAll { $0.isNaN } }
    guard !values.isEmpty else { throw Failure.everywhere(.input, "\(path): the dataset \(dataset) holds no samples") }
    return values
  }

  /// - Throws: an input failure that names the first number which does not fit.
  static func expect(
    _ values: [Double], of dataset: String, in path: String, _ words: String, _ fits: (Double) -> Bool
  ) throws {
    guard let bad = values.firstIndex(where: { !fits($0) }) else { return }
    throw Failure.everywhere(
      .input,
      "\(path): the sample \(bad) of \(dataset) is \(values[bad]); samples must be \(words)"
        + (values[bad].isNaN ? "; skip_nan = true leaves out what is not a number" : ""))
  }
}
