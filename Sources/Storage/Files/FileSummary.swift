import Foundation
import MessagePassing

/// A summary of the content of a file, for a person at a terminal. One process reads; nothing here is collective.
public enum FileSummary {
  /// Returns the summary.
  /// - Throws: `.input` if the file cannot be read.
  public static func describe(path: String) throws -> String {
    let format = try ConfigurationReader.format(of: path)
    let body = format == .h5md ? try describeHDF5(path) : try describeText(path)
    let name = format == .h5md ? "HDF5" : format.rawValue
    return "\(path): \(name)\n\(body)"
  }

  // MARK: HDF5

  private static func describeHDF5(_ path: String) throws -> String {
    let file = try HDF5File(path, .examine, over: nil)
    var lines = facts(file).map { "  " + $0 }
    lines.append("contents")
    try list(file, into: &lines)
    try file.close()
    return lines.joined(separator: "\n") + "\n"
  }

  /// Returns the facts that most people want to know first, as far as the file has them in the
  /// expected form. The contents show the rest.
  private static func facts(_ file: HDF5File) -> [String] {
    var facts: [String] = []
    if let group = try? H5MDReader.particlesGroup(of: file),
      let position = try? H5MDElement(group + "/position", in: file),
      position.shape.count == 2
    {
      let frames = position.frameCount ?? 1
      facts.append("\(frames) frames of \(position.shape[0]) particles in \(position.shape[1]) dimensions")
      if frames > 0, let cell = try? cell(at: frames - 1, of: position, group, file) {
        facts.append("cell of the last frame: " + cell)
      }
      if let strain = try? strains(file) { facts.append(strain) }
    }
    for name in ["version", "build"] {
      // This program writes no longer texts here.
      guard let text = try? file.readText("/parameters/" + name, atMost: 1 << 16) else { continue }
      facts += text.split(whereSeparator: \.isNewline).prefix(20).map {
        "\(name): \(String($0).withoutControlCharacters)"
      }
    }
    return facts
  }

  private static func cell(at frame: Int, of position: H5MDElement, _ group: String, _ file: HDF5File) throws -> String?
  {
    guard let edges = try H5MDElement(group + "/box/edges", in: file), [1, 2].contains(edges.shape.count),
      edges.shape.allSatisfy({ (1...3).contains($0) })
    else { return nil }
    let numbers = try edges.reals(
      try edges.row(at: frame, of: position), start: edges.shape.map { _ in 0 }, count: edges.shape)
    let width = edges.shape.last!
    return stride(from: 0, to: numbers.count, by: width).map { first in
      "(" + numbers[first..<(first + width)].map { "\($0)" }.joined(separator: ", ") + ")"
    }.joined(separator: " ")
  }

  private static func strains(_ file: HDF5File) throws -> String? {
    guard let strain = try H5MDElement("/observables/strain", in: file), strain.shape.isEmpty,
      let count = strain.frameCount, count > 0
    else { return nil }
    let ends = try [0, count - 1].map { try strain.reals($0, start: [], count: [])[0] }
    return count == 1 ? "strain \(ends[1])" : "strain \(ends[0]) … \(ends[1])"
  }

  private static func list(_ file: HDF5File, into lines: inout [String]) throws {
    try file.forEachObject { object, entry in
      let name = object.withoutControlCharacters
      switch entry {
      case .group: lines.append("  \(name)" + (try attributes(file, object)))
      case .dataset:
        let shape = try file.shape(of: object)
        let extent = shape.isEmpty ? "" : " [" + shape.map { "\($0)" }.joined(separator: ", ") + "]"
        lines.append("  \(name): \(try file.typeName(of: object))\(extent)" + (try attributes(file, object)))
      case .type: lines.append("  \(name): a type of data" + (try attributes(file, object)))
      case .known(let other): lines.append("  \(name): the same as \(other.withoutControlCharacters)")
      case .elsewhere(let words): lines.append("  \(name): \(words.withoutControlCharacters)")
      }
    }
  }

  private static func attributes(_ file: HDF5File, _ object: String) throws -> String {
    let parts = try file.attributeNames(of: object).map { name in
      let words = try file.attributeWords(name, of: object)
      return "\(name) = \(words.prefix(300))\(words.count > 300 ? "…" : "")".withoutControlCharacters
    }
    return parts.isEmpty ? "" : "  {" + parts.joined(separator: "; ") + "}"
  }

  // MARK: Text

  /// Returns the head of a text file up to the first particle.
  private static func describeText(_ path: String) throws -> String {
    guard let handle = FileHandle(forReadingAtPath: path) else { throw Failure(.input, "\(path): cannot be read") }
    defer { try? handle.close() }
    let head = String(decoding: try handle.read(upToCount: 16 << 10) ?? Data(), as: UTF8.self)
    var lines: [Substring] = []
    for line in head.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(60) {
      lines.append(line)
      if line.hasPrefix("Atoms") || line.hasPrefix("ITEM: ATOMS") || line.contains("Lattice") { break }
    }
    guard
      lines.contains(where: {
        $0.contains("Lattice") || $0.hasPrefix("ITEM: ATOMS")
          || $0.split(whereSeparator: \.isWhitespace).contains("atoms")
      })
    else {
      throw Failure(
        .input, "\(path): is not HDF5, extended XYZ (no Lattice=…), a LAMMPS dump or LAMMPS data (no line 'N atoms')")
    }
    return lines.filter { !$0.allSatisfy(\.isWhitespace) }.map { "  \($0.prefix(300))\n" }.joined()
  }
}
