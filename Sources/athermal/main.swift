import Checkpoints
import Foundation
import MessagePassing

// A reader of the output that goes away is no reason to end a run; what cannot be written then is lost.
signal(SIGPIPE, SIG_IGN)
// A request to stop may come before the command is up.
StopSignal.note()
exit(MessagePassing.run { try Athermal.run(Array(CommandLine.arguments.dropFirst()), over: $0) })
