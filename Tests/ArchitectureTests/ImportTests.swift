import Foundation
import Testing

/// The layers, lowest first: a module may import those before it. The one place in the tests that states the order.
private let layers = [
  "CMPI", "CHDF5", "CPETSc", "CSLEPc", "CFFTW", "CShims", "CLanes", "CToml", "CBuild", "MessagePassing", "Checkpoints",
  "Geometry",
  "Configuration", "Statistics", "Interactions", "Particles", "Storage", "Multigrid", "Statics", "SparseSolvers",
  "Measurement",
  "Preparation",
  "QuasistaticShear", "Dynamics",
  "StrainExpansion", "YieldStress", "FourierGrid", "ElasticLattice", "ElastoPlastic", "MeanField",
  "athermal",
]

/// Modules that may not meet, though the order alone would allow it.
private let forbidden = [
  "Interactions": ["MessagePassing", "CMPI", "CHDF5"], "Geometry": ["MessagePassing", "CMPI"],
  "Statistics": ["CMPI", "CShims", "Checkpoints", "Geometry", "Configuration"], "Particles": ["CMPI", "CShims"],
  "Statics": ["CMPI", "Storage"], "Measurement": ["CMPI", "Storage"],
  "Preparation": ["CMPI", "Storage", "Configuration"], "QuasistaticShear": ["CMPI", "Storage", "Configuration"],
  "Dynamics": ["CMPI", "Storage", "Configuration"],
  "StrainExpansion": ["CMPI", "Storage", "Configuration"], "YieldStress": ["CMPI", "Storage", "Configuration"],
  "ElasticLattice": ["CMPI", "CFFTW"], "ElastoPlastic": ["CMPI", "CFFTW", "Storage", "Configuration"],
]

@Suite struct ArchitectureTests {
  /// Module → what its files import, of our own modules.
  static func imports(of folder: String) throws -> Set<String> {
    // Also "@testable import X", "public import X", "import struct X.Y".
    let pattern = /^ *((@\w+|public|package|internal|private|fileprivate) )*import (\w+ )?(\w+)/
    return try Tree.swiftFiles(in: folder).values.joined().reduce(into: []) { names, line in
      if let match = line.prefixMatch(of: pattern) { names.insert(String(match.output.4)) }
    }
  }

  /// Target of the manifest → its dependencies and its folder.
  static func targets() throws -> [String: (dependencies: Set<String>, folder: String)] {
    let manifest = try Tree.text("Package.swift")
    var targets: [String: (dependencies: Set<String>, folder: String)] = [:]
    // A call with its arguments, in which calls may stand.
    for match in manifest.matches(of: /\b(layer|target|executableTarget|testTarget)\((?:[^()]|\([^()]*\))*\)/) {
      let call = match.output.0
      let isLayer = match.output.1 == "layer"
      guard let name = call.firstMatch(of: /"(\w+)"/)?.1 else { continue }
      // Of a layer, all names after its own; else those in the brackets after "dependencies:".
      let list = isLayer ? call[name.endIndex...] : call.firstMatch(of: /dependencies: \[([^\]]*)\]/)?.1 ?? ""
      let folder = call.firstMatch(of: /path: "([\w\/]+)"/)?.1
      targets[String(name)] = (
        Set(list.matches(of: /"(\w+)"/).map { String($0.1) }).subtracting(["ATHERMAL_PETSC"]),
        folder.map(String.init) ?? (match.output.1 == "testTarget" ? "Tests/" : "Sources/") + name
      )
    }
    return targets
  }

  @Test func dependenciesGoDownTheLayers() throws {
    let targets = try Self.targets()
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: Tree.root.appendingPathComponent("Sources").path)
    for name in folders where !name.hasPrefix(".") {
      #expect(layers.contains(name), "\(name) has no place in the order")
    }
    for (module, target) in targets where target.folder.hasPrefix("Sources/") {
      let own = try #require(layers.firstIndex(of: module), "\(module) has no place in the order of layers")
      for other in target.dependencies {
        let place = try #require(layers.firstIndex(of: other), "\(other) has no place in the order of layers")
        #expect(place < own, "\(module) depends on \(other), which lies above it")
        #expect(forbidden[module]?.contains(other) != true, "\(module) may not depend on \(other)")
      }
    }
  }

  /// The files of a target import what the manifest declares, nothing more, and all of it. Programs are not imported:
  /// tests start them.
  @Test func importsAreThoseOfTheManifest() throws {
    let targets = try Self.targets()
    #expect(targets["QuasistaticShear"]?.dependencies.contains("Particles") == true, "the manifest is read at all")
    #expect(targets.count > 40, "the manifest is read at all")
    for (name, target) in targets {
      let known = try Self.imports(of: target.folder).filter { targets[$0] != nil || layers.contains($0) }
      guard try !Tree.swiftFiles(in: target.folder).isEmpty else { continue }
      let declared = target.dependencies.subtracting(["athermal", "RankTests"])
      let (missing, unused) = (known.subtracting(target.dependencies), declared.subtracting(known))
      #expect(missing.isEmpty, "\(name) imports \(missing.sorted()) without declaring it")
      #expect(unused.isEmpty, "\(name) declares \(unused.sorted()) without importing it")
    }
  }

  /// A file that imports a module of ours uses a name that this module declares.
  @Test func everyImportIsUsed() throws {
    let targets = try Self.targets()
    var declared: [String: Set<Substring>] = [:]
    let declaration = /\b(?:public|package)\b[^={(]*?\b(?:func|var|let|struct|class|enum|protocol|typealias)\s+`?(\w+)/
    let enumCase = /^\s*(?:indirect )?case ([^:]*)$/
    var files: [(path: String, module: String, lines: [String])] = []
    for (module, target) in targets {
      for (path, lines) in try Tree.swiftFiles(in: target.folder) {
        files.append((path, module, lines))
        for line in lines {
          for match in line.matches(of: declaration) { declared[module, default: []].insert(match.output.1) }
          if let cases = line.wholeMatch(of: enumCase) {
            declared[module, default: []].formUnion(cases.output.1.matches(of: /\w+/).map(\.output))
          }
        }
      }
    }
    for (path, _, lines) in files {
      let code = lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") && !$0.contains("import ") }
      let words = Set(code.flatMap { $0.matches(of: /\w+/).map(\.output) })
      for line in lines {
        guard let name = line.wholeMatch(of: /import (\w+)/)?.1, let names = declared[String(name)] else { continue }
        #expect(!words.isDisjoint(with: names), "\(path) imports \(name) without need")
      }
    }
  }

  /// What cites the program names the version that the manifest gives it.
  @Test func theVersionIsTheSameEverywhere() throws {
    let version = try #require(try Tree.text("Package.swift").firstMatch(of: /let version = "([0-9.]+)"/)).1
    #expect(try Tree.text("CITATION.cff").contains("\nversion: \(version)\n"))
    #expect(try Tree.text("README.md").contains("version = {\(version)}"))
    #expect(try Tree.text("CHANGELOG.md").contains("## [\(version)]"))
  }
}
