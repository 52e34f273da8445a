import Configuration
import Foundation
import MessagePassing
import Storage

extension RunText {
  /// Returns this text with size and checksum of each input file, by which a resumed run recognises the files
  /// wherever they are. For an input file that has since been removed, the checksum recorded at the start of
  /// the run is kept. Collective.
  func recordingInputFiles(_ run: RunArguments, over communicator: Communicator) throws -> Self {
    var recorded = self
    if run.resumes, !inputFiles.isEmpty {
      recorded.keys.keepRecords(
        of: try communicator.broadcast(communicator.isRoot ? EarlierRun(in: run.folder).config ?? "" : ""))
    }
    return try recorded.recordingInputFiles(over: communicator)
  }

  /// Returns this text with size and checksum of each input file that exists. Collective.
  func recordingInputFiles(over communicator: Communicator) throws -> Self {
    var recorded = self
    for (key, path) in inputFiles.sorted(by: { $0.key < $1.key }) {
      let url = URL(fileURLWithPath: path)
      // Skip files that are obviously no input, instead of reading them to the end.
      let isThere = communicator.isRoot && access(path, R_OK) == 0 && (try? ConfigurationReader.format(of: path)) != nil
      guard try communicator.broadcast(isThere ? Int32(1) : 0) == 1 else { continue }
      let record = try FileRecord(
        of: url.lastPathComponent, in: url.deletingLastPathComponent().path, over: communicator)
      recorded.keys.record(
        "\(record.bytes) bytes with checksum \(String(UInt64(bitPattern: record.checksum), radix: 16))", of: key)
    }
    return recorded
  }

  /// Messages for the input files that cannot be read. Not collective.
  var missingInputFiles: [String] {
    inputFiles.sorted { $0.key < $1.key }.compactMap { key, path in
      access(path, R_OK) == 0
        ? nil : "\(places.nearest(key)): \(path): cannot be read: \(String(cString: strerror(errno)))"
    }
  }
}
