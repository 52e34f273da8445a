import QuasistaticShear

/// A strain step in log.jsonl.
struct StepLine: Encodable {
  var step: Int
  var strain: Double
  var stress: [[Double]]
  var energyPerParticle: Double
  var pressure: Double
  var reason: String
  var forceMax: Double
  var evaluations: Int
  var iterations: Int
  var negativeCurvatures: Int
  var cappedSteps: Int
  var rejectedSteps: Int
  var displacementMax: Double

  init(_ step: StepRecord, _ dimension: Int) {
    self.step = step.step
    strain = step.strain
    stress = step.stress.block(dimension)
    energyPerParticle = step.energyPerParticle
    pressure = step.pressure
    reason = step.minimization.reason.rawValue
    forceMax = step.forceMax
    evaluations = step.evaluations
    iterations = step.minimization.iterations
    negativeCurvatures = step.minimization.negativeCurvatures
    cappedSteps = step.minimization.cappedSteps
    rejectedSteps = step.minimization.rejectedSteps
    displacementMax = step.displacementMax
  }
}
