import Configuration
import MessagePassing
import Storage

/// What the datasets hold from which an elasto-plastic run takes its numbers: kept with its checkpoints, so that it does not go on with
/// others.
struct DatasetChecksums: Codable {
  /// The bits of a ``ContentChecksum`` by the key of the config.
  private var sums: [String: Int64] = [:]

  /// Of the datasets that the config names. Collective.
  /// - Throws: an input failure where one is not there.
  init(_ configuration: LatticeConfiguration, over communicator: Communicator) throws {
    let epm = configuration.epm
    var sources = [("epm.thresholds", epm.thresholds), ("epm.renewal", epm.renewal)]
    if case .drawn(let numbers) = epm.eigenstrain { sources.append(("epm.eigenstrain", numbers)) }
    for (key, source) in sources {
      switch source {
      case .dataset(let path, let dataset), .sampledDataset(let path, let dataset, _, _):
        sums[key] = try configuration.places.blaming(key) {
          let file = try HDF5File(path, .read, over: communicator)
          defer { try? file.close() }
          // What else is wrong with it is told by those who read it.
          return try file.isDataset(dataset) ? file.contentChecksum(of: dataset).sum : nil
        }
      default: break
      }
    }
  }

  /// - Throws: an input failure that names the key of a dataset that has changed.
  func check(against earlier: DatasetChecksums, _ configuration: LatticeConfiguration) throws {
    for (key, sum) in earlier.sums.sorted(by: { $0.key < $1.key }) where sums[key] != sum {
      try configuration.places.blaming(key) {
        throw Failure.everywhere(
          .input, "the dataset holds other numbers than when the run began; bring them back, or name another folder with --output")
      }
    }
  }
}
