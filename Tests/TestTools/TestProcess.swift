import Foundation

/// A program started by a test, alone or under mpirun, always with a limit of time.
///
/// Two cores' worth of programs run at once: one job of several ranks, or two of one.
public final class TestProcess {
  public struct Outcome: Sendable {
    public var exitCode: Int32
    public var output: String
    public var errors: String
    public var seconds: Double

    /// All that the program has to say for itself in a failure: one message, under one prefix.
    public var messages: [String] {
      errors.split(separator: "\n").map(String.init).filter { $0.hasPrefix("athermal: ") }
    }
    public var outputLines: [String] { output.split(separator: "\n").map(String.init) }
    /// For the record of a test that failed.
    public var report: String {
      "exit code \(exitCode) after \(seconds) s\n\(output.suffix(3000))\n\(errors.suffix(5000))"
    }
  }

  /// The folder of the programs, which is also that of the tests.
  public static let programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().path

  private let process = Process()
  private let folder: String
  private let started = Date()
  private let cores: Int
  private var holdsCores = true

  /// - Parameters:
  ///   - ranks: nil for a process of its own, without mpirun.
  ///   - limit: seconds after which it is killed, with exit code 124 or 137.
  public init(
    _ program: String, _ arguments: [String], ranks: Int? = nil, in directory: String? = nil,
    environment extra: [String: String] = [:], limit: Int = 60
  ) throws {
    cores = ranks == nil ? 1 : 2
    Self.slots.take(cores)
    folder = NSTemporaryDirectory() + "athermal-process-" + UUID().uuidString
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      var words = ["timeout", "--kill-after=5", "\(limit)"]
      if let ranks { words += ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", "\(ranks)"] }
      words += ["\(Self.programs)/\(program)"] + arguments
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = words
      process.environment = Self.environment.merging(extra) { $1 }
      if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = try Self.sink("\(folder)/output")
      process.standardError = try Self.sink("\(folder)/errors")
      try process.run()
    } catch {
      giveCores()
      throw error
    }
  }

  /// A test that fails before it waits would keep its cores, and the next one would wait for them for ever.
  deinit {
    if holdsCores, process.isRunning { process.terminate() }
    giveCores()
  }

  private func giveCores() {
    guard holdsCores else { return }
    holdsCores = false
    Self.slots.give(cores)
  }

  /// The exit code of a program of the operating system, whose output does not matter.
  public static func system(_ words: String...) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Runs a program to its end.
  public static func run(
    _ program: String, _ arguments: [String], ranks: Int? = nil, in directory: String? = nil,
    environment: [String: String] = [:], limit: Int = 60
  ) throws -> Outcome {
    try TestProcess(program, arguments, ranks: ranks, in: directory, environment: environment, limit: limit).wait()
  }

  /// Waits for the end; to be called once.
  public func wait() throws -> Outcome {
    process.waitUntilExit()
    giveCores()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self)
    }
    return Outcome(
      exitCode: (process.terminationReason == .uncaughtSignal ? 128 : 0) + process.terminationStatus,
      output: try text("output"), errors: try text("errors"),
      seconds: Date().timeIntervalSince(started))
  }

  public var isRunning: Bool { process.isRunning }

  /// The processes of the program itself, below timeout and mpirun.
  public func ranks(of program: String) -> [Int32] {
    var parents: [Int32: Int32] = [:]
    var matching: [Int32] = []
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let pid = Int32(name), let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")")
      else { continue }
      let rest = stat[stat.index(after: close)...].split(separator: " ")
      parents[pid] = rest.count > 1 ? Int32(rest[1]) : nil
      if stat[stat.index(after: open)..<close] == program.prefix(15) { matching.append(pid) }
    }
    return matching.filter { pid in
      var ancestor = pid
      while let parent = parents[ancestor], parent > 1 {
        if parent == process.processIdentifier { return true }
        ancestor = parent
      }
      return false
    }.sorted()
  }

  // MARK: Parts

  /// A singleton MPI_Init in this process leaves variables behind with which a child mpirun would end silently.
  private static let environment: [String: String] = {
    var variables = ProcessInfo.processInfo.environment.filter { name, _ in
      !["OMPI_", "PMIX_", "ORTE_", "ATHERMAL_WATCHDOG"].contains { name.hasPrefix($0) }
    }
    // Ranks that wait give their core away: with more ranks than cores, or beside other programs, they would else keep
    // each other from the work that they wait for.
    variables["OMPI_MCA_mpi_yield_when_idle"] = "1"
    // Shared memory is all that ranks of one machine need; looking for networks and for a daemon took two thirds of the
    // half second that a start takes.
    variables["OMPI_MCA_pml"] = "ob1"
    variables["OMPI_MCA_ess_singleton_isolated"] = "1"
    variables["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    variables["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    variables["SWIFT_BACKTRACE"] = "enable=no"
    return variables
  }()

  private static func sink(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(fileURLWithPath: path))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  private final class Slots: @unchecked Sendable {
    private let condition = NSCondition()
    private var free = 2
    func take(_ count: Int) {
      condition.lock()
      while free < count { condition.wait() }
      free -= count
      condition.unlock()
    }
    func give(_ count: Int) {
      condition.lock()
      free += count
      condition.broadcast()
      condition.unlock()
    }
  }
  private static let slots = Slots()
}

/// A folder that is removed with its contents when nobody needs it any more.
public final class TestFolder: Sendable {
  public let path: String

  public init() throws {
    path = NSTemporaryDirectory() + "athermal-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  public func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file and returns its path.
  @discardableResult public func file(_ name: String, _ content: String) throws -> String {
    try Data(content.utf8).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  public func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

  /// The names of all files below a folder, relative to it.
  public func names(below name: String) -> [String] {
    (FileManager.default.enumerator(atPath: file(name))?.compactMap { $0 as? String } ?? []).sorted()
  }

  /// A JSON object of a run folder.
  public func json(_ name: String) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file(name)))) as? [String: Any] ?? [:]
  }
}
