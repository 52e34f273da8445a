/// Suggestions for misspelt words.
public enum Spelling {
  /// Returns the candidate that is closest to `word`, or nil if none is close enough.
  static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let length = word.count
    // A distance is at least the difference of the lengths, so words of very different lengths need no comparison.
    return candidates.filter { abs($0.count - length) <= mistakes(in: $0) }
      .map { (word: $0, distance: distance($0, word)) }.filter { $0.distance <= mistakes(in: $0.word) }
      .min { $0.distance < $1.distance }?.word
  }

  /// Largest number of mistakes at which a candidate still counts as close.
  private static func mistakes(in candidate: String) -> Int { max(1, candidate.count / 3) }

  /// Returns "did you mean 'x'?", or the list of candidates if none is close.
  public static func hint(for word: String, among candidates: [String], listedAs list: String) -> String {
    if let meant = nearest(to: word, among: candidates) { return "did you mean '\(meant)'?" }
    return "\(list) \(candidates.joined(separator: ", "))"
  }

  /// Number of insertions, deletions, substitutions and swaps of neighbouring
  /// letters that turn one word into the other.
  static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first.lowercased())
    let b = Array(second.lowercased())
    var table = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { table[i][0] = i }
    for j in 0...b.count { table[0][j] = j }
    for i in 0..<a.count {
      for j in 0..<b.count {
        var best = min(table[i][j + 1] + 1, table[i + 1][j] + 1, table[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, table[i - 1][j - 1] + 1) }
        table[i + 1][j + 1] = best
      }
    }
    return table[a.count][b.count]
  }
}
