import MessagePassing

/// `[flow]`: shear at finite rates.
public struct FlowSection: Sendable, Equatable {
  /// Simple shear, in any plane.
  public var deformation: LoadingSection.Mode
  public var driving: FlowDriving
  public var motion: FlowMotion
  public var integrator: FlowIntegrator
  /// The melt from which the glass is made; nil if the particles flow from where they are.
  public var melt: FlowMelt?
  /// Number of independent runs.
  public var replicas: Int
  /// Seed of velocities and noise; nil if nothing is random but the starts of replicas, which ``SystemSection`` seeds.
  public var seed: UInt64?
  public var measure: FlowMeasurement

  /// Largest strain in one step of time; beyond it neighbours jump rather than pass each other.
  static let largestStep = 0.01
  /// Largest product of pairwise friction and step of time: its decay takes some hundred products with the drag then.
  static let strongestDrag = 10.0
  /// Largest number of equal steps at one rate: years of computing, and no more than a counter holds.
  static let mostSteps = 1e12

  /// - Parameters:
  ///   - dimension: the dimension of space; nil if it is not known yet.
  ///   - isGenerated: whether the particles begin at random positions.
  init?(_ table: Table, dimension: Int?, isGenerated: Bool) {
    let driving = FlowDriving(table)
    let plane = LoadingSection.Mode.axes(
      table, "plane", count: 2, dimension: dimension, default: [0, 1],
      hint: "write for example plane = \"xy\": the flow along x, its gradient along y")
    let motion = FlowMotion(table)
    let integrator = FlowIntegrator(table, driving: driving)
    let hasMelt = table.gives("melt")
    table.know("melt")
    melt = hasMelt ? FlowMelt(table, final: motion?.temperature ?? 0) : nil
    let isHot = table.peek("temperature")?.finiteNumber.map { $0 != 0 } ?? false
    if isHot, FlowIntegrator.hasImplicitRates(table) {
      table.report(
        "'temperature' in [\(table.name)] makes noise, which implicit steps would go over",
        hint: "set integrator = \"verlet\" without implicit_below, or temperature = 0.0", key: "temperature")
    }
    (replicas, seed) = Self.chance(table, isHot: isHot, hasMelt: hasMelt, isGenerated: isGenerated)
    let isExplicit = !FlowIntegrator.isImplicit(table)
    measure = FlowMeasurement(
      table.table("measure"), driving: driving, timeStep: isExplicit ? integrator?.timeStep : nil)
    if let driving, let integrator, isExplicit { Self.checkSteps(table, driving, integrator) }
    if let motion, motion.friction == .pairwise, let step = integrator?.timeStep {
      Self.checkDrag(table, motion.damping, step)
    }
    guard let driving, let plane, let motion, let integrator, !hasMelt || melt != nil else { return nil }
    deformation = .simpleShear(flow: plane[0], gradient: plane[1])
    self.driving = driving
    self.motion = motion
    self.integrator = integrator
  }

  /// Reads the number of runs, and the seed where something is random.
  private static func chance(
    _ table: Table, isHot: Bool, hasMelt: Bool, isGenerated: Bool
  ) -> (replicas: Int, seed: UInt64?) {
    let replicas = table.integer("replicas", .between(1, 65535), default: 1)
    if replicas > 1, !isHot, !hasMelt, !isGenerated {
      table.report(
        "'replicas' in [\(table.name)] is \(replicas), and nothing in them would differ",
        hint: "add melt = { temperature = …, time = …, cooling_time = … }, or a temperature, or take one",
        key: "replicas")
      table.know("seed")
      return (replicas, nil)
    }
    guard isHot || hasMelt else {
      table.forbid(
        "seed", because: "has no effect without a temperature or a melt",
        hint: "remove it; random positions, those of replicas too, follow from the seed of [system.generate]")
      return (replicas, nil)
    }
    let seed = table.integer(
      "seed", .atLeast(0), hint: "add seed = …; there is no default because the seed is part of the result")
    return (replicas, seed.map(UInt64.init))
  }

  /// Reports pairwise friction whose decay within a step would take a series of very many terms.
  private static func checkDrag(_ table: Table, _ damping: Double, _ timeStep: Double) {
    guard damping * timeStep > strongestDrag else { return }
    table.report(
      "'damping' in [\(table.name)] is \(damping), so that pairwise friction acts for "
        + "\((damping * timeStep).shown) of its own times in one 'time_step'",
      hint: "take a smaller damping or step: \(strongestDrag) is the most", key: "damping")
  }

  /// Reports rates that do not fit the step of time.
  private static func checkSteps(_ table: Table, _ driving: FlowDriving, _ integrator: FlowIntegrator) {
    guard case .shear(let shear) = driving, let timeStep = integrator.timeStep else { return }
    let rates = shear.rates.filter { !integrator.isImplicit(rate: $0) }
    guard let fastest = rates.max(), let slowest = rates.min() else { return }
    if fastest * timeStep > largestStep {
      table.report(
        "'rates' in [\(table.name)] holds \(fastest), a strain of \((fastest * timeStep).shown) in one 'time_step'",
        hint: "take a slower rate or a smaller step: \(largestStep) is the most", key: "rates")
    }
    let steps = shear.strain / slowest / timeStep
    if steps > mostSteps {
      table.report(
        "'rates' in [\(table.name)] holds \(slowest), which needs \(steps.shown) steps",
        hint:
          "take a faster rate, less strain, a larger step or implicit_below: \(mostSteps.shown) steps are the most",
        key: "rates")
    }
  }
}
