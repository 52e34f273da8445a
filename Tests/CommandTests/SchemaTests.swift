import Foundation
import Storage
import TestTools
import Testing

@testable import athermal

/// The columns of the outputs are described once: files, documentation and `info --schema` say the same.
@Suite struct SchemaTests {
  private let folder: TestFolder
  init() throws { folder = try TestFolder() }

  @Test func theDocumentationHasEveryTable() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Docs/Formats.md")
    let formats = try String(contentsOf: path, encoding: .utf8)
    #expect(InfoCommand.schemas.count >= 19)
    for schema in InfoCommand.schemas {
      #expect(formats.contains(schema.table), "Docs/Formats.md lacks this table; athermal info --schema prints it")
    }
    let printed = try TestProcess.run("athermal", ["info", "--schema"], in: folder.path)
    #expect(printed.exitCode == 0 && printed.output.contains("| `working_stress` | 1 | ε/λ^d | σ:A"))
  }

  /// Every dataset of an output says its unit and its meaning.
  @Test func everyDatasetIsDescribed() throws {
    let elastic = "[expand]\nelastic_tensor = true\n"
    let map =
      "[yieldmap]\nmethod = \"both\"\nradius = 2.5\nlowest_eigenvalue = true\ncurves = true\nminimize = true\n"
      + "maximum_strain = 0.01\norientations = 2\n"
    let profiles = "[d2min]\nwindow = 2e-3\n[output]\nprofiles = true\n"
    for (command, text, name) in [
      ("measure", Samples.glass, "measure.h5"), ("expand", Samples.glass + elastic, "expand.h5"),
      ("yieldmap", Samples.glass + map, "yieldmap.h5"), ("shear", Samples.config + profiles, "shear.h5"),
    ] {
      try folder.file("\(command).toml", text)
      let words = [command, "\(command).toml", "--output", command]
      let outcome = try TestProcess.run("athermal", words, in: folder.path, limit: 240)
      #expect(outcome.exitCode == 0, "\(outcome.report)")
      let path = folder.file("\(command)/\(name)")
      let datasets = try FileVerification.contents(path).map(\.name).filter { !$0.hasPrefix("/parameters") }
      #expect(datasets.count >= 5)
      let file = try HDF5File(path, .read, over: nil)
      for dataset in datasets {
        for attribute in ["unit", "about"] {
          let found = try file.textAttribute(attribute, of: dataset) ?? []
          #expect(found.first?.isEmpty == false, "\(name): \(dataset) has no \(attribute)")
        }
      }
      try file.close()
    }
  }

  /// Units and meanings stand with the numbers; σ:A is what the components and the generator give.
  @Test func aFileDescribesItself() throws {
    try folder.file("a.toml", Samples.config.replacing("plane = \"xy\"", with: "plane = \"yx\""))
    let outcome = try TestProcess.run("athermal", ["shear", "a.toml", "--output", "run"], in: folder.path, limit: 120)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let file = try HDF5File(folder.file("run/shear.h5"), .read, over: nil)
    let columns = try #require(try file.textAttribute("columns", of: "/curve"))
    let units = try #require(try file.textAttribute("unit", of: "/curve"))
    let about = try #require(try file.textAttribute("about", of: "/curve"))
    #expect(columns.count == units.count && columns.count == about.count)
    let working = try #require(columns.firstIndex(of: "working_stress"))
    #expect(units[working] == "ε/λ^d" && about[working].hasPrefix("σ:A"))
    let rows = try file.readAll(Double.self, from: "/curve")
    let component = try #require(columns.firstIndex(of: "stress_yx"))
    let steps = rows.count / columns.count
    #expect(steps >= 4)
    // The generator of this plane has one entry, 1, so that the two are the same number.
    for k in 0..<steps { #expect(rows[k * columns.count + working] == rows[k * columns.count + component]) }
    #expect(try file.textAttribute("unit", of: "/events/energy_drop") == ["ε"])
    try file.close()
  }
}
