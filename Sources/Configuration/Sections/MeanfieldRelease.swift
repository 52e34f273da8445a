/// `relaxation` of `[meanfield]`: the stress that a block loses when it yields.
public enum MeanfieldRelease: Sendable, Equatable {
  case complete
  case fraction(Double)
  case drop(Double)
  case distribution(BlockNumbers)

  private enum Kind: String, Word { case complete, fraction, drop, distribution }

  init?(_ parent: Table, folder: String) {
    let table = parent.table("relaxation")
    let kind: Kind = table.choice("kind", default: .complete)
    for key in ["fraction", "drop"] where key != kind.rawValue {
      table.forbid(key, because: "has no effect on kind = \"\(kind.rawValue)\"", hint: "remove it")
    }
    switch kind {
    case .complete: self = .complete
    case .fraction:
      let bound = Bound<Double>(words: "greater than 0 and at most 1") { $0 > 0 && $0 <= 1 }
      guard let value = table.number("fraction", bound, hint: "add fraction = …, of the stress, which is lost") else {
        return nil
      }
      self = .fraction(value)
    case .drop:
      guard let value = table.number("drop", .moderate, hint: "add drop = …, the stress that is lost") else {
        return nil
      }
      self = .drop(value)
    case .distribution:
      let numbers = BlockNumbers(
        table, folder: folder, allowsDataset: false,
        example: "relaxation = { kind = \"distribution\", distribution = \"exponential\", mean = 0.2 }")
      guard let numbers else { return nil }
      self = .distribution(numbers)
    }
  }
}
