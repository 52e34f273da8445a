import Testing

@testable import Configuration

/// The help of each command speaks of every key that its sections ask for, and of no other.
@Suite struct KeyGuideTests {
  @Test(arguments: catalogue.names) func speaksOfEveryKey(command: String) throws {
    let sections = try #require(catalogue.sections(of: command))
    let asked = KeyGuide.keysRead(by: sections)
    let text = KeyGuide.text(of: sections)
    for table in sections.tables {
      let keys = try #require(asked[table], "[\(table)] of \(command) is not read")
      for key in keys {
        #expect(KeyGuide.meanings[table]?.contains { $0.0 == key } == true, "\(command): \(table).\(key)")
      }
      #expect(text.contains("[\(table)]"))
    }
    for (table, keys) in asked where KeyGuide.meanings[table] != nil && table.contains(".") {
      #expect(text.contains("[\(table)]"))
      for key in keys {
        #expect(KeyGuide.meanings[table]?.contains { $0.0 == key } == true, "\(command): \(table).\(key)")
      }
    }
    // No table is read that the list leaves out; those inside of tables have dots in their names.
    #expect(Set(asked.keys.map { $0.prefix { $0 != "." } }) == Set(sections.tables.map { $0[...] }))
  }

  /// Every meaning is one of a key that some command asks for.
  @Test func meansNoOtherKey() throws {
    let readers = catalogue.readersOfKeys()
    for (table, meanings) in KeyGuide.meanings where table != "sweep" {
      #expect(Set(meanings.map(\.0)).count == meanings.count, "[\(table)]")
      for (key, _) in meanings { #expect(readers["\(table).\(key)"] != nil, "\(table).\(key)") }
    }
  }

  @Test func givesDefaults() {
    let text = KeyGuide.text(of: ShearSections.self)
    for line in [
      "  backward = false ", "  skin = 0.3 ", "  every = 10 ", "  smallest_step = 1e-07 ", "  strain_step  ",
    ] {
      #expect(text.contains(line), "\(line)")
    }
  }
}
