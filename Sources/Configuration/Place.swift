/// The place where a value of the configuration was written.
package enum Place: Comparable {
  /// Line and column, counted from 1.
  case file(line: Int, column: Int)
  /// The `position`-th `--set` of the command line, and the key that it sets.
  case override(position: Int, key: String)
  /// Line and column in the file of a sweep.
  case sweep(path: String, line: Int, column: Int)

  /// Returns the label that precedes a message about this place.
  func label(path: String) -> String {
    switch self {
    case .file(let line, let column): "\(path):\(line):\(column)"
    case .override(_, let key): "--set \(key)"
    case .sweep(let path, let line, let column): "\(path):\(line):\(column)"
    }
  }
}
