import MessagePassing

/// The text of a config, whatever its keys.
public enum TomlText {
  /// - Throws: an input failure where it is not TOML.
  public static func check(_ text: String, path: String) throws {
    do throws(TomlValue.SyntaxError) { _ = try TomlValue.parse(text) } catch {
      throw Failure(.input, "\(error.place.label(path: path)): this is not TOML: \(error.message)")
    }
  }
}
