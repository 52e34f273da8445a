import CToml
import Checkpoints
import Foundation
import MessagePassing
import Particles

@testable import Configuration
@testable import Storage

/// What reads bytes that somebody else wrote. Any bytes are either understood, and then keep promises that can be
/// tested, or refused with a `Failure` of kind `input` that names the file.
enum FuzzedParser: String, CaseIterable {
  /// TOML text → tree.
  case toml
  /// TOML text → what a run computes, or all that is wrong; after a zero byte, overrides of the command line.
  case config
  case lammpsData = "lammps-data"
  case lammpsDump = "lammps-dump"
  case extendedXYZ = "extended-xyz"
  /// The first line of a manifest; the checksum that follows it is made right, so that what lies behind it is reached.
  case checkpointManifest = "checkpoint-manifest"

  nonisolated(unsafe) private(set) static var chosen = FuzzedParser.toml
  nonisolated(unsafe) private static var scratch: Scratch!

  /// Gets everything ready that inputs need, in a folder for files.
  func begin(in folder: String) throws {
    Self.chosen = self
    Self.scratch = try Scratch(folder, over: try MessagePassing.startForTests())
  }

  func take(_ bytes: [UInt8]) {
    let began = clock()
    defer { precondition(clock() - began < 10 * CLOCKS_PER_SEC, "more than 10 s of processor time") }
    do {
      switch self {
      case .toml: Self.walkToml(bytes)
      case .config: try Self.readConfig(bytes)
      case .lammpsData, .lammpsDump, .extendedXYZ: try readParticles(bytes)
      case .checkpointManifest: try Self.readManifest(bytes)
      }
    } catch let failure as Failure {
      precondition(failure.kind == .input, "a failure of kind \(failure.kind): \(failure.message)")
      precondition(!failure.message.isEmpty, "a failure without a message")
    } catch {
      fatalError("not a failure: \(error)")
    }
  }

  // MARK: TOML

  /// Any bytes, as the C interface takes them.
  private static func walkToml(_ bytes: [UInt8]) {
    let document = bytes.withUnsafeBytes { CToml_parse($0.bindMemory(to: CChar.self).baseAddress, $0.count) }
    defer { CToml_release(document) }
    let message = CToml_error_message(document)
    if message.bytes != nil {
      precondition(message.length > 0 && CToml_error_place(document).line >= 0)
    } else if let text = String(validating: bytes, as: UTF8.self) {
      // The same text as a tree of values.
      let tree = try? TomlValue.parse(text)
      guard case .table(let entries)? = tree?.content else { fatalError("a document without a table") }
      precondition(entries.count == CToml_count(CToml_root(document)))
    } else {
      fatalError("text that is not UTF-8 was accepted")
    }
  }

  // MARK: Configurations

  private static let path = "/runs/a.toml"

  private static func readConfig(_ bytes: [UInt8]) throws {
    let parts = bytes.split(separator: 0, maxSplits: 4, omittingEmptySubsequences: false)
    let text = try ConfigurationText.checked(parts[0], path: path)
    let words = parts.dropFirst().map { String(decoding: $0, as: UTF8.self) }
    // As a user would: the command that the tables are about.
    let command = ["epm", "bands", "prepare", "expand", "yieldmap", "flow", "loading"].first { text.contains("[\($0)") }
    let name = command.map { $0 == "loading" ? "shear" : $0 } ?? "minimize"
    do {
      let configuration = try parse(name, text, words)
      func values(_ configuration: some RunText) -> [String] {
        configuration.resolved.split(separator: "\n").map { String($0).replacing("  # default", with: "") }
      }
      // What is accepted is the same when its resolved text is read.
      let again = try parse(name, configuration.resolved, [])
      precondition(values(again) == values(configuration), "the resolved text means something else")
      precondition(configuration.differences(from: again.resolved).isEmpty)
    } catch let failure as Failure {
      // What is refused names a place for each problem.
      for line in failure.message.split(separator: "\n") {
        // By bytes: an accent that begins a key would be one character with the blank before it.
        let hasPlace = [path + ":", "--set "].contains { line.utf8.starts(with: $0.utf8) }
        precondition(hasPlace, "no place: \(line)")
      }
      throw failure
    }
  }

  private static let catalogue = SectionCatalogue([
    ("minimize", MinimizeSections.self), ("prepare", PrepareSections.self), ("shear", ShearSections.self),
    ("flow", FlowSections.self), ("expand", ExpandSections.self), ("yieldmap", YieldmapSections.self),
    ("epm", EpmSections.self), ("bands", BandsSections.self),
  ])

  private static func parse(_ command: String, _ text: String, _ words: [String]) throws -> any RunText {
    try catalogue.parse(command, text: text, path: path, folder: "/runs") { Override.list(words, $0) }
  }

  // MARK: Particles

  private func readParticles(_ bytes: [UInt8]) throws {
    let path = try Self.scratch.file(bytes)
    // HDF5 has a parser of its own.
    if try ConfigurationReader.format(of: path) == .h5md { return }
    let whole = try TextSlice.read(path, share: 0, of: 1)
    for ranks in [2, 3] {
      let shares = try (0..<ranks).flatMap { try TextSlice.read(path, share: $0, of: ranks) }
      precondition(shares == whole, "the shares of \(ranks) ranks are not the file")
    }
    let world = Self.scratch.communicator
    func read(_ dimension: Int?) throws -> Snapshot {
      switch self {
      case .lammpsData: try LammpsDataReader.read(path, dimension: dimension, over: world)
      case .lammpsDump: try LammpsDumpReader.read(path, dimension: dimension, over: world)
      default: try ExtendedXYZReader.read(path, dimension: dimension, over: world)
      }
    }
    var snapshot = try read(nil)
    let particles = snapshot.particles
    precondition(particles.count == snapshot.totalCount && Set(particles.ids) == Set(1...Int64(snapshot.totalCount)))
    precondition(particles.positions.count == snapshot.dimension * particles.count)
    precondition(particles.diameters.allSatisfy { $0 > 0 && $0.isFinite })
    precondition(particles.species.allSatisfy { $0 >= 0 && $0 < snapshot.speciesCount })
    // What is flat may also be taken as a layer of a three-dimensional system, and not the other way round.
    if snapshot.dimension == 3 { precondition((try? read(2)) == nil, "a third dimension was dropped") }
    _ = try snapshot.reduceTilts()
  }

  // MARK: Checkpoints

  private static func readManifest(_ bytes: [UInt8]) throws {
    // Whatever it is, it is no manifest before its checksum is right, but for one in very many.
    _ = try? CheckpointManifest(text: bytes, path: "MANIFEST")
    let line = bytes.prefix { $0 != 0x0a }
    var hash = SHA256()
    Array(line).withUnsafeBytes { hash.update($0) }
    let text = Array(line) + [0x0a] + Array(hash.finished().utf8) + [0x0a]
    let manifest = try CheckpointManifest(text: text, path: "MANIFEST")
    let again = try CheckpointManifest(text: Array(try manifest.text().utf8), path: "MANIFEST")
    precondition(again == manifest, "the manifest is not what it says")
    // What a run would do with it.
    let folder = try scratch.checkpoint(manifest: text)
    let valid = try CheckpointFolder.validManifest(of: folder, over: scratch.communicator)
    _ = try CheckpointFile.read(valid, in: folder, over: scratch.communicator)
  }
}
