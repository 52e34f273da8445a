import Configuration
import Foundation
import MessagePassing
import Storage

extension RunText {
  /// The same with what its input files hold, by which a run that goes on knows them wherever they are. Of a file that
  /// is not there any more that is kept which was known when the run began. Collective.
  func notingInputFiles(_ run: RunArguments, over communicator: Communicator) throws -> Self {
    var noted = self
    if run.resumes, !inputFiles.isEmpty {
      noted.keys.keepNotes(
        of: try communicator.broadcast(communicator.isRoot ? EarlierRun(in: run.folder).config ?? "" : ""))
    }
    return try noted.notingInputFiles(over: communicator)
  }

  /// The same with what its input files hold, of those that are there. Collective.
  func notingInputFiles(over communicator: Communicator) throws -> Self {
    var noted = self
    for (key, path) in inputFiles.sorted(by: { $0.key < $1.key }) {
      let url = URL(fileURLWithPath: path)
      // What can be told at once to be no input is not read to its end.
      let isThere = communicator.isRoot && access(path, R_OK) == 0 && (try? ConfigurationReader.format(of: path)) != nil
      guard try communicator.broadcast(isThere ? Int32(1) : 0) == 1 else { continue }
      let record = try FileRecord(
        of: url.lastPathComponent, in: url.deletingLastPathComponent().path, over: communicator)
      noted.keys.note(
        "\(record.bytes) bytes with checksum \(String(UInt64(bitPattern: record.checksum), radix: 16))", of: key)
    }
    return noted
  }

  /// A message for each input file that cannot be read. Not collective.
  var missingInputFiles: [String] {
    inputFiles.sorted { $0.key < $1.key }.compactMap { key, path in
      access(path, R_OK) == 0
        ? nil : "\(places.nearest(key)): \(path): cannot be read: \(String(cString: strerror(errno)))"
    }
  }
}
