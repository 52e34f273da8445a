import CHDF5
import CShims

/// Datasets that hold one text.
extension HDF5File {
  /// Stores a text as a dataset of one fixed-length UTF-8 string.
  public func writeText(_ text: String, to name: String) throws {
    let bytes = Array(text.utf8)
    try reserve(bytes.count)
    try agreed {
      let type = try stringType(length: bytes.count, isUnicode: true)
      defer { H5Tclose(type) }
      let space = try check(H5Screate(H5S_SCALAR), "H5Screate")
      defer { H5Sclose(space) }
      let creation = try creationProperties()
      defer { H5Pclose(creation) }
      try withLinkProperties { links in
        let dataset = try check(H5Dcreate2(handle, name, type, space, links, creation, 0), "H5Dcreate", name)
        defer { H5Dclose(dataset) }
        // All ranks hold the same text; the root writes it.
        if !(communicator?.isRoot ?? true) { try check(H5Sselect_none(space), "H5Sselect_none") }
        let properties = try transferProperties()
        defer { H5Pclose(properties) }
        try check(H5Dwrite(dataset, type, space, space, properties, bytes + [0]), "H5Dwrite", name)
      }
    }
  }

  /// Reads the text of a dataset made by ``writeText(_:to:)``, on every rank.
  /// - Parameter longest: the largest number of bytes; a longer text is refused.
  public func readText(_ name: String, atMost longest: Int = .max) throws -> String {
    try agreed {
      try withDataset(name) { dataset in
        let type = try check(H5Dget_type(dataset), "H5Dget_type", name)
        defer { H5Tclose(type) }
        guard H5Tget_class(type) == H5T_STRING, H5Tis_variable_str(type) == 0 else {
          throw failure("\(name) is not a text")
        }
        let shape = try shape(of: dataset, name)
        guard shape.isEmpty || shape.allSatisfy({ $0 == 1 }) else {
          throw failure("\(name) holds texts of the shape \(shape), not one")
        }
        let size = Int(H5Tget_size(type))
        try checkPlace(of: dataset, name, bytes: (size, false))
        guard size <= longest else { throw failure("\(name) is a text of \(size) bytes") }
        var bytes = [UInt8](repeating: 0, count: size + 1)
        try check(H5Dread(dataset, type, CShims_h5s_all(), CShims_h5s_all(), 0, &bytes), "H5Dread", name)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
    }
  }
}
