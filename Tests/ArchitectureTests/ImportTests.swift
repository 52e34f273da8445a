import Foundation
import Testing

/// The layers, lowest first: a module may import those before it. The one place in the tests that states the order.
private let layers = [
  "CMPI", "CHDF5", "CPETSc", "CSLEPc", "CFFTW", "CShims", "CLanes", "CToml", "CBuild", "MessagePassing", "Checkpoints",
  "Geometry",
  "Configuration", "Statistics", "Interactions", "Particles", "Storage", "Multigrid", "Statics", "SparseSolvers",
  "Measurement",
  "Preparation",
  "QuasistaticShear", "StrainExpansion", "YieldStress", "FourierGrid", "ElasticLattice", "ElastoPlastic", "athermal",
]

/// Modules that may not meet, though the order alone would allow it.
private let forbidden = [
  "Interactions": ["MessagePassing", "CMPI", "CHDF5"], "Geometry": ["MessagePassing", "CMPI"],
  "Statistics": ["CMPI", "CShims", "Checkpoints", "Geometry", "Configuration"], "Particles": ["CMPI", "CShims"],
  "Statics": ["CMPI", "Storage"], "Measurement": ["CMPI", "Storage"],
  "Preparation": ["CMPI", "Storage", "Configuration"], "QuasistaticShear": ["CMPI", "Storage", "Configuration"],
  "StrainExpansion": ["CMPI", "Storage", "Configuration"], "YieldStress": ["CMPI", "Storage", "Configuration"],
  "ElasticLattice": ["CMPI", "CFFTW"], "ElastoPlastic": ["CMPI", "CFFTW", "Storage", "Configuration"],
]

@Suite struct ArchitectureTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Module → what its files import, of our own modules.
  static func imports() throws -> [String: Set<String>] {
    let sources = root.appendingPathComponent("Sources")
    var result: [String: Set<String>] = [:]
    for module in try FileManager.default.contentsOfDirectory(atPath: sources.path) where !module.hasPrefix(".") {
      guard let files = FileManager.default.enumerator(atPath: sources.appendingPathComponent(module).path) else {
        continue
      }
      for case let file as String in files where file.hasSuffix(".swift") {
        let text = try String(contentsOf: sources.appendingPathComponent(module + "/" + file), encoding: .utf8)
        for line in text.split(whereSeparator: \.isNewline) {
          // Also "@testable import X", "public import X", "import struct X.Y".
          let words = line.split(separator: " ").prefix(4).map(String.init)
          guard let keyword = words.firstIndex(of: "import"), keyword < 2,
            words[..<keyword].allSatisfy({ $0.hasPrefix("@") || ["public", "internal", "private"].contains($0) })
          else { continue }
          let name = words[(keyword + 1)...].last { layers.contains($0.split(separator: ".")[0].description) }
          if let name { result[module, default: []].insert(String(name.split(separator: ".")[0])) }
        }
      }
    }
    return result
  }

  @Test func importsGoDownTheLayers() throws {
    let imports = try Self.imports()
    #expect(imports["QuasistaticShear"]?.contains("Particles") == true, "the import lines are read at all")
    for (module, others) in imports {
      let own = try #require(layers.firstIndex(of: module), "\(module) has no place in the order of layers")
      for other in others {
        #expect(layers.firstIndex(of: other)! < own, "\(module) imports \(other), which lies above it")
        #expect(forbidden[module]?.contains(other) != true, "\(module) may not import \(other)")
      }
    }
  }

  /// What a module imports, the manifest declares, and the declared dependencies obey the same order.
  @Test func manifestAgrees() throws {
    let manifest = try String(contentsOf: Self.root.appendingPathComponent("Package.swift"), encoding: .utf8)
    let imports = try Self.imports()
    // A call with its arguments, in which calls may stand; the first name is that of the layer.
    let pattern = /\blayer\((?:[^()]|\([^()]*\))*\)/
    var declared: [String: Set<String>] = [:]
    for match in manifest.matches(of: pattern) {
      let names = match.output.matches(of: /"(\w+)"/).map { String($0.1) }
      guard let name = names.first else { continue }
      declared[name] = Set(names.dropFirst()).intersection(layers)
    }
    // The C libraries and the program are no layers.
    #expect(
      Set(declared.keys)
        == Set(layers.filter { !$0.hasPrefix("C") || $0 == "Configuration" || $0 == "Checkpoints" }).subtracting([
          "athermal"
        ]))
    for (module, dependencies) in declared {
      let own = try #require(layers.firstIndex(of: module), "\(module) has no place in the order of layers")
      for other in dependencies {
        let place = try #require(layers.firstIndex(of: other), "\(other) has no place in the order of layers")
        #expect(place < own, "\(module) depends on \(other), which lies above it")
        #expect(forbidden[module]?.contains(other) != true, "\(module) may not depend on \(other)")
      }
      #expect(imports[module, default: []].isSubset(of: dependencies), "\(module) imports more than it declares")
    }
  }

  /// What cites the program names the version that the manifest gives it.
  @Test func theVersionIsTheSameEverywhere() throws {
    func text(_ name: String) throws -> String {
      try String(contentsOf: Self.root.appendingPathComponent(name), encoding: .utf8)
    }
    let version = try #require(try text("Package.swift").firstMatch(of: /let version = "([0-9.]+)"/)).1
    #expect(try text("CITATION.cff").contains("\nversion: \(version)\n"))
    #expect(try text("README.md").contains("version = {\(version)}"))
    #expect(try text("CHANGELOG.md").contains("## [\(version)]"))
  }
}
