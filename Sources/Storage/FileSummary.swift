import Foundation
import MessagePassing

/// What is in a file, in words, for a person at a terminal. One process reads; nothing here is collective.
public enum FileSummary {
  /// - Throws: `.input` where the file cannot be read.
  public static func describe(path: String) throws -> String {
    let format = try ConfigurationReader.format(of: path)
    let body = format == .h5md ? try describeHDF5(path) : try describeText(path)
    let name = format == .h5md ? "HDF5" : format.rawValue
    return "\(path): \(name)\n\(body)"
  }

  // MARK: HDF5

  private static func describeHDF5(_ path: String) throws -> String {
    let file = try HDF5File(path, .read, over: nil)
    var lines = try facts(file).map { "  " + $0 }
    lines.append("contents")
    try list(file, "/", into: &lines)
    try file.close()
    return lines.joined(separator: "\n") + "\n"
  }

  /// What most people want to know first.
  private static func facts(_ file: HDF5File) throws -> [String] {
    var facts: [String] = []
    let position = "/particles/trajectory/position/value"
    if try file.isDataset(position) {
      let shape = try file.shape(of: position)
      if shape.count == 3 { facts.append("\(shape[0]) frames of \(shape[1]) particles in \(shape[2]) dimensions") }
      let edges = "/particles/trajectory/box/edges/value"
      if try file.isDataset(edges), let frames = shape.first, frames > 0 {
        let box = try file.shape(of: edges)
        if box.count == 3, box[0] == frames {
          let last = try file.read(Double.self, from: edges, start: [frames - 1, 0, 0], count: [1, box[1], box[2]])
          let rows = (0..<box[1]).map { i in
            "(" + (0..<box[2]).map { "\(last[i * box[2] + $0])" }.joined(separator: ", ") + ")"
          }
          facts.append("cell of the last frame: " + rows.joined(separator: " "))
        }
      }
      let strain = "/observables/strain/value"
      if try file.isDataset(strain), let count = try file.shape(of: strain).first, count > 0 {
        let first = try file.read(Double.self, from: strain, start: [0], count: [1])[0]
        let last = try file.read(Double.self, from: strain, start: [count - 1], count: [1])[0]
        facts.append(count == 1 ? "strain \(last)" : "strain \(first) … \(last)")
      }
    }
    for (name, label) in [("version", "version"), ("build", "build")] {
      if try file.isDataset("/parameters/" + name) {
        let text = try file.readText("/parameters/" + name)
        facts += text.split(whereSeparator: \.isNewline).prefix(20).map { "\(label): \($0)" }
      }
    }
    return facts
  }

  private static func list(_ file: HDF5File, _ group: String, into lines: inout [String]) throws {
    lines.append("  \(group)" + (try attributes(file, group)))
    for name in try file.names(in: group) {
      let object = group == "/" ? "/" + name : group + "/" + name
      if try file.isDataset(object) {
        let shape = try file.shape(of: object)
        let extent = shape.isEmpty ? "" : " [" + shape.map { "\($0)" }.joined(separator: ", ") + "]"
        lines.append("  \(object): \(try file.typeName(of: object))\(extent)" + (try attributes(file, object)))
      } else {
        try list(file, object, into: &lines)
      }
    }
  }

  private static func attributes(_ file: HDF5File, _ object: String) throws -> String {
    let parts = try file.attributeNames(of: object).map { name -> String in
      if let texts = try file.textAttribute(name, of: object) { return "\(name) = " + texts.joined(separator: ", ") }
      if let numbers = try file.attribute(name, of: object, as: Double.self) {
        let words = numbers.map { $0 == $0.rounded() && abs($0) < 1e15 ? "\(Int($0))" : "\($0)" }
        return "\(name) = " + words.joined(separator: ", ")
      }
      return name
    }
    return parts.isEmpty ? "" : "  {" + parts.joined(separator: "; ") + "}"
  }

  // MARK: Text

  /// The head of a text file up to the first particle.
  private static func describeText(_ path: String) throws -> String {
    guard let handle = FileHandle(forReadingAtPath: path) else { throw Failure(.input, "\(path): cannot be read") }
    defer { try? handle.close() }
    let head = String(decoding: try handle.read(upToCount: 16 << 10) ?? Data(), as: UTF8.self)
    var lines: [Substring] = []
    for line in head.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(60) {
      lines.append(line)
      if line.hasPrefix("Atoms") || line.hasPrefix("ITEM: ATOMS") || line.contains("Lattice") { break }
    }
    guard lines.contains(where: { $0.contains("Lattice") || $0.hasPrefix("ITEM: ATOMS") || $0.split(whereSeparator: \.isWhitespace).contains("atoms") }) else {
      throw Failure(.input, "\(path): is not HDF5, extended XYZ (no Lattice=…), a LAMMPS dump or LAMMPS data (no line 'N atoms')")
    }
    return lines.filter { !$0.allSatisfy(\.isWhitespace) }.map { "  \($0.prefix(300))\n" }.joined()
  }
}
