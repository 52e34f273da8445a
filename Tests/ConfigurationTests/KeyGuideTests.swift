import Testing

@testable import Configuration

/// The help of each command speaks of every key that its sections ask for, and of no other.
@Suite struct KeyGuideTests {
  @Test(arguments: Array(KeyGuide.tables.keys).sorted()) func speaksOfEveryKey(command: String) {
    let asked = KeyGuide.askedFor(command: command)
    for table in KeyGuide.tables[command]! {
      let meanings = KeyGuide.meanings(of: table, command).map(\.0)
      #expect(Set(meanings) == Set(asked[table] ?? []), "[\(table)] of \(command)")
      #expect(Set(meanings).count == meanings.count)
    }
  }

  @Test func givesDefaults() {
    let text = KeyGuide.text(of: "shear")
    for line in [
      "  backward = false ", "  skin = 0.3 ", "  every = 10 ", "  smallest_step = 1e-07 ", "  strain_step  ",
    ] {
      #expect(text.contains(line), "\(line)")
    }
  }
}
