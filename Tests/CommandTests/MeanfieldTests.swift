import Foundation
import MeanField
import Storage
import TestSupport
import TestTools
import Testing

/// The command `meanfield` as a user sees it: what each protocol leaves, against closed forms where these exist.
@Suite(.serialized, .oneAtATime) struct MeanfieldTests {
  static let curve = """
    [meanfield]
    protocol = "flow-curve"
    alpha = 0.3
    rates = [1e-4, 0.01, 1.0]

    """

  static let configs = [
    "start-up": """
    [meanfield]
    protocol = "start-up"
    alpha = 0.3
    rates = [0.5]
    final_strain = 4.0
    initial = { kind = "delta", stress = -0.1 }
    bins = 200
    samples = 40

    """,
    "rates": """
    [meanfield]
    protocol = "start-up"
    alpha = 0.3
    rates = [0.5, 0.1, 2.0]
    times = [0.0, 2.0, 4.0]
    final_strain = 3.0
    initial = { kind = "file", edges = [-0.5, 0.0, 0.7], weights = [1, 2] }
    bins = 100
    samples = 20

    """,
    "stop": """
    [meanfield]
    protocol = "stop"
    alpha = 0.3
    rates = [0.5]
    duration = 20.0
    bins = 200
    samples = 20

    """,
    "step": """
    [meanfield]
    protocol = "step"
    alpha = 0.3
    step_strain = 0.5
    duration = 20.0
    initial = { kind = "gaussian", deviation = 0.4 }
    bins = 200
    samples = 20

    """,
    "creep": """
    [meanfield]
    protocol = "creep"
    alpha = 0.3
    stress = 0.5
    duration = 50.0
    initial = { kind = "gaussian", mean = 0.2, deviation = 0.4 }
    bins = 200
    samples = 20

    """,
    "oscillation": """
    [meanfield]
    protocol = "oscillation"
    alpha = 0.3
    amplitude = 1.5
    frequency = 0.7
    cycles = 2
    initial = { kind = "stationary", rate = 0.5 }
    bins = 150
    samples = 40

    """,
    "ageing": """
    [meanfield]
    protocol = "ageing"
    alpha = 0.3
    duration = 20.0
    initial = { kind = "gaussian", deviation = 0.6 }
    bins = 200
    samples = 20

    """,
  ]

  @discardableResult
  private func run(
    _ folder: TestFolder, _ text: String, _ output: String = "run", ranks: Int? = nil, expecting code: Int32 = 0
  ) throws -> [String: Any] {
    try folder.file("\(output).toml", text)
    let outcome = try TestProcess.run(
      "athermal", ["meanfield", "\(output).toml", "--output", output], ranks: ranks, in: folder.path, limit: 300)
    #expect(outcome.exitCode == code, "\(outcome.report)")
    return try folder.json("\(output)/summary.json")
  }

  private func columns(_ folder: TestFolder, _ group: String, _ output: String = "run") throws -> [String: [Double]] {
    let file = try HDF5File(folder.file("\(output)/meanfield.h5"), .read, over: nil)
    defer { try? file.close() }
    let names = ["rate", "stress", "activity", "diffusion"]
    var result: [String: [Double]] = [:]
    for name in names + (group == "transient" ? ["time", "strain"] : ["alpha", "error"]) {
      result[name] = try file.readAll(Double.self, from: "\(group)/\(name)")
    }
    return result
  }

  /// Stationary states in other units than 1 are those of the library, to the digits that JSON and the units leave.
  @Test func flowCurvesAreExact() throws {
    let folder = try TestFolder()
    let (stress, modulus, time) = (3.0, 7.0, 0.3)
    let summary = try run(
      folder, Self.curve + "local_yield_stress = \(stress)\nmodulus = \(modulus)\nrelaxation_time = \(time)\n")
    let limit = QuasistaticLimit(alpha: 0.3)
    #expect(abs((summary["u"] as? Double ?? 0) / limit.u - 1) < 1e-13)
    #expect(abs((summary["yield_stress"] as? Double ?? 0) / limit.yieldStress / stress - 1) < 1e-13)
    let unit = (modulus * stress * time).squareRoot()
    #expect(abs((summary["prefactor"] as? Double ?? 0) / limit.prefactor / unit - 1) < 1e-13)
    let points = summary["flow_curve"] as? [[String: Any]] ?? []
    let file = try columns(folder, "flow_curve")
    #expect(points.count == 3 && file["rate"] == [1e-4, 0.01, 1])
    for (k, rate) in [1e-4, 0.01, 1].enumerated() {
      let exact = ExactStationaryState(alpha: 0.3, rate: rate * modulus * time / stress)
      for (name, value) in [
        "stress": exact.stress * stress, "activity": exact.activity / time,
        "diffusion": exact.diffusion * stress * stress / time, "error": 0,
      ] {
        #expect(abs((points[k][name] as? Double ?? .nan) - value) <= 1e-13 * value, "\(name)")
        #expect(abs((file[name]?[k] ?? .nan) - value) <= 1e-13 * value, "\(name)")
      }
    }
  }

  /// States are dealt out to ranks; the file has the same numbers on any number of them. Several couplings, with kicks.
  @Test func flowCurvesHaveTheSameBitsOnAnyRanks() throws {
    let folder = try TestFolder()
    let text =
      Self.curve.replacing("alpha = 0.3", with: "alpha = [0.2, 0.3]")
      .replacing("1e-4, ", with: "") + "bins = 100\nnoise = { kind = \"levy\", exponent = 1.0, cutoff = 2.0 }\n"
    let contents = try [nil, 2, 3].map { ranks in
      let output = "on-\(ranks ?? 1)"
      let summary = try run(folder, text, output, ranks: ranks)
      #expect((summary["curves"] as? [Any])?.count == 2)
      let outcome = try TestProcess.run(
        "athermal", ["verify", "\(output)/meanfield.h5", "--content"], in: folder.path)
      // The config is part of the file, and its name is not.
      return outcome.outputLines.dropFirst()
    }
    #expect(contents[0].count > 10 && contents[1] == contents[0] && contents[2] == contents[0])
  }

  /// Without yielding, stresses move with the strain to the last digits; after that, shear ends in the stationary
  /// state. The grid of 200 cells is 1e-3 off.
  @Test func startUpIsElasticAndEndsInFlow() throws {
    let folder = try TestFolder()
    let summary = try run(folder, try #require(Self.configs["start-up"]).replacing("= 4.0", with: "= 12.0"))
    let transient = try columns(folder, "transient")
    let (strain, stress) = try (#require(transient["strain"]), #require(transient["stress"]))
    #expect(strain.count == 41 && abs(strain[40] - 12) < 1e-10)
    for (x, y) in zip(strain, stress) where x < 1.1 { #expect(abs(y - (x - 0.1)) < 1e-13) }
    let exact = ExactStationaryState(alpha: 0.3, rate: 0.5)
    #expect(abs(stress[40] - exact.stress) < 2e-3)
    #expect(abs((summary["activity"] as? Double ?? 0) - exact.activity) < 2e-3)
    #expect(summary["peak_stress"] as? Double == stress.max())
  }

  /// Blocks that stay below their thresholds are springs: the storage modulus is that of one, and nothing is lost. A
  /// grid would move them by the width of its cells.
  @Test func smallOscillationsOfEqualBlocksAreElastic() throws {
    let folder = try TestFolder()
    let text = try #require(Self.configs["oscillation"]).replacing("1.5", with: "0.001")
      .replacing("kind = \"stationary\", rate = 0.5", with: "kind = \"delta\", stress = 0.2")
    let moduli = try #require(try run(folder, text)["moduli"] as? [String: Any])
    // Rounding of stresses of 0.2, over an amplitude of 1e-3.
    #expect(abs((moduli["storage_modulus"] as? Double ?? 0) - 1) < 1e-12)
    #expect(abs(moduli["loss_modulus"] as? Double ?? 1) < 1e-12)
  }

  /// A stress far above the threshold is within the grid, and the flow that keeps it is about as fast: blocks yield
  /// after a time of 1, so that σ = γ̇ but for the part below the threshold and for the noise.
  @Test func creepUnderALargeStressFlows() throws {
    let folder = try TestFolder()
    let text = try #require(Self.configs["creep"]).replacing("stress = 0.5", with: "stress = 5.0")
    let summary = try run(folder, text.replacing("bins = 200", with: "bins = 500"))
    #expect(abs((summary["stress"] as? Double ?? 0) - 5) < 1e-10)
    #expect(abs((summary["rate"] as? Double ?? 0) - 5) < 0.3)
  }

  /// What every protocol promises at its first and its last sample.
  @Test(arguments: configs.keys.sorted()) func protocolsRun(name: String) throws {
    let folder = try TestFolder()
    let summary = try run(folder, try #require(Self.configs[name]))
    let transient = try columns(folder, "transient")
    let (time, strain) = try (#require(transient["time"]), #require(transient["strain"]))
    let (rate, stress) = try (#require(transient["rate"]), #require(transient["stress"]))
    #expect(transient.values.allSatisfy { $0.allSatisfy(\.isFinite) })
    #expect(time[0] == 0 && zip(time, time.dropFirst()).allSatisfy { $0 < $1 })
    // Numbers of JSON are read to the last digit but one.
    for (key, values) in transient {
      let last = try #require(values.last)
      #expect(abs((summary[key] as? Double ?? .nan) - last) <= 1e-14 * abs(last), "\(key)")
    }
    #expect((summary["largest_drift"] as? Double ?? 1) < 1e-13)
    switch name {
    case "start-up": #expect(abs(strain.last! - 4) < 1e-12)
    case "rates":
      // 0.5 up to a time of 2, 0.1 up to 4, then 2.
      #expect(abs(strain.last! - 3) < 1e-9 && abs(time.last! - 4.9) < 1e-12)
      for (t, x) in zip(time, strain) {
        #expect(abs(x - (min(t, 2) * 0.5 + min(max(t - 2, 0), 2) * 0.1 + max(t - 4, 0) * 2)) < 1e-9)
      }
    case "stop":
      #expect(abs(stress[0] - ExactStationaryState(alpha: 0.3, rate: 0.5).stress) < 2e-3)
      #expect(zip(stress, stress.dropFirst()).allSatisfy { $0 > $1 } && rate.allSatisfy { $0 == 0 })
      // ∂⟨σ⟩/∂t = −∫ σ over the yielding blocks; the rest keeps a stress of its sign.
      #expect(stress.last! > 0)
    case "step": #expect(abs(stress[0] - 0.5) < 1e-3)
    case "creep":
      #expect(stress.allSatisfy { abs($0 - 0.5) < 1e-12 } && rate.last! > 0.01)
    case "oscillation":
      for (t, x) in zip(time, strain) { #expect(abs(x - 1.5 * sin(0.7 * t)) < 1e-12) }
      let moduli = try #require(summary["moduli"] as? [String: Any])
      // A fluid dissipates, and its modulus is below that of the elastic blocks.
      #expect(moduli["loss_modulus"] as? Double ?? 0 > 0 && moduli["storage_modulus"] as? Double ?? 2 < 1)
      #expect((moduli["harmonics"] as? [Double])?.count == 4)
    default: #expect(stress.allSatisfy { abs($0) < 1e-12 } && strain.allSatisfy { $0 == 0 })
    }
  }

  /// Units of powers of two change no digit: times, strains and stresses are multiples of those in reduced units.
  @Test(arguments: configs.keys.sorted()) func unitsScaleAllNumbers(name: String) throws {
    let folder = try TestFolder()
    let text = try #require(Self.configs[name])
    try run(folder, text)
    let (stress, modulus, time) = (2.0, 8.0, 16.0)
    let strain = stress / modulus
    let scales = [
      "rates": strain / time, "times": time, "final_strain": strain, "duration": time, "step_strain": strain,
      "stress": stress, "amplitude": strain, "frequency": 1 / time, "deviation": stress, "mean": stress,
      "rate": strain / time, "edges": stress,
    ]
    var scaled = text
    for (key, scale) in scales {
      scaled.replace(try Regex("\\b\(key) = (\\[[^\\]]*\\]|[-0-9.e]+)")) { match in
        let value = String(match.output[1].substring ?? "")
        let numbers = value.split { "[], ".contains($0) }.map { "\((Double($0) ?? .nan) * scale)" }
        return "\(key) = " + (value.hasPrefix("[") ? "[\(numbers.joined(separator: ", "))]" : numbers[0])
      }
    }
    try run(
      folder, scaled + "local_yield_stress = \(stress)\nmodulus = \(modulus)\nrelaxation_time = \(time)\n", "scaled")
    let (one, other) = try (columns(folder, "transient"), columns(folder, "transient", "scaled"))
    for (key, scale) in [
      "time": time, "strain": strain, "rate": strain / time, "stress": stress, "activity": 1 / time,
      "diffusion": stress * stress / time,
    ] {
      #expect(one[key]?.map { $0 * scale } == other[key], "\(key)")
    }
  }

  /// The fit of Configs/meanfield-fit.toml: the points are of α = 0.3, σ_c = 2, G₀τ = 5 with noise of 1 %.
  @Test func aFitFindsItsParameters() throws {
    let folder = try TestFolder()
    try folder.file(
      "a.toml",
      """
      [meanfield]
      protocol = "fit"
      [meanfield.measured]
      rates = [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0]
      stresses = [0.4453, 0.45934, 0.47788, 0.5902, 1.0691, 5.26018]
      errors = [0.00445, 0.00454, 0.00482, 0.00584, 0.01072, 0.05274]
      diffusion = 0.057131
      activity = 0.023805
      """)
    let outcome = try TestProcess.run("athermal", ["meanfield", "a.toml", "--output", "run"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
    let summary = try folder.json("run/summary.json")
    for (key, truth) in ["alpha": 0.3, "local_yield_stress": 2, "modulus_times_relaxation_time": 5] {
      let found = try #require(summary[key] as? [String: Double])
      let (value, error) = try (#require(found["value"]), #require(found["error"]))
      #expect(abs(value - truth) < 3 * error && error < 0.1 * truth, "\(key)")
    }
    let stress = try #require((summary["local_yield_stress"] as? [String: Double])?["value"])
    let micro = try #require(summary["alpha_micro"] as? Double)
    #expect(abs(micro * 2 * stress * stress * 0.023805 / 0.057131 - 1) < 1e-12)
    #expect(summary["alpha_micro_without_half"] as? Double == 2 * micro)
  }

  // MARK: Refusals

  private static func fault(
    _ name: String, _ more: String, in text: String = curve, _ says: String..., code: Int32 = 2
  ) -> Fault {
    Fault(name: name, text: text + more, code: code, says: says, ranks: [nil, 3])
  }

  static let faults = [
    fault(
      "grid too coarse for kicks", "bins = 100\nnoise = { kind = \"file\", edges = [-0.05, 0.05], weights = [1] }",
      "a grid of", "too coarse for the kicks", "bins"),
    fault(
      "grid too coarse for kicks of a transient",
      "noise = { kind = \"levy\", exponent = 1.0, cutoff = 0.01 }", in: configs["step"]!, "too coarse for the kicks",
      "bins"),
    fault(
      "one value for noise", "noise = { kind = \"file\", values = [0.1, 0.1] }",
      "all numbers are 0.1; a distribution needs two different ones"),
    fault(
      "drops that release too little", "relaxation = { kind = \"drop\", drop = 0.05 }\nbins = 100",
      in: curve.replacing("1e-4, 0.01, 1.0", with: "0.1"), "less than the strain adds", code: 4),
    fault(
      "initial stresses that are not resolved", "",
      in: configs["creep"]!.replacing("stress = 0.5", with: "stress = 30.0"),
      "take more bins", code: 3),
    fault(
      "layer that is not resolved", "layer = 1.0",
      in: configs["ageing"]!.replacing("duration = 20.0", with: "duration = 1e4"), "set meanfield.layer", code: 3),
  ]

  @Test(arguments: faults) func isRefused(fault: Fault) throws {
    for ranks in fault.ranks {
      let folder = try TestFolder()
      try folder.file("a.toml", fault.text)
      try expectRefusal(
        ["meanfield", "a.toml", "--output", "run"], in: folder, code: fault.code, says: fault.says, ranks: ranks)
    }
  }
}
