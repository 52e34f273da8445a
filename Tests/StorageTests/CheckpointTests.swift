import Checkpoints
import Foundation
import MessagePassing
import TestSupport
import Testing

@testable import Storage

/// Checkpoints in memory and on disk, on one rank; on more they are tested by the commands that use them.
@Suite(.serialized, .oneAtATime) struct CheckpointTests {
  private struct Numbers: Codable, Equatable {
    var reals: [Double]
    var whole: Int
    var absent: Int?
  }

  /// Signed zeros, subnormals and infinities keep their bits; of NaN there is one.
  @Test func valuesKeepTheirBits() throws {
    let checkpoint = Checkpoint(over: try MessagePassing.startForTests())
    let reals = [0.0, -0.0, 1 / 3, .leastNonzeroMagnitude, -.infinity, .nan, 0x1.fffffffffffffp1023, 1e22, 5]
    try checkpoint.put(Numbers(reals: reals, whole: .max, absent: nil), as: "numbers")
    let back = try checkpoint.value(Numbers.self, of: "numbers")
    #expect(back.reals.map(\.bitPattern) == reals.map(\.bitPattern))
    #expect(back.whole == .max && back.absent == nil)
    #expect(throws: Failure.self) { try checkpoint.value(Numbers.self, of: "others") }
    #expect(throws: Failure.self) { try checkpoint.value(String.self, of: "numbers") }
  }

  private func filled(_ communicator: Communicator) throws -> Checkpoint {
    let checkpoint = Checkpoint(over: communicator)
    try checkpoint.put(Numbers(reals: [0.1], whole: 7, absent: 3), as: "a")
    try checkpoint.put("text", as: "a/b")
    checkpoint.put(.init(.reals((0..<30).map { sin(Double($0)) }), width: 3, firstRow: 0, totalRows: 10), as: "x")
    checkpoint.put(.init(.integers([1, -2, .min]), width: 1, firstRow: 0, totalRows: 3), as: "x/i")
    checkpoint.put(.init(.smallIntegers([]), width: 2, firstRow: 0, totalRows: 0), as: "nothing")
    return checkpoint
  }

  private func folder(_ path: String, _ communicator: Communicator) -> CheckpointFolder {
    CheckpointFolder(path, command: "shear", config: "[a]\nb = 1\n", build: "test", keep: 2, over: communicator)
  }

  @Test func whatIsWrittenIsReadAndOnlyTheNewestStay() throws {
    let communicator = try MessagePassing.startForTests()
    let temporary = try TemporaryFolder()
    let path = temporary.file("checkpoints")
    let writer = folder(path, communicator)
    for _ in 0..<4 { try writer.write(try filled(communicator)) }
    #expect(try CheckpointFolder.numbers(in: path) == [3, 4])
    let (checkpoint, manifest) = try #require(try folder(path, communicator).newest())
    #expect(manifest.number == 4 && manifest.command == "shear" && manifest.config == "[a]\nb = 1\n")
    #expect(try checkpoint.value(Numbers.self, of: "a") == Numbers(reals: [0.1], whole: 7, absent: 3))
    #expect(try checkpoint.value(String.self, of: "a/b") == "text")
    #expect(try checkpoint.rows(Double.self, of: "x", 2..<4) == (6..<12).map { sin(Double($0)) })
    #expect(try checkpoint.rows(Int64.self, of: "x/i", 0..<3) == [1, -2, .min])
    #expect(try checkpoint.rows(Int32.self, of: "nothing", 0..<0) == [])
    #expect(throws: Failure.self) { try checkpoint.rows(Double.self, of: "x", 8..<11) }
    #expect(throws: Failure.self) { try checkpoint.rows(Int64.self, of: "x", 0..<1) }
  }

  /// Any byte of any file, and any truncation: never accepted.
  @Test func damageIsNeverAccepted() throws {
    let communicator = try MessagePassing.startForTests()
    let temporary = try TemporaryFolder()
    let path = temporary.file("checkpoints")
    try folder(path, communicator).write(try filled(communicator))
    var generator = Generator(seed: 7)
    for name in ["MANIFEST", "state.h5"] {
      let file = URL(fileURLWithPath: "\(path)/000001/\(name)")
      let good = try Data(contentsOf: file)
      for trial in 0..<60 {
        var bad = good
        switch trial % 3 {
        case 0: bad[Int(generator.next() % UInt64(bad.count))] ^= UInt8(1 << (generator.next() % 8))
        case 1: bad = bad.prefix(Int(generator.next() % UInt64(bad.count)))
        default: bad.append(UInt8(truncatingIfNeeded: generator.next()))
        }
        try bad.write(to: file)
        #expect(try folder(path, communicator).newest() == nil, "\(name), trial \(trial)")
      }
      try good.write(to: file)
    }
    #expect(try folder(path, communicator).newest() != nil)
  }

  /// Names are keys of what is read later; a second one used to end the process.
  @Test func namesOccurOnce() throws {
    let state = FileRecord(name: "state.h5", bytes: 800, checksum: 1)
    let column = CheckpointManifest.Column(name: "x", kind: .int64, width: 1, rows: 1)
    for (columns, values, files) in [
      ([column, column], ["v"], [state]), ([column], ["v", "v"], [state]), ([column], ["v"], [state, state]),
    ] {
      let manifest = CheckpointManifest(
        number: 1, command: "shear", config: "", build: "", columns: columns, values: values, files: files)
      let text = Array(try manifest.text().utf8)
      #expect { try CheckpointManifest(text: text, path: "m") } throws: {
        ($0 as? Failure)?.message == "m: names something twice"
      }
    }
  }

  @Test func aNewerVersionIsNamed() throws {
    var manifest = CheckpointManifest(
      number: 1, command: "shear", config: "", build: "", columns: [], values: [],
      files: [.init(name: "state.h5", bytes: 800, checksum: 1)])
    #expect(try CheckpointManifest(text: Array(manifest.text().utf8), path: "m") == manifest)
    let newest = CheckpointManifest.newestVersion
    manifest.version = newest + 1
    let text = Array(try manifest.text().utf8)
    #expect { try CheckpointManifest(text: text, path: "m") } throws: {
      ($0 as? Failure)?.message.contains("version \(newest + 1), and this program reads up to \(newest)") == true
    }
  }

  /// The checksum is that of the content in its order, however it is cut.
  @Test func checksumsDoNotDependOnTheCut() {
    let values = (0..<1000).map { Double($0) * 0.37 }
    var whole = ContentChecksum()
    values.withUnsafeBufferPointer { whole.add($0, at: 0) }
    var sum: UInt64 = 0
    for part in [700..<1000, 0..<1, 1..<700] {
      var checksum = ContentChecksum()
      Array(values[part]).withUnsafeBufferPointer { checksum.add($0, at: part.lowerBound) }
      sum &+= checksum.sum
    }
    #expect(sum == whole.sum)
    var swapped = values
    swapped.swapAt(3, 4)
    var other = ContentChecksum()
    swapped.withUnsafeBufferPointer { other.add($0, at: 0) }
    #expect(other.sum != whole.sum)
  }
}
