import Testing

/// Pure mathematics: these suites need no MPI and may run beside any other.
@Suite struct InteractionsTests {}
