import CMPI

/// Throws a failure if an MPI call returned an error code, with the call's name and MPI's own explanation.
@inline(__always)
func check(_ code: Int32, _ call: StaticString) throws {
  if code != 0 { throw mpiFailure(code, call) }
}

@inline(never)
private func mpiFailure(_ code: Int32, _ call: StaticString) -> Failure {
  let capacity = Int(MPI_MAX_ERROR_STRING)
  let text = String(unsafeUninitializedCapacity: capacity) { bytes in
    var length: Int32 = 0
    bytes.withMemoryRebound(to: CChar.self) { _ = MPI_Error_string(code, $0.baseAddress!, &length) }
    return Int(length)
  }
  return Failure(.messagePassing, "\(call): \(text)")
}

/// Converts a count to MPI's 32 bits; the caller must have split longer messages.
@inline(__always)
func messageCount(_ count: Int) -> Int32 {
  precondition(count <= Int(Int32.max), "a single message is limited to 2^31 - 1 elements")
  return Int32(count)
}
