import Configuration
import Foundation
import MessagePassing
import Storage

extension ResumableRunText {
  /// The same with what its input files hold, by which a run that goes on knows them wherever they are. A file that is not there any
  /// more is left out: what was read from it is in the checkpoints. Collective.
  func notingInputFiles(over communicator: Communicator) throws -> Self {
    var noted = self
    for (key, path) in inputFiles.sorted(by: { $0.key < $1.key }) {
      let url = URL(fileURLWithPath: path)
      // Folders can be opened and not read.
      var status = stat()
      let isThere = communicator.isRoot && access(path, R_OK) == 0 && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      guard try communicator.broadcast(isThere ? Int32(1) : 0) == 1 else { continue }
      let record = try FileRecord(of: url.lastPathComponent, in: url.deletingLastPathComponent().path, over: communicator)
      noted.note("\(record.bytes) bytes with checksum \(String(UInt64(bitPattern: record.checksum), radix: 16))", of: key)
    }
    return noted
  }

  /// A message for each input file that cannot be read. Not collective.
  var missingInputFiles: [String] {
    inputFiles.sorted { $0.key < $1.key }.compactMap { key, path in
      access(path, R_OK) == 0 ? nil : "\(places.nearest(key)): \(path): cannot be read: \(String(cString: strerror(errno)))"
    }
  }
}
