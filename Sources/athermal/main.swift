import Checkpoints
import Foundation
import MessagePassing

// Ignore SIGPIPE: if the reader of the output disappears, the run must continue. Later output is lost.
signal(SIGPIPE, SIG_IGN)
// A signal to stop may arrive before the command has started.
StopSignal.recordEarly()
exit(MessagePassing.run { try Athermal.run(Array(CommandLine.arguments.dropFirst()), over: $0) })
