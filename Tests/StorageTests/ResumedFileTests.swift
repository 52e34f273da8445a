import Checkpoints
import Foundation
import MessagePassing
import TestSupport
import Testing

@testable import Storage

extension StorageTests {
  /// Files that are continued after a checkpoint, whatever a killed writer has left of them.
  @Suite struct ResumedFileTests {
    let communicator: Communicator
    let temporary: TemporaryFolder
    let path: String
    let checkpoints: CheckpointFolder

    init() throws {
      communicator = try MessagePassing.startForTests()
      temporary = try TemporaryFolder()
      path = temporary.file("table.h5")
      checkpoints = CheckpointFolder(
        temporary.file("checkpoints"), command: "shear", config: "", build: "test", keep: 2, over: communicator)
    }

    /// Rows shorter and longer than a chunk, texts, attributes, datasets made once.
    private func begin() throws -> TableFile {
      let file = try TableFile(
        path: path, provenance: .init(version: "1", build: "b", config: "[a]"), rowsPerFlush: 7, over: communicator)
      try file.createTable("curve", columns: ["first", "second", "third"])
      try file.write(ResultArray([Int32](0..<1000), shape: [10, 100]), as: "whole")
      try file.setAttribute("unit", of: "whole", to: "one")
      return file
    }

    private func appendRows(_ file: TableFile, _ steps: Range<Int>) throws {
      for step in steps {
        try file.appendRow(to: "curve", [Double(step), sin(Double(step)), -1])
        try file.append(
          to: "series",
          [
            Observable("short", [Double(step), 0.5], shape: [2]),
            Observable("long", (0..<1800).map { cos(Double($0 * step)) }, shape: [3, 600]),
          ])
        // Made after the checkpoint in some of the pieces.
        if step % 100 == 50 {
          try file.write(ResultArray([Double](repeating: Double(step), count: 3000)), as: "late/\(step)")
        }
        if step % 100 == 60 { try file.setAttribute("step \(step)", of: "late", to: Double(step)) }
      }
    }

    private func save(_ file: TableFile) throws -> [Range<Int>] {
      let checkpoint = Checkpoint(over: communicator)
      try file.save(to: checkpoint, as: "table")
      try checkpoints.write(checkpoint)
      return try #require(checkpoint.attachments["table"]).parts
    }

    private func resumed() throws -> TableFile {
      let (checkpoint, _) = try #require(try checkpoints.newest())
      return try TableFile(path: path, resuming: checkpoint, as: "table", rowsPerFlush: 7)
    }

    private func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
    private func replace(_ bytes: Data) throws { try bytes.write(to: URL(fileURLWithPath: path)) }
    private func hashes() throws -> [String: String] {
      try Dictionary(uniqueKeysWithValues: FileVerification.contents(path).map { ($0.name, $0.sha256) })
    }

    /// All that a checkpoint keeps of a file is destroyed, more than any kill can do, and what comes after is noise.
    @Test func allThatIsNotNumbersMayBeLost() throws {
      let whole = try begin()
      try appendRows(whole, 0..<700)
      try whole.close()
      let expected = try hashes()
      #expect(expected.count > 10)

      var generator = Generator(seed: 5)
      let first = try begin()
      try appendRows(first, 0..<130)
      _ = try save(first)
      try appendRows(first, 130..<180)
      // Of two checkpoints of one file, the second finds only what is new.
      var file = first
      var pieces = [180..<333, 333..<520, 520..<700]
      while !pieces.isEmpty {
        let parts = try save(file)
        let length = try bytes().count
        let kept = parts.reduce(0) { $0 + $1.count }
        #expect(kept < length / 10, "numbers are most of the file: \(kept) of \(length) bytes are kept")
        try appendRows(file, pieces[0].prefix(40))
        var damaged = try bytes()
        for part in parts {
          for place in part { damaged[place] = UInt8(truncatingIfNeeded: generator.next()) }
        }
        for place in length..<damaged.count { damaged[place] = UInt8(truncatingIfNeeded: generator.next()) }
        damaged.append(contentsOf: (0..<5000).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
        try replace(damaged)
        file = try resumed()
        try appendRows(file, pieces.removeFirst())
      }
      try file.close()
      #expect(try hashes() == expected)
      #expect(try FileVerification.verifyHDF5(path).isRecorded)
    }

    /// What a checkpoint does not keep must be there.
    @Test func numbersThatAreLostAreNamed() throws {
      let file = try begin()
      try appendRows(file, 0..<60)
      let parts = try save(file)
      try file.close()
      let good = try bytes()
      func expectRefusal(_ words: String...) {
        #expect { _ = try resumed() } throws: { error in
          guard let failure = error as? Failure else { return false }
          return failure.kind == .input && words.allSatisfy { failure.message.contains($0) }
        }
      }
      // In the middle of the longest stretch of numbers stand those of the long series.
      let gaps = zip(parts, parts.dropFirst()).map { $0.upperBound..<$1.lowerBound }
      let longest = try #require(gaps.max { $0.count < $1.count })
      var damaged = good
      damaged[longest.lowerBound + longest.count / 2] ^= 4
      try replace(damaged)
      expectRefusal("table.h5: /series/long does not hold the 60 rows")
      try replace(good.prefix(good.count / 2))
      expectRefusal("table.h5: has \(good.count / 2) bytes; the checkpoint was made when it had")
      try FileManager.default.removeItem(atPath: path)
      expectRefusal("table.h5")
      try replace(good)
      try resumed().close()
    }

    /// Not only numbers carry meaning: names of columns and the config do, too.
    @Test func wordsThatAreChangedAreNamed() throws {
      let file = try begin()
      try appendRows(file, 0..<60)
      try file.close()
      #expect(try FileVerification.verifyHDF5(path).isRecorded)
      let good = try bytes()
      // Text, by what it stands in; each occurs once in the file.
      for (words, name) in [("[a]", "/parameters/config"), ("second", "/curve@columns"), ("one", "/whole@unit")] {
        let place = try #require(good.firstRange(of: Data(words.utf8)), "\(words)")
        var damaged = good
        damaged[place.lowerBound] ^= 2
        try replace(damaged)
        #expect("\(name)") { _ = try FileVerification.verifyHDF5(path) } throws: { error in
          (error as? Failure)?.message.contains("\(name) is not what was written") == true
        }
      }
    }

    /// Any bytes in the place of what was kept: understood or refused.
    @Test func keptPartsAreCheckedBeforeTheyArePut() throws {
      let (kept, target) = (temporary.file("kept"), temporary.file("target"))
      let content = [UInt8]((0..<200).map { UInt8($0) })
      try FileRange.write(content, to: target)
      try FileParts.keep([0..<8, 20..<21, 100..<200], of: target, length: 200, in: kept)
      try FileRange.write([UInt8](repeating: 7, count: 300), to: target)
      #expect(try FileParts.restore(target, from: kept) == [8..<20, 21..<100])
      let back = try FileRange.bytes(of: target, 0..<FileRange.byteCount(of: target))
      #expect(back.count == 200)
      for (place, byte) in back.enumerated() {
        #expect(byte == (place < 8 || place == 20 || place >= 100 ? content[place] : 7), "at \(place)")
      }
      let good = try FileRange.bytes(of: kept, 0..<FileRange.byteCount(of: kept))
      var generator = Generator(seed: 9)
      for trial in 0..<500 {
        var bad = good
        if trial % 2 == 0 {
          bad.removeLast(1 + Int(generator.next() % UInt64(bad.count)))
        } else {
          // The numbers at the head, one of them anything.
          let number = 8 * Int(generator.next() % 9)
          for b in 0..<8 { bad[number + b] = UInt8(truncatingIfNeeded: generator.next()) }
        }
        try FileRange.write(bad, to: kept)
        #expect(throws: Failure.self, "trial \(trial)") { _ = try FileParts.restore(target, from: kept) }
      }
    }
  }
}
