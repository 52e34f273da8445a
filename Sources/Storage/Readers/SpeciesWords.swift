import MessagePassing

/// The names of species in a text file, and their translation to species.
struct SpeciesWords {
  /// Limit of a list that is short in every real file, so that a damaged file cannot fill the memory.
  private static let most = 256

  /// Names in the order in which this rank finds them, with the line of their first occurrence.
  private var words: [(word: String, line: Int)] = []
  private var places: [String: Int32] = [:]

  /// Returns the place of a name in the order in which this rank finds them.
  mutating func place(of range: Range<Int>, in line: TextLine) throws -> Int32 {
    let word = line.word(range)
    if let place = places[word] { return place }
    guard words.count < Self.most else { throw line.failure("more than \(Self.most) different species") }
    let place = Int32(words.count)
    words.append((word, line.number))
    places[word] = place
    return place
  }

  /// Returns the species of each name of this rank; also all names, if the file does
  /// not define their order. Collective.
  ///
  /// The order in `stated` has precedence. Otherwise A and B are the first and the second species, and whole numbers
  /// count from 1. Other names are sorted alphabetically, because the file does not say which of them is first.
  func settle(
    stated: [String], path: String, over communicator: Communicator
  ) throws -> (species: [Int32], names: [String]) {
    let lines = try communicator.gather(words.map(\.line))
    let bytes = try communicator.gather(words.flatMap { Array($0.word.utf8) + [0x0a] })
    let all = zip(bytes.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }, lines)
      .sorted { $0.1 < $1.1 }.map { (word: $0.0, line: $0.1) }
    func failure(_ line: Int, _ what: String) -> Failure { .everywhere(.input, "\(path):\(line): \(what)") }

    if !stated.isEmpty {
      if let stranger = all.first(where: { !stated.contains($0.word) }) {
        throw failure(
          stranger.line,
          "species '\(stranger.word.prefix(40))' is none of \(stated.joined(separator: ", ")), which "
            + "system.species names")
      }
      return (words.map { Int32(stated.firstIndex(of: $0.word)!) }, [])
    }
    let letters: [String: Int32] = ["A": 0, "B": 1]
    if all.allSatisfy({ letters[$0.word] != nil }) { return (words.map { letters[$0.word]! }, []) }
    if let number = all.first(where: { Int($0.word) != nil }) {
      if let word = all.first(where: { Int($0.word) == nil }) {
        throw failure(
          max(number.line, word.line),
          "species '\(number.word.prefix(40))' and '\(word.word.prefix(40))' in one file: use "
            + "numbers from 1, or names, for all")
      }
      if let wrong = all.first(where: { (Int32($0.word) ?? 0) < 1 }) {
        throw failure(wrong.line, "species '\(wrong.word.prefix(40))' is not known; use A and B, or numbers from 1")
      }
      return (words.map { Int32($0.word)! - 1 }, [])
    }
    let names = Set(all.map(\.word)).sorted()
    return (words.map { Int32(names.firstIndex(of: $0.word)!) }, names)
  }
}
