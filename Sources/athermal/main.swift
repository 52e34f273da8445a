import Foundation
import MessagePassing

exit(MessagePassing.run { try Athermal.run(Array(CommandLine.arguments.dropFirst()), over: $0) })
