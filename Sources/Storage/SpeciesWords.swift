import MessagePassing

/// The words by which a text file tells species apart, and which species each of them is.
struct SpeciesWords {
  /// Lists of facts that are short in every real file are limited, so that a damaged file cannot fill the memory.
  private static let most = 256

  /// In the order in which this rank met them, with the line of the first.
  private var words: [(word: String, line: Int)] = []
  private var places: [String: Int32] = [:]

  /// The place of a word in the order in which this rank meets them.
  mutating func place(of range: Range<Int>, in line: TextLine) throws -> Int32 {
    let word = line.word(range)
    if let place = places[word] { return place }
    guard words.count < Self.most else { throw line.failure("more than \(Self.most) different species") }
    let place = Int32(words.count)
    words.append((word, line.number))
    places[word] = place
    return place
  }

  /// The species of each word of this rank, and the names of the species where their order is not the file's.
  /// Collective.
  ///
  /// A and B are the first and the second species, whole numbers count from 1; what `stated` says goes before. Any
  /// other words are names in the order of the alphabet, of which the file does not say which is which.
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
