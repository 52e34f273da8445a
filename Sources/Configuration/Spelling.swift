/// Guesses at what a misspelt word was meant to be.
public enum Spelling {
  /// The candidate that is closest to `word`, if it is close enough to be what was meant.
  static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let length = word.count
    // A distance is at least the difference of the lengths: what is long is not compared with what is short.
    return candidates.filter { abs($0.count - length) <= mistakes(in: $0) }
      .map { (word: $0, distance: distance($0, word)) }.filter { $0.distance <= mistakes(in: $0.word) }
      .min { $0.distance < $1.distance }?.word
  }

  /// How many a candidate may have and still be what was meant.
  private static func mistakes(in candidate: String) -> Int { max(1, candidate.count / 3) }

  /// "did you mean 'x'?", or the list of what is possible where nothing is close.
  public static func hint(for word: String, among candidates: [String], listedAs list: String) -> String {
    if let meant = nearest(to: word, among: candidates) { return "did you mean '\(meant)'?" }
    return "\(list) \(candidates.joined(separator: ", "))"
  }

  /// How many insertions, deletions, substitutions and swaps of neighbouring letters turn one word into the other.
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
