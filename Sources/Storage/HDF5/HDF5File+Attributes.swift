import CHDF5
import Foundation

/// Attributes: numbers and strings that belong to a group or a dataset.
extension HDF5File {
  /// Stores an attribute of several numbers, as a list.
  public func setAttribute<Element: HDF5Element>(_ name: String, of object: String, to values: [Element]) throws {
    try setAttribute(name, of: object, type: Element.storageType, count: values.count, isScalar: false) { attribute in
      try check(H5Awrite(attribute, Element.storageType, values), "H5Awrite", name)
    }
  }

  public func setAttribute<Element: HDF5Element>(_ name: String, of object: String, to value: Element) throws {
    try setAttribute(name, of: object, type: Element.storageType, count: 1, isScalar: true) { attribute in
      var copy = value
      try check(H5Awrite(attribute, Element.storageType, &copy), "H5Awrite", name)
    }
  }

  /// Stores a fixed-length string as an attribute, as H5MD demands.
  public func setAttribute(_ name: String, of object: String, to text: String) throws {
    try setStringAttribute(name, of: object, to: [text], isScalar: true)
  }

  /// Stores fixed-length strings as an attribute, as H5MD demands.
  public func setAttribute(_ name: String, of object: String, to texts: [String]) throws {
    try setStringAttribute(name, of: object, to: texts, isScalar: false)
  }

  /// Stores names as an attribute of variable-length strings in UTF-8, which h5py and
  /// pandas return as text and not as bytes.
  public func setNames(_ name: String, of object: String, to texts: [String]) throws {
    let type = try stringType(length: nil, isUnicode: true)
    defer { H5Tclose(type) }
    try setAttribute(name, of: object, type: type, count: texts.count, isScalar: false) { attribute in
      let copies = texts.map { strdup($0) }
      defer { for copy in copies { free(copy) } }
      try check(H5Awrite(attribute, type, copies), "H5Awrite", name)
    }
  }

  private func setStringAttribute(_ name: String, of object: String, to texts: [String], isScalar: Bool) throws {
    let length = max(1, texts.map(\.utf8.count).max() ?? 1)
    let bytes = texts.flatMap { Array($0.utf8) + [UInt8](repeating: 0, count: length - $0.utf8.count) }
    let type = try stringType(length: length, isUnicode: !texts.allSatisfy { $0.utf8.allSatisfy { $0 < 128 } })
    defer { H5Tclose(type) }
    try setAttribute(name, of: object, type: type, count: texts.count, isScalar: isScalar) { attribute in
      try check(H5Awrite(attribute, type, bytes), "H5Awrite", name)
    }
  }

  private func setAttribute(
    _ name: String, of object: String, type: hid_t, count: Int, isScalar: Bool, write: (hid_t) throws -> Void
  ) throws {
    try agreed {
      let space =
        isScalar
        ? try check(H5Screate(H5S_SCALAR), "H5Screate") : try createSpace([count], growing: false)
      defer { H5Sclose(space) }
      try withObject(object) { opened in
        let attribute = try check(H5Acreate2(opened, name, type, space, 0, 0), "H5Acreate", object + "@" + name)
        defer { H5Aclose(attribute) }
        try write(attribute)
      }
    }
  }

  /// Stores the unit and the meaning of a dataset as attributes.
  func describe(_ dataset: String, _ column: ColumnDescription) throws {
    try setNames("unit", of: dataset, to: [column.unit])
    try setNames("about", of: dataset, to: [column.about])
  }

  /// Returns the numbers of an attribute, or nil if there is no such attribute.
  /// - Throws: a failure if it contains something else.
  public func attribute<Element: HDF5Element>(
    _ name: String, of object: String, as type: Element.Type
  ) throws -> [Element]? {
    try withAttribute(name, of: object) { attribute, storedType, count in
      guard [H5T_INTEGER, H5T_FLOAT, H5T_ENUM].contains(H5Tget_class(storedType)) else {
        throw failure("the attribute \(name) of \(object) holds no numbers")
      }
      var values = [Element](repeating: .zero, count: max(1, count))
      try check(H5Aread(attribute, Element.storageType, &values), "H5Aread", object + "@" + name)
      return Array(values.prefix(count))
    }
  }

  /// Returns the strings of an attribute, or nil if there is no such attribute.
  /// - Throws: a failure if it contains something else.
  public func textAttribute(_ name: String, of object: String) throws -> [String]? {
    try withAttribute(name, of: object) { attribute, storedType, count in
      guard H5Tget_class(storedType) == H5T_STRING else {
        throw failure("the attribute \(name) of \(object) is no text")
      }
      if H5Tis_variable_str(storedType) > 0 { return try texts(attribute, storedType, count, object + "@" + name) }
      let length = H5Tget_size(storedType)
      var bytes = [UInt8](repeating: 0, count: max(1, count * length))
      try check(H5Aread(attribute, storedType, &bytes), "H5Aread", object + "@" + name)
      return (0..<count).map { k in
        String(decoding: bytes[(k * length)..<((k + 1) * length)].prefix { $0 != 0 }, as: UTF8.self)
      }
    }
  }

  /// Returns the variable-length strings of an attribute.
  private func texts(_ attribute: hid_t, _ type: hid_t, _ count: Int, _ name: String) throws -> [String] {
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: max(1, count))
    try check(H5Aread(attribute, type, &pointers), "H5Aread", name)
    defer { for pointer in pointers { H5free_memory(pointer) } }
    return pointers.prefix(count).map { $0.map { String(cString: $0) } ?? "" }
  }

  /// Returns an attribute in words, for people.
  func attributeWords(_ name: String, of object: String) throws -> String {
    let kind = try withAttribute(name, of: object) { _, type, _ in H5Tget_class(type) }
    switch kind {
    case H5T_STRING: return try textAttribute(name, of: object)!.joined(separator: ", ")
    case H5T_INTEGER, H5T_FLOAT, H5T_ENUM:
      let numbers = try attribute(name, of: object, as: Double.self)!
      return numbers.map { $0 == $0.rounded() && abs($0) < 1e15 ? "\(Int($0))" : "\($0)" }.joined(separator: ", ")
    default: return "(neither text nor numbers)"
    }
  }

  /// Returns the bytes of an attribute of any type as they are stored. Variable-length strings are stored as addresses,
  /// so the bytes are those of the strings.
  func attributeBytes(_ name: String, of object: String) throws -> [UInt8] {
    try withAttribute(name, of: object) { attribute, type, count in
      if H5Tis_variable_str(type) > 0 {
        return try texts(attribute, type, count, object + "@" + name).flatMap { Array($0.utf8) + [0] }
      }
      var bytes = [UInt8](repeating: 0, count: max(1, H5Tget_size(type) * count))
      try check(H5Aread(attribute, type, &bytes), "H5Aread", object + "@" + name)
      return bytes
    } ?? []
  }

  public func attributeNames(of object: String) throws -> [String] {
    try agreed {
      try withObject(object) { opened in
        let count = try check(H5Aget_num_attrs(opened), "H5Aget_num_attrs", object)
        return (0..<hsize_t(count)).map { index in
          let length = max(0, H5Aget_name_by_idx(opened, ".", H5_INDEX_NAME, H5_ITER_INC, index, nil, 0, 0))
          return Self.text(length) {
            H5Aget_name_by_idx(opened, ".", H5_INDEX_NAME, H5_ITER_INC, index, $0, length + 1, 0)
          }
        }
      }
    }
  }

  private func withAttribute<Result>(
    _ name: String, of object: String, _ work: (_ attribute: hid_t, _ type: hid_t, _ count: Int) throws -> Result?
  ) throws -> Result? {
    try agreed {
      try withObject(object) { opened in
        guard try check(H5Aexists(opened, name), "H5Aexists", object + "@" + name) > 0 else { return nil }
        let attribute = try check(H5Aopen(opened, name, 0), "H5Aopen", object + "@" + name)
        defer { H5Aclose(attribute) }
        let type = try check(H5Aget_type(attribute), "H5Aget_type")
        defer { H5Tclose(type) }
        let space = try check(H5Aget_space(attribute), "H5Aget_space")
        defer { H5Sclose(space) }
        let count = try check(H5Sget_simple_extent_npoints(space), "H5Sget_simple_extent_npoints", object + "@" + name)
        let bytes = Int(count).multipliedReportingOverflow(by: Int(clamping: H5Tget_size(type)))
        guard !bytes.overflow, bytes.partialValue <= max(1 << 20, access.isReading ? plausibleBytes : .max) else {
          throw failure("the attribute \(name) of \(object) claims more than can be in a file of this size")
        }
        return try work(attribute, type, Int(count))
      }
    }
  }
}
