import ElasticLattice
import FourierGrid
import MessagePassing

extension UpdateRule {
  /// Creates the redistribution of this rule. Collective.
  func redistribution(
    _ kernel: StressKernel, bothSigns: Bool, transform: LatticeTransform, over communicator: Communicator
  ) throws -> any Redistribution {
    switch self {
    case .transform: TransformRedistribution(kernel, transform)
    case .everywhere:
      EverywhereRedistribution(
        try RealSpaceKernel(kernel, transform: transform, reach: nil, over: communicator), transform)
    case .sparse(let failures, let pending):
      SparseRedistribution(
        try RealSpaceKernel(
          kernel, transform: transform, reach: RealSpaceKernel.standardReach(kernel.lattice), over: communicator),
        bothSigns: bothSigns, limits: (failures, pending),
        manyFailures: TransformRedistribution(kernel, transform))
    }
  }
}
