/// The ranks that a config is checked for.
struct RanksInQuestion {
  let count: Int
  /// Whether they are those that check, so that their memory is known; others may be of another machine.
  let areHere: Bool
}
