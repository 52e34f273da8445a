/// What one replica of a flow contributes to the summary.
struct FlowResult: Codable {
  var points: [FlowPoint]
  var particles: Int
  var dimension: Int
  /// Number of force evaluations and Hessian products together.
  var evaluations: Int
  /// Accumulated strain.
  var strain: Double
  var stateSha256: String
}
