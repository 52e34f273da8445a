/// The quantity in which the rows of a measurement are equally spaced.
struct RowClock: Sendable {
  let name: String
  let unit: String
  /// Symbol of a lag.
  let symbol: String
  /// What a lag adds to the stress of an elastic block.
  let drift: String
  /// Definition of the correlation of activity.
  let correlation: String
  /// Name of the rows.
  let rows: String

  /// Time, in a flow at one rate.
  static let time = RowClock(
    name: "time", unit: "τ", symbol: "t", drift: "G₀γ̇t",
    correlation: "C_p = ⟨D²min(t₀) D²min(t₀ + t)⟩/⟨D²min(t₀)²⟩ of particles active at t₀", rows: "rows")
  /// Strain, of the frames of a trajectory.
  static let strain = RowClock(
    name: "strain", unit: "1", symbol: "γ", drift: "G₀γ",
    correlation: "C_p = ⟨D²min(γ₀) D²min(γ₀ + γ)⟩/⟨D²min(γ₀)²⟩ of particles active at γ₀", rows: "frames")
}
