import TestSupport
import Testing

/// The suites of this module share one MPI process, and so run one at a time.
@Suite(.serialized, .oneAtATime) struct DynamicsTests {}
