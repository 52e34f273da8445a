import Foundation
import MessagePassing

// A reader of the output that goes away is no reason to end a run; what cannot be written then is lost.
signal(SIGPIPE, SIG_IGN)
// Commands that can be put aside listen to these; the others go on.
signal(SIGUSR1, SIG_IGN)
signal(SIGUSR2, SIG_IGN)
exit(MessagePassing.run { try Athermal.run(Array(CommandLine.arguments.dropFirst()), over: $0) })
