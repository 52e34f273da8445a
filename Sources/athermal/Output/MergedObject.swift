/// Two values whose keys are encoded side by side in one object.
struct MergedObject<Head: Encodable, Content: Encodable>: Encodable {
  let head: Head
  let content: Content

  func encode(to encoder: any Encoder) throws {
    try head.encode(to: encoder)
    try content.encode(to: encoder)
  }
}
