/// The ranks for which a config is checked.
struct TargetRanks {
  let count: Int
  /// Whether these are the ranks that do the check, so that their memory is known. Otherwise
  /// they may be on another machine.
  let areHere: Bool
}
