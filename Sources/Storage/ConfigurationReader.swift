import Foundation
import MessagePassing
import Particles

/// Reads a configuration from a file of any kind that is understood, told apart by its content.
public enum ConfigurationReader {
  public enum Format: String, Sendable {
    case h5md = "H5MD"
    case lammpsData = "LAMMPS data"
    case extendedXYZ = "extended XYZ"
  }

  /// Collective. The result holds this rank's share, in the order of the file.
  /// - Parameters:
  ///   - dimension: 2, 3, or nil to let the file decide.
  ///   - frame: of an H5MD file, from 0, negative from the end; nil is the last one.
  /// - Throws: `.input` where the file cannot be read or is malformed, with the line and what to do.
  public static func read(
    path: String, dimension: Int? = nil, frame: Int? = nil, over communicator: Communicator
  ) throws -> Snapshot {
    let format = try communicator.coordinated {
      if let dimension, dimension != 2, dimension != 3 {
        throw Failure(.input, "\(path): the dimension is \(dimension); it must be 2 or 3")
      }
      let format = try self.format(of: path)
      if let frame, format != .h5md {
        throw Failure(.input, "\(path): is \(format.rawValue), which has one frame only, and frame \(frame) is asked for")
      }
      return format
    }
    switch format {
    case .h5md: return try H5MDReader.read(path, dimension: dimension, frame: frame, over: communicator)
    case .extendedXYZ: return try ExtendedXYZReader.read(path, dimension: dimension, over: communicator)
    case .lammpsData: return try LammpsDataReader.read(path, dimension: dimension, over: communicator)
    }
  }

  /// Tells the format by the content: HDF5's signature; a first line that is a number, or a second one with a Lattice;
  /// else LAMMPS data. Not collective.
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
    guard !bytes.prefix(count).contains(0) else { throw Failure(.input, "\(path): contains zero bytes: neither HDF5 nor a text file") }
    var text = String(decoding: bytes.prefix(count), as: UTF8.self)
    if text.hasPrefix("\u{feff}") { text.removeFirst() }
    let lines = text.split(maxSplits: 2, omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    let isNumber = Int(lines[0].trimmingCharacters(in: .whitespaces)) != nil
    let hasKeys = lines.count > 1 && (lines[1].contains("Lattice=") || lines[1].contains("Properties="))
    if isNumber || hasKeys || path.hasSuffix(".xyz") || path.hasSuffix(".extxyz") { return .extendedXYZ }
    return .lammpsData
  }

  /// HDF5 may begin behind a block of the user's, of 512 bytes or that times a power of two.
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
}
