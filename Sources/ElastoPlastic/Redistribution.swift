import ElasticLattice
import FourierGrid

/// Redistribution of the stress that a sweep releases, with one type per ``UpdateRule``. It is called
/// once per sweep, never per block.
protocol Redistribution: AnyObject {
  var transform: LatticeTransform { get }

  /// Adds the stress released by the failures of a sweep to all blocks. Collective.
  /// - Parameters:
  ///   - own: failures of this rank.
  ///   - all: failures of all ranks, unless there are more than the rule's limit.
  func redistribute(own: FailureList, all: FailureList, total: Int, to blocks: BlockStresses) throws

  /// Updates ``BlockStresses/stress`` of all blocks, so that no failure is pending. Collective.
  func settle(_ blocks: BlockStresses) throws

  /// Adds the stress from pending failures to the candidates from number `first` on.
  func addPending(to candidates: Candidates, from first: Int)

  /// Failures of all ranks since the last settling.
  var pending: FailureList { get }

  /// Restores failures that were pending at a checkpoint. Their windows are already included in the saved stresses.
  func resume(pending: FailureList, of blocks: BlockStresses)
}

/// Defaults for rules that leave no failures pending.
extension Redistribution {
  func settle(_ blocks: BlockStresses) throws { settleLoad(of: blocks) }
  func addPending(to candidates: Candidates, from first: Int) {}
  var pending: FailureList { FailureList() }
  func resume(pending: FailureList, of blocks: BlockStresses) { precondition(pending.sites.isEmpty) }

  /// Settles the blocks if no failures are pending.
  func settleLoad(of blocks: BlockStresses) {
    guard blocks.offset != 0 || blocks.candidates.count > 0 else { return }
    transform.clearField()
    blocks.add(fieldOf: transform)
  }
}

extension LatticeTransform {
  /// Adds an amount to the field at a site of this rank.
  func deposit(_ amount: Double, at place: (Int, Int, Int)) {
    field[((place.0 - planes.lowerBound) * lattice.extents.1 + place.1) * rowStride + place.2] += amount
  }
}
