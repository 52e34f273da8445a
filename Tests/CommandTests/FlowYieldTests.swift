import Foundation
import TestTools
import Testing

/// Local yield stresses of states of a flow: what they leave, and that they leave the flow alone.
@Suite struct FlowYieldTests {
  let folder = try! TestFolder()

  static let config = """
    [system]
    generate = { dimension = 2, particles = 100, density = 0.86, seed = 3 }
    [potential]
    kind = "polydisperse-ipl"
    [flow]
    rates = [5e-2]
    strain = 0.2
    damping = 1.0
    discard = 0.05
    time_step = 0.005
    [flow.measure]
    every = 0.2
    block = 3.6
    small_block = 1.8
    lag = 0.4
    fit_window = [0.2, 1.0]

    """
  static let states = config + "yield_snapshots = 2\n"

  @discardableResult
  private func run(
    _ text: String, _ output: String, ranks: Int? = nil, fault: String? = nil, code: Int32 = 0
  ) throws -> TestProcess.Outcome {
    try folder.file("\(output).toml", text)
    let outcome = try TestProcess.run(
      "athermal", ["flow", "\(output).toml", "--output", output, "--resume", "auto"], ranks: ranks, in: folder.path,
      environment: fault.map { ["ATHERMAL_FAULT": $0] } ?? [:], limit: 240)
    #expect(outcome.exitCode == code, "\(outcome.report)")
    return outcome
  }

  /// Checksums of the datasets of flow.h5 by name.
  private func datasets(_ output: String) throws -> [String: String] {
    let outcome = try TestProcess.run("athermal", ["verify", "\(output)/flow.h5", "--content"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    return Dictionary(
      uniqueKeysWithValues: outcome.outputLines.dropFirst().map { (String($0.split(separator: " ")[1]), $0) })
  }

  /// The numbers of one point of the flow curve.
  private func point(_ output: String) throws -> [String: Any] {
    try #require((try folder.json("\(output)/summary.json")["flow_curve"] as? [[String: Any]])?.first)
  }

  private func expectSame(_ a: String, _ b: String) throws {
    let (first, second) = (try datasets(a), try datasets(b))
    for name in Set(first.keys).union(second.keys) where !name.hasPrefix("/parameters") {
      #expect(first[name] == second[name], "\(name)")
    }
    let (p, q) = (try point(a) as NSDictionary, try point(b) as NSDictionary)
    #expect(p == q)
    #expect(try folder.text("\(a)/log.jsonl") == folder.text("\(b)/log.jsonl"))
  }

  /// The flow, with states and without them, is the same to the last bit; the states add their numbers.
  @Test func theFlowIsLeftAlone() throws {
    try run(Self.config, "plain")
    try run(Self.states, "states")
    let (plain, states) = (try datasets("plain"), try datasets("states"))
    for (name, line) in plain where !name.hasPrefix("/parameters") { #expect(states[name] == line, "\(name)") }
    let added = Set(states.keys).subtracting(plain.keys)
    #expect(added.count == 9 && added.allSatisfy { $0.hasPrefix("/rates/0/yield/") }, "\(added)")
    let shas = try ["plain", "states"].map { try folder.json("\($0)/summary.json")["state_sha256"] as? String }
    #expect(shas[0] != nil && shas[0] == shas[1])

    let (without, with) = (try point("plain"), try point("states"))
    #expect(without["yield_stress"] is NSNull && without["alpha_micro"] is NSNull)
    func number(_ name: String) throws -> Double { try #require(with[name] as? Double, "\(name)") }
    #expect(with["yield_states"] as? Int == 2 && with["yield_states_unconverged"] as? Int == 0)
    let (yield, drop) = (try number("yield_stress"), try number("stress_drop"))
    #expect(yield > 0 && drop > 0)
    #expect(abs(try number("stress_drop_ratio") / (drop / yield) - 1) < 1e-12)
    // Of 18 blocks, some only soften.
    #expect((1..<18).contains(try #require(with["yield_without_event"] as? Int)))
    #expect(try number("yield_stress_error") > 0 && number("yield_stress_deviation") > 0 && number("block_modulus") > 0)
    let (diffusion, births) = (try number("diffusion"), try number("plastic_rate_births"))
    #expect(births > 0)
    let micro = try number("alpha_micro_births")
    #expect(abs(micro / (diffusion / (drop * drop * births)) - 1) < 1e-12)
    #expect(abs(try number("alpha_yield_births_half") / (0.5 * diffusion / (yield * yield * births)) - 1) < 1e-12)
  }

  /// The same bits on any ranks, stopped between two states and resumed on others or not.
  @Test func sameBitsOnAnyRanksAndResumed() throws {
    try run(Self.states, "one")
    try run(Self.states, "three", ranks: 3)
    try expectSame("one", "three")
    // 800 steps; the states are those after 520 and at the end.
    try run(Self.states, "parts", fault: "safe-point:700:stop", code: 75)
    try run(Self.states, "parts", ranks: 2)
    try expectSame("one", "parts")
  }

  /// States that do not come to rest are left out, counted and reported, and the flow goes on.
  @Test func statesThatDoNotComeToRestAreCounted() throws {
    // A flow without a melt would be refused: it begins at rest.
    let melt = "melt = { temperature = 0.5, time = 0.4, cooling_time = 0.2 }\nseed = 1\n[flow.measure]"
    let outcome = try run(
      Self.states.replacing("[flow.measure]", with: melt) + "[minimizer]\nmaximum_evaluations = 20\n", "stuck")
    #expect(outcome.output.contains("2 state(s) could not be brought to rest"), "\(outcome.report)")
    let point = try point("stuck")
    #expect(point["yield_states"] as? Int == 0 && point["yield_states_unconverged"] as? Int == 2)
    #expect(point["yield_stress"] is NSNull && point["alpha_micro"] is NSNull)
  }

  /// A single block has no matrix around it.
  @Test func aBlockAsLargeAsTheBoxIsRefused() throws {
    try folder.file("a.toml", Self.states.replacing("block = 3.6", with: "block = 10.8"))
    try expectRefusal(
      ["flow", "a.toml", "--output", "run"], in: folder, code: 2, says: ["flow.measure.block", "no matrix"],
      ranks: nil)
  }
}
