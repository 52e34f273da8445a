import Foundation
import MessagePassing
import Particles

/// Reads a configuration from a file of any supported format, which is detected from the content.
public enum ConfigurationReader {
  public enum Format: String, Sendable {
    case h5md = "H5MD"
    case lammpsData = "LAMMPS data"
    case lammpsDump = "a LAMMPS dump"
    case extendedXYZ = "extended XYZ"
  }

  /// Reads a configuration. The result holds this rank's share of the particles, in the order of the file. Collective.
  /// - Parameters:
  ///   - dimension: 2, 3, or nil to take it from the file.
  ///   - frame: the frame of an H5MD file or a dump, from 0, or negative from the end; nil is the last one.
  ///   - species: the names of the species in a text file, in their order; empty to take them from the file.
  /// - Throws: `.input` if the file cannot be read or is malformed, with the line and a remedy.
  public static func read(
    path: String, dimension: Int? = nil, frame: Int? = nil, species: [String] = [], over communicator: Communicator
  ) throws -> Snapshot {
    let format = try communicator.coordinated {
      if let dimension, dimension != 2, dimension != 3 {
        throw Failure(.input, "\(path): the dimension is \(dimension); it must be 2 or 3")
      }
      let format = try self.format(of: path)
      if let frame, format != .h5md, format != .lammpsDump {
        throw Failure(
          .input, "\(path): is \(format.rawValue), which has one frame only, and frame \(frame) is asked for")
      }
      if !species.isEmpty, format == .h5md {
        throw Failure(.input, "\(path): is H5MD, whose species are numbers; remove system.species")
      }
      return format
    }
    switch format {
    case .h5md: return try H5MDReader.read(path, dimension: dimension, frame: frame, over: communicator)
    case .extendedXYZ:
      return try ExtendedXYZReader.read(path, dimension: dimension, species: species, over: communicator)
    case .lammpsData: return try LammpsDataReader.read(path, dimension: dimension, species: species, over: communicator)
    case .lammpsDump:
      return try LammpsDumpReader.read(path, dimension: dimension, frame: frame, species: species, over: communicator)
    }
  }

  /// Detects the format from the content: the signature of HDF5; a first line that begins with ITEM: (dump); a number
  /// in the first line or Lattice in the second (extended XYZ); otherwise LAMMPS data. Not collective.
  public static func format(of path: String) throws -> Format {
    try FileRange.expectRegular(path)
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw Failure(.input, "\(path): cannot be read: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Foundation.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw Failure(.input, "\(path): cannot be read: \(String(cString: strerror(errno)))") }
    guard count > 0 else { throw Failure(.input, "\(path): is empty") }
    if hasSignature(descriptor) { return .h5md }
    for (name, program, signature) in compressions where bytes.prefix(count).starts(with: signature) {
      throw Failure(.input, "\(path): is compressed with \(name); decompress it first, with \(program)")
    }
    guard !bytes.prefix(count).contains(0) else {
      throw Failure(.input, "\(path): contains zero bytes: neither HDF5 nor a text file")
    }
    var text = String(decoding: bytes.prefix(count), as: UTF8.self)
    if text.hasPrefix("\u{feff}") { text.removeFirst() }
    let lines = text.split(maxSplits: 2, omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let isNumber = Int(lines[0].trimmingCharacters(in: .whitespaces)) != nil
    if text.hasPrefix("ITEM:") { return .lammpsDump }
    let hasKeys = lines.count > 1 && (lines[1].contains(#/(Lattice|Properties)"?\s*=/#.ignoresCase()))
    if isNumber || hasKeys || path.hasSuffix(".xyz") || path.hasSuffix(".extxyz") { return .extendedXYZ }
    return .lammpsData
  }

  /// Whether the file has the signature of HDF5, at its beginning or behind a user
  /// block of 512 bytes times a power of two.
  private static func hasSignature(_ descriptor: Int32) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    var place = 0
    var bytes = [UInt8](repeating: 0, count: signature.count)
    while pread(descriptor, &bytes, bytes.count, off_t(place)) == bytes.count {
      if bytes == signature { return true }
      let (next, isTooFar) = max(256, place).multipliedReportingOverflow(by: 2)
      if isTooFar { return false }
      place = next
    }
    return false
  }

  /// Signatures of compressed files, and the programs that decompress them.
  private static let compressions: [(name: String, program: String, signature: [UInt8])] = [
    ("gzip", "gunzip", [0x1f, 0x8b]), ("bzip2", "bunzip2", Array("BZh".utf8)),
    ("xz", "unxz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]),
    ("zstd", "unzstd", [0x28, 0xb5, 0x2f, 0xfd]), ("zip", "unzip", [0x50, 0x4b, 0x03, 0x04]),
  ]
}
