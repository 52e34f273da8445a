import Foundation
import Storage
import TestTools
import Testing

/// `measure` over the frames of a trajectory, against what the run that wrote the frames has measured itself.
@Suite struct FramesTests {
  let folder: TestFolder
  init() throws { folder = try TestFolder() }

  /// A flow without inertia, in which stresses have no kinetic part, with a frame at every row; the box is flipped
  /// once.
  private static func flow(_ generate: String, block: Double, kind: String = "binary-lj") -> String {
    """
    [system]
    generate = { \(generate), seed = 3 }
    [potential]
    kind = "\(kind)"
    [minimizer]
    force_tolerance = 1e-3
    [flow]
    rates = [2.0]
    strain = 0.7
    discard = 0.0
    dynamics = "overdamped"
    damping = 20.0
    time_step = 0.0025
    [flow.measure]
    every = 0.0125
    lag = 0.0375
    block = \(block)
    correlation_time = 0.075
    difference_time = 0.125
    [output]
    trajectory = true
    every = 1
    fields = ["d2min"]

    """
  }

  private static func frames(_ more: String, block: Double = 6, kind: String = "binary-lj") -> String {
    """
    [system]
    file = "flow/trajectory.h5"
    [potential]
    kind = "\(kind)"
    [frames]
    lag = 3
    threshold = 0.1
    block = \(block)
    correlation_lag = 6
    difference_lag = 10
    \(more)

    """
  }

  private func run(_ words: [String], ranks: Int? = nil) throws {
    let outcome = try TestProcess.run("athermal", words, ranks: ranks, in: folder.path, limit: 120)
    #expect(outcome.exitCode == 0, "\(outcome.report)")
  }

  private func numbers(_ path: String, _ dataset: String) throws -> [Double] {
    let file = try HDF5File(folder.file(path), .read, over: nil)
    defer { try? file.close() }
    return try file.readAll(Double.self, from: dataset)
  }

  private func column(_ name: String, _ path: String, _ table: String) throws -> [Double] {
    let file = try HDF5File(folder.file(path), .read, over: nil)
    defer { try? file.close() }
    let columns = try #require(try file.textAttribute("columns", of: table))
    let place = try #require(columns.firstIndex(of: name))
    let rows = try file.readAll(Double.self, from: table)
    return stride(from: place, to: rows.count, by: columns.count).map { rows[$0] }
  }

  /// Largest difference of two lists, NaN being equal to NaN alone.
  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).map { $0.isNaN && $1.isNaN ? 0 : $0.isNaN || $1.isNaN ? .infinity : abs($0 - $1) }.max() ?? 0
  }

  /// The same code measures the frames: counts are equal, and numbers but for the order of sums and for the rounding of
  /// the box and of positions, 1e-15 of a length at each of 140 steps. Clusters and the correlation follow from D²min,
  /// the differences from the stresses of blocks. Without the flip the blocks of frames would be others from strain 0.5
  /// on, and without image numbers particles that cross the border would have moved by an edge.
  @Test(arguments: [
    (generate: "dimension = 2, particles = 200, density = 1.2", block: 6.0, kind: "binary-lj"),
    (generate: "dimension = 3, particles = 400, density = 0.82", block: 3.9, kind: "bidisperse-ipl"),
  ])
  func framesOfAFlowGiveWhatTheFlowMeasures(generate: String, block: Double, kind: String) throws {
    try folder.file("flow.toml", Self.flow(generate, block: block, kind: kind))
    try folder.file("frames.toml", Self.frames("d2min = true", block: block, kind: kind))
    try run(["flow", "flow.toml", "--output", "flow"])
    try run(["measure", "frames.toml", "--output", "frames"])
    let (flow, frames) = ("flow/flow.h5", "frames/measure.h5")

    let active = try column("active", flow, "rates/0/curve")
    #expect(try distance(active, column("active", frames, "frames/curve")) == 0)
    #expect(active.filter { $0 > 0 }.count > 10, "activity is what is compared: \(active)")
    let d2min = try numbers("flow/trajectory.h5", "/particles/trajectory/d2min/value")
    #expect(try distance(d2min, numbers(frames, "frames/d2min")) < 1e-11)
    for name in ["stress_xy", "energy_per_particle"] {
      #expect(try distance(column(name, flow, "rates/0/curve"), column(name, frames, "frames/curve")) < 1e-10)
    }
    for (name, tolerance) in [
      ("clusters/size", 0), ("clusters/count", 0), ("clusters/small_blocks", 0), ("autocorrelation/pairs", 0),
      ("autocorrelation/correlation", 1e-10), ("stress_difference/windows", 0), ("stress_difference/dropped", 0),
      ("stress_difference/kicks_up", 0), ("stress_difference/kicks_down", 0),
      ("stress_difference/mean_square", 1e-9), ("stress_difference/mean_square_error", 1e-9),
      ("stress_difference/mean", 1e-10),
    ] {
      let (own, ours) = (try numbers(flow, "rates/0/" + name), try numbers(frames, "frames/" + name))
      #expect(distance(own, ours) <= tolerance, "\(name): \(distance(own, ours))")
    }
    // Lags are strains, at 2 of strain for a unit of time.
    let (times, strains) = (
      try numbers(flow, "rates/0/stress_difference/time"), try numbers(frames, "frames/stress_difference/strain")
    )
    #expect(distance(times.map { 2 * $0 }, strains) < 1e-12)

    let found = try #require(try folder.json("frames/summary.json")["frames"] as? [String: Any])
    #expect(found["count"] as? Int == 29 && found["flips"] as? Int == 1)
    #expect((found["dropped_windows"] as? Int ?? 0) > 0)
    // The stress of the whole is the mean over the blocks.
    let blocks = try numbers(frames, "frames/block_stress")
    let (mean, count) = (try column("stress_xy", frames, "frames/curve"), blocks.count / 29)
    for frame in 0..<29 {
      let sum = blocks[(frame * count)..<((frame + 1) * count)].reduce(0, +)
      #expect(abs(sum / Double(count) - mean[frame]) < 1e-9)
    }
  }

  /// Between frames at rest the stress drops where particles are active, and nowhere else: in the first 15 steps of
  /// this glass once, in step 7.
  @Test func framesOfAQuasistaticRunAreActiveWhereTheStressDrops() throws {
    let glass = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Reference/lj2d_n1024.data").path
    try folder.file(
      "shear.toml",
      """
      [system]
      file = "\(glass)"
      [potential]
      kind = "binary-lj"
      [loading]
      mode = "simple-shear"
      plane = "xy"
      strain_step = 1e-3
      final_strain = 0.015
      [output]
      every = 1
      profiles = false

      """)
    try folder.file(
      "frames.toml",
      """
      [system]
      file = "shear/trajectory.h5"
      [potential]
      kind = "binary-lj"
      [frames]
      lag = 1
      threshold = 0.1

      """)
    try run(["shear", "shear.toml", "--output", "shear"])
    try run(["measure", "frames.toml", "--output", "frames"])
    let stress = try column("working_stress", "frames/measure.h5", "frames/curve")
    let active = try column("active", "frames/measure.h5", "frames/curve")
    // Positions of a frame are rounded by 1e-15 of a length, and the stiffest bond by some 1e3 per length.
    let own = try column("working_stress", "shear/shear.h5", "curve")
    #expect(distance(stress, own) < 1e-11)
    let drops = (1..<stress.count).filter { stress[$0] < stress[$0 - 1] }
    #expect(drops == [7] && drops == (1..<active.count).filter { active[$0] > 0 }, "\(stress) \(active)")
    let frames = try #require(try folder.json("frames/summary.json")["frames"] as? [String: Any])
    let plastic = try #require(frames["plastic"] as? [String: Any])
    // Without activity the stress grows by the slope of the curve.
    let slope = (stress[6] - stress[1]) / 0.005
    #expect(abs((plastic["modulus"] as? Double ?? 0) / slope - 1) < 0.05)
  }

  /// All datasets and the state have the same bits on 1, 2 and 3 ranks.
  @Test func ranksMakeNoDifference() throws {
    try folder.file("flow.toml", Self.flow("dimension = 2, particles = 200, density = 1.2", block: 6))
    try folder.file("frames.toml", Self.frames("d2min = true\nfirst = 5\nlast = -2\nevery = 2"))
    try run(["flow", "flow.toml", "--output", "flow"])
    var contents: [[Double]] = []
    for ranks in [nil, 2, 3] as [Int?] {
      let name = "frames-\(ranks ?? 1)"
      try run(["measure", "frames.toml", "--output", name], ranks: ranks)
      var all: [Double] = []
      for dataset in [
        "curve", "block_stress", "d2min", "clusters/count", "stress_difference/mean_square",
        "autocorrelation/correlation",
      ] { all += try numbers(name + "/measure.h5", "frames/" + dataset) }
      all += try numbers(name + "/state.h5", "/particles/trajectory/d2min/value")
      contents.append(all)
    }
    let bits = contents.map { $0.map(\.bitPattern) }
    #expect(bits[0] == bits[1] && bits[0] == bits[2])
    #expect(
      try column("frame", "frames-1/measure.h5", "frames/curve") == stride(from: 5, through: 27, by: 2).map(Double.init)
    )
  }

  /// One message with the place in the config and a remedy.
  @Test func whatCannotBeMeasuredIsRefused() throws {
    try folder.file(
      "flow.toml",
      Self.flow("dimension = 2, particles = 200, density = 1.2", block: 6)
        .replacing("rates = [2.0]", with: "rates = [2.0, 1.0]").replacing("strain = 0.7", with: "strain = 0.3"))
    try run(["flow", "flow.toml", "--output", "flow"])
    func refusal(_ text: String, _ words: String..., line: Int?) throws {
      try folder.file("bad.toml", text)
      for command in [["measure", "bad.toml", "--output", "bad"], ["validate", "bad.toml"]] {
        let outcome = try TestProcess.run("athermal", command, in: folder.path)
        #expect(outcome.exitCode == 2 && outcome.messages.count == 1, "\(outcome.report)")
        let message = outcome.messages.first ?? ""
        for word in words + (line.map { ["bad.toml:\($0):"] } ?? []) {
          #expect(message.contains(word), "\(word): \(outcome.report)")
        }
      }
    }
    let one = "last = 12"
    try refusal(
      Self.frames(one).replacing("flow/trajectory.h5", with: "flow/state.h5"), "has 1 frame", "remove", line: 2)
    try refusal(
      Self.frames(one).replacing("flow/trajectory.h5", with: "flow.toml"), "is LAMMPS data", "shear or flow", line: 2)
    try refusal(Self.frames("last = 500"), "no frame 500", line: 11)
    try refusal(Self.frames("first = 3\nlast = 3"), "choose 1", line: 11)
    try refusal(Self.frames("last = 2"), "'lag' in [frames] is 3", "at most 2", line: 6)
    try refusal(Self.frames("last = 5"), "'correlation_lag'", "at most 5", line: 9)
    try refusal(Self.frames("last = 12", block: 20), "larger than the box", line: 8)
    try refusal(Self.frames("last = 12\nradius = 9.0"), "frames.radius", line: 12)
    try refusal(Self.frames("last = 12\nfit_window = [0.1, 3.0]"), "ends at a strain of 3", line: 12)
    // Rates follow one another: the first row of one is the last of the other, and later rows are closer in strain.
    try refusal(Self.frames(""), "does not grow", "from frame 12 to frame 13", line: 5)
    try refusal(Self.frames("first = 12\nevery = 2"), "another step", line: 11)
    try refusal(
      Self.frames(one).replacing("file =", with: "frame = 3\nfile ="), "'frame' in [system]", "[frames]", line: 2)
    try refusal(
      Self.frames("lag = 2").replacing("threshold = 0.1\n", with: "").replacing("lag = 3\n", with: ""), "threshold",
      line: 5)
  }
}
