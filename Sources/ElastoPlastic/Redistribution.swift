import ElasticLattice
import FourierGrid

/// How the stress that a sweep sets free reaches the other blocks: one type for each ``UpdateRule``. It is called once
/// per sweep, never per block.
protocol Redistribution: AnyObject {
  var transform: LatticeTransform { get }

  /// Adds the stress that the failures of a sweep set free. Collective.
  /// - Parameters:
  ///   - own: of this rank.
  ///   - all: of all ranks, unless there are more than the rule's limit.
  func redistribute(own: FailureList, all: FailureList, total: Int, to blocks: BlockStresses) throws

  /// Brings ``BlockStresses/stress`` up to date for all blocks. Collective.
  func settle(_ blocks: BlockStresses) throws

  /// Adds to the candidates from number `first` on what pending failures have given them.
  func addPending(to candidates: Candidates, from first: Int)

  /// The failures of all ranks since the last settling.
  var pending: FailureList { get }

  /// Takes up failures that were pending when blocks were put aside, which have their stress already.
  func resume(pending: FailureList, of blocks: BlockStresses)
}

/// The rules that leave nothing pending need no more than this.
extension Redistribution {
  func settle(_ blocks: BlockStresses) throws { settleLoad(of: blocks) }
  func addPending(to candidates: Candidates, from first: Int) {}
  var pending: FailureList { FailureList() }
  func resume(pending: FailureList, of blocks: BlockStresses) { precondition(pending.sites.isEmpty) }

  /// Settles where no failures are pending.
  func settleLoad(of blocks: BlockStresses) {
    guard blocks.offset != 0 || blocks.candidates.count > 0 else { return }
    transform.clearField()
    blocks.add(fieldOf: transform)
  }
}

extension LatticeTransform {
  /// Adds to the field at a site of this rank.
  func deposit(_ amount: Double, at place: (Int, Int, Int)) {
    field[((place.0 - planes.lowerBound) * lattice.extents.1 + place.1) * rowStride + place.2] += amount
  }
}
