import CBuild
import CHDF5
import CMPI
import SparseSolvers
import Storage

/// Version, commit, compiler and libraries of this program.
enum Build {
  static var version: String { String(cString: CBuild_version()) }
  static var commit: String { String(cString: CBuild_commit()) }

  /// Compiler, CPU target and libraries, as text.
  static var text: String {
    var library = [CChar](repeating: 0, count: Int(MPI_MAX_LIBRARY_VERSION_STRING))
    var length: Int32 = 0
    MPI_Get_library_version(&library, &length)
    let mpi =
      String(decoding: library.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      .split(separator: ",").first.map(String.init) ?? "MPI"
    var major: UInt32 = 0
    var minor: UInt32 = 0
    var release: UInt32 = 0
    H5get_libversion(&major, &minor, &release)
    let cpu = String(cString: CBuild_cpu())
    let compiler = String(cString: CBuild_compiler())
    return "cpu \(cpu); \(compiler); \(mpi); HDF5 \(major).\(minor).\(release); \(SparseLibrary.text)"
  }

  static var description: String { "athermal \(version), commit \(commit)\n\(text)" }

  static func provenance(config: String, notes: [String: String] = [:]) -> Provenance {
    Provenance(version: version, build: "commit \(commit); \(text)", config: config, notes: notes)
  }
}
