import Foundation
import FuzzDriver

// Feeds a parser with input after input. Jobs/reliability/fuzz builds and starts this; the arguments are those of
// libFuzzer.

// libFuzzer starts copies of this process with arguments of its own, so the parser is named by the environment.
let environment = ProcessInfo.processInfo.environment
guard let name = environment["ATHERMAL_FUZZ_PARSER"], let parser = FuzzedParser(rawValue: name),
  let folder = environment["ATHERMAL_FUZZ_FOLDER"]
else {
  print(
    "ATHERMAL_FUZZ_PARSER is one of \(FuzzedParser.allCases.map(\.rawValue).joined(separator: ", ")), "
      + "ATHERMAL_FUZZ_FOLDER for files")
  exit(2)
}
do { try parser.begin(in: folder) } catch {
  print("\(error)")
  exit(5)
}

var count = CommandLine.argc
var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
  LLVMFuzzerRunDriver(&count, &words) { bytes, count in
    FuzzedParser.chosen.take([UInt8](UnsafeRawBufferPointer(start: bytes, count: count)))
    return 0
  })
