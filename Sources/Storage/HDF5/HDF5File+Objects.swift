import CHDF5
import CShims

/// Groups, links, and their targets.
extension HDF5File {
  enum Kind { case group, dataset, type }

  /// The target of a name in a group.
  enum Entry: Equatable {
    case group
    case dataset
    case type
    /// A group that was visited before, under this name.
    case known(String)
    /// A target that is not an object of this file; in words.
    case elsewhere(String)
  }

  public func createGroup(_ group: String) throws {
    try agreed {
      try withLinkProperties { links in
        H5Gclose(try check(H5Gcreate2(handle, group, links, 0, 0), "H5Gcreate", group))
      }
    }
  }

  /// Gives an object a second name.
  public func link(_ name: String, to existing: String) throws {
    try agreed {
      try withLinkProperties { links in
        try check(H5Lcreate_hard(handle, existing, handle, name, links, 0), "H5Lcreate_hard", name)
      }
    }
  }

  public func exists(_ object: String) throws -> Bool { try kind(of: object) != nil }

  public func isDataset(_ object: String) throws -> Bool { try kind(of: object) == .dataset }

  /// Returns the kind of the object of this name, or nil if there is none.
  /// - Throws: a failure if a link on the way leads nowhere or out of the file,
  ///   since an object was intended there.
  func kind(of object: String) throws -> Kind? {
    try agreed {
      var (prefix, kind) = ("", Kind.group)
      for part in object.split(separator: "/") {
        // Only groups have members.
        guard kind == .group else { return nil }
        prefix += "/" + part
        guard try check(H5Lexists(handle, prefix, 0), "H5Lexists", prefix) > 0 else { return nil }
        switch try entry(prefix, of: handle) {
        case .found(let found, _): kind = found
        case .elsewhere(let words): throw failure("\(prefix) is \(words)")
        }
      }
      return kind
    }
  }

  private enum Target {
    case found(Kind, address: haddr_t)
    case elsewhere(String)
  }

  /// Returns the target of a name. Not collective.
  private func entry(_ name: String, of group: hid_t) throws -> Target {
    let link = try check(CShims_h5l_kind(group, name), "H5Lget_info", name)
    guard link == CShims_h5l_hard() || link == CShims_h5l_soft() else {
      return .elsewhere("a link to another file, which is not followed; put what it leads to into this one")
    }
    let object = H5Oopen(group, name, 0)
    guard object >= 0 else {
      if link == CShims_h5l_soft() { return .elsewhere("a link that leads nowhere, or to another file") }
      throw failure("H5Oopen", in: name)
    }
    defer { H5Oclose(object) }
    var address = haddr_t()
    try check(CShims_h5o_address(object, &address), "H5Oget_info", name)
    switch H5Iget_type(object) {
    case H5I_GROUP: return .found(.group, address: address)
    case H5I_DATASET: return .found(.dataset, address: address)
    default: return .found(.type, address: address)
    }
  }

  /// Returns the names in a group, sorted by their bytes.
  public func names(in group: String) throws -> [String] {
    try agreed { try withGroup(group) { try names(in: $0, group) } }
  }

  private func names(in opened: hid_t, _ group: String) throws -> [String] {
    var names: [String] = []
    try withUnsafeMutablePointer(to: &names) { names in
      _ = try check(
        CShims_h5l_names(
          opened,
          { name, names in
            names!.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name!))
          }, names), "H5Literate", group)
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func withGroup<Result>(_ group: String, _ work: (hid_t) throws -> Result) throws -> Result {
    let opened = try check(H5Gopen2(handle, group, 0), "H5Gopen", group)
    defer { H5Gclose(opened) }
    return try work(opened)
  }

  /// Largest depth of nested groups. Deeper files are refused: no sensible name is that long.
  private static let greatestDepth = 100

  /// Calls `visit` for every name, in order, and for groups before their members. The members of a group are visited
  /// once, however many names it has. Collective.
  func forEachObject(_ visit: (_ name: String, _ entry: Entry) throws -> Void) throws {
    var known: [haddr_t: String] = [:]
    func walk(_ group: String, _ depth: Int) throws {
      try visit(group, .group)
      let entries = try agreed {
        guard depth < Self.greatestDepth else {
          throw failure("\(group.prefix(60))… has groups in groups, more than \(depth) deep")
        }
        return try withGroup(group) { opened in
          if depth == 0 {
            var address = haddr_t()
            try check(CShims_h5o_address(opened, &address), "H5Oget_info", group)
            known[address] = group
          }
          return try names(in: opened, group).map { ($0, try entry($0, of: opened)) }
        }
      }
      for (part, target) in entries {
        let name = (group == "/" ? "" : group) + "/" + part
        switch target {
        case .elsewhere(let words): try visit(name, .elsewhere(words))
        case .found(.dataset, _): try visit(name, .dataset)
        case .found(.type, _): try visit(name, .type)
        case .found(.group, let address):
          if let first = known[address] {
            try visit(name, .known(first))
          } else {
            known[address] = name
            try walk(name, depth + 1)
          }
        }
      }
    }
    try walk("/", 0)
  }
}

extension String {
  /// The text with characters that a terminal would obey, such as escape sequences and
  /// line breaks in names, made visible.
  public var withoutControlCharacters: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    return unicodeScalars.map { $0.isControl ? "\\u{\(String($0.value, radix: 16))}" : String($0) }.joined()
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool {
    [.control, .format, .lineSeparator, .paragraphSeparator].contains(properties.generalCategory)
  }
}
