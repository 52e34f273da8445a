import Foundation
import Geometry
import Interactions
import Measurement
import MessagePassing
import Particles
import QuasistaticShear
import Statics
import TestSupport
import Testing

/// Keeps all that a loading reports.
final class Collector: ShearObserver {
  var steps: [StepRecord] = []
  var events: [PlasticEvent] = []
  var tilts: [Double] = []

  func completed(_ step: StepRecord, of system: ParticleSystem) throws {
    steps.append(step)
    let edges = system.cell.edges
    for (i, j) in [(0, 1), (1, 0), (2, 0), (2, 1)] where max(i, j) < system.dimension {
      tilts.append(edges[i].dot(edges[j]) / edges[j].squaredLength)
    }
  }

  func found(_ event: PlasticEvent, in system: ParticleSystem) throws { events.append(event) }
}

enum Shearing {
  static let model = ReferenceState.polydisperse.model

  static func run(
    _ system: ParticleSystem, _ mode: Loading.Mode, by amount: Double, step: Double,
    method: Minimization.Method = .cg, events: EventSearch? = nil, tolerance: ForceTolerance = .floor
  ) throws -> Collector {
    try run(system, mode, StrainSchedule(from: system.strain, by: amount, step: step), method, events, tolerance)
  }

  static func run(
    _ system: ParticleSystem, _ mode: Loading.Mode, _ schedule: StrainSchedule, _ method: Minimization.Method = .cg,
    _ events: EventSearch? = nil, _ tolerance: ForceTolerance = .floor
  ) throws -> Collector {
    let collector = Collector()
    try QuasistaticShear(
      system, loading: Loading(mode, of: system), schedule: schedule,
      minimization: Minimization(method: method, tolerance: tolerance, maximumEvaluations: 1_000_000), events: events
    ).run(collector)
    return collector
  }

  /// A small glass, minimised.
  static func glass(_ counts: [Int], _ edges: [[Double]], seed: UInt64) throws -> ParticleSystem {
    let system = try Samples.system(
      Samples.grid(counts, edges: edges, disorder: 0.3, largestSize: 1.5, seed: seed), model)
    _ = try Minimization(method: .cg, tolerance: .floor, maximumEvaluations: 1_000_000).run(system)
    return system
  }
}

extension QuasistaticShearTests {
  @Suite struct Schedules {
    @Test func productsAndShortenedLastStep() {
      let schedule = StrainSchedule(from: 0, by: 0.1, step: 1e-3)
      #expect(schedule.strains.count == 100)
      for (k, strain) in schedule.strains.dropLast().enumerated() { #expect(strain == Double(k + 1) * 1e-3) }
      #expect(schedule.strains.last == 0.1)
      #expect(StrainSchedule(from: 0, by: 0.0025, step: 1e-3).strains == [1e-3, 2e-3, 0.0025])
      #expect(StrainSchedule(from: 0, by: 1e-4, step: 1e-3).strains == [1e-4])
      #expect(StrainSchedule(from: 0.5, by: 0.002, step: 1e-3).strains == [0.5 + 1e-3, 0.5 + 0.002])
      #expect(StrainSchedule(from: 0, by: 0, step: 1e-3).strains == [])
      // A million steps, and none too many.
      #expect(StrainSchedule(from: 0, by: 1, step: 1e-6).strains.count == 1_000_000)
      #expect(StrainSchedule(from: 0, by: 0.3, step: 0.1).strains == [0.1, 0.2, 0.3])
    }

    @Test func backward() {
      #expect(StrainSchedule(from: 0, by: -0.0025, step: 1e-3).strains == [-1e-3, -2e-3, -0.0025])
      #expect(StrainSchedule(from: 0.25, by: -0.5, step: 0.25).strains == [0, -0.25])
    }

    @Test func cycles() {
      let one = [0.25, 0.5, 0.25, 0, -0.25, -0.5, -0.25, 0]
      #expect(StrainSchedule(cyclesFrom: 0, amplitude: 0.5, count: 1, step: 0.25).strains == one)
      #expect(StrainSchedule(cyclesFrom: 0, amplitude: 0.5, count: 3, step: 0.25).strains == one + one + one)
      #expect(StrainSchedule(cyclesFrom: 0, amplitude: -0.5, count: 1, step: 0.25).strains == one.map { -$0 })
      // Turning points are met exactly, though no step divides the way.
      let uneven = StrainSchedule(cyclesFrom: 0, amplitude: 0.05, count: 2, step: 0.03).strains
      let expected: [Double] = [0.03, 0.05, 0.05 - 0.03, 0.05 - 2 * 0.03, 0.05 - 3 * 0.03, -0.05, -0.05 + 0.03, 0]
      #expect(uneven == expected + expected)
    }
  }

  @Suite(.serialized) struct Loadings {
    static let modes: [(Loading.Mode, Int)] = [
      (.simpleShear(flow: 0, gradient: 1), 2), (.simpleShear(flow: 1, gradient: 0), 2), (.pureShear(0, 1), 2),
      (.uniaxial(1), 2), (.dilation, 2), (.matrix(Tensor([[0.1, 0.7], [-0.2, 0.3]])), 2),
      (.simpleShear(flow: 0, gradient: 1), 3), (.simpleShear(flow: 1, gradient: 2), 3),
      (.simpleShear(flow: 2, gradient: 0), 3), (.simpleShear(flow: 0, gradient: 2), 3), (.pureShear(1, 2), 3),
      (.uniaxial(2), 3), (.dilation, 3),
    ]

    static func system(_ dimension: Int, tilted: Bool) throws -> ParticleSystem {
      let edges =
        dimension == 2
        ? [[18.0, 0], [tilted ? 5 : 0, 16]]
        : [[9.0, 0, 0], [tilted ? 2 : 0, 8.5, 0], [tilted ? -3 : 0, tilted ? 4 : 0, 9.5]]
      return try Samples.system(
        Samples.grid(dimension == 2 ? [16, 14] : [7, 7, 7], edges: edges, disorder: 0.2, largestSize: 1.1, seed: 71),
        Shearing.model)
    }

    /// The box follows from the start and the strain, whatever path: there and back it has the same bits.
    @Test(arguments: modes.indices) func thereAndBack(index: Int) throws {
      let (mode, dimension) = Self.modes[index]
      for tilted in [false, true] {
        let system = try Self.system(dimension, tilted: tilted)
        // A tilted flow edge is stretched by the shear, which no flip can undo; that box has an end.
        if case .simpleShear(let flow, _) = mode, tilted, flow == 2 || (flow == 1 && dimension == 2) { continue }
        let start = system.cell
        let loading = Loading(mode, of: system)
        var unlimited = false
        if case .simpleShear = mode { unlimited = true }
        let strains = unlimited ? [0.3, 0.8, 2.7, 1.1, -0.9, -0.2, 0] : [0.05, 0.1, 0.03, -0.1, 0]
        for strain in strains {
          try loading.deform(system, to: strain)
          #expect(system.strain == strain)
          if unlimited { #expect(abs(system.cell.volume - start.volume) < 1e-12 * start.volume) }
        }
        #expect(system.cell == start, "\(mode), \(dimension)D, tilted: \(tilted)")
        #expect(loading.flips == .identity)
        // By another path to the same strain.
        try loading.deform(system, to: strains[1])
        let direct = system.cell
        for strain in [strains[0], strains[2], strains[1]] { try loading.deform(system, to: strain) }
        #expect(system.cell.volume == direct.volume || abs(system.cell.volume - direct.volume) < 1e-12 * direct.volume)
      }
    }

    /// D(γ) = exp(γ A): volumes e^{γ tr A}, and edges as the map says. Roundings of a matrix exponential and a
    /// determinant.
    @Test(arguments: modes.indices) func boxes(index: Int) throws {
      let (mode, dimension) = Self.modes[index]
      let system = try Self.system(dimension, tilted: false)
      let start = system.cell
      let loading = Loading(mode, of: system)
      try loading.deform(system, to: 0.13)
      let trace: Double
      switch mode {
      case .simpleShear, .pureShear: trace = 0
      case .uniaxial: trace = 1
      case .dilation: trace = Double(dimension)
      case .matrix(let a): trace = a.trace
      }
      #expect(abs(system.cell.volume - start.volume * exp(0.13 * trace)) < 1e-13 * start.volume, "\(mode)")
      let e = system.cell.edges
      let s = start.edges
      switch mode {
      case .simpleShear(let flow, let gradient):
        #expect(abs(e[gradient, flow] - 0.13 * s[gradient, gradient]) < 1e-13 * s[gradient, gradient])
      case .pureShear(let a, let b):
        #expect(abs(e[a, a] - exp(0.065) * s[a, a]) < 1e-13 * s[a, a])
        #expect(abs(e[b, b] - exp(-0.065) * s[b, b]) < 1e-13 * s[b, b])
      case .uniaxial(let a):
        for k in 0..<dimension { #expect(abs(e[k, k] - (k == a ? exp(0.13) : 1) * s[k, k]) < 1e-13 * s[k, k]) }
      case .dilation: for k in 0..<dimension { #expect(abs(e[k, k] - exp(0.13) * s[k, k]) < 1e-13 * s[k, k]) }
      case .matrix: break
      }
    }

    /// Shear without end: the tilts of all edges stay within ±1/2, also those of edges that are not the gradient's, and
    /// the strain goes on.
    @Test func tiltsStayBounded() throws {
      let cases: [(Loading.Mode, Int, Bool)] = [
        (.simpleShear(flow: 0, gradient: 1), 2, true), (.simpleShear(flow: 1, gradient: 0), 2, false),
        (.simpleShear(flow: 0, gradient: 1), 3, true), (.simpleShear(flow: 0, gradient: 2), 3, true),
        (.simpleShear(flow: 1, gradient: 2), 3, true), (.simpleShear(flow: 2, gradient: 1), 3, false),
      ]
      for (mode, dimension, tilted) in cases {
        guard case .simpleShear(let flow, _) = mode else { continue }
        for direction in [1.0, -1] {
          let system = try Self.system(dimension, tilted: tilted)
          let narrowest = (0..<dimension).map { system.cell.widths[$0] }.min()!
          let loading = Loading(mode, of: system)
          var flips = 0
          for k in 1...60 {
            let before = system.cell
            try loading.deform(system, to: direction * 0.17 * Double(k))
            #expect(system.strain == direction * 0.17 * Double(k))
            let edges = system.cell.edges
            for edge in 0..<dimension where edge != flow {
              let tilt = edges[edge].dot(edges[flow]) / edges[flow].squaredLength
              #expect(
                abs(tilt) <= 0.5 * (1 + 1e-12) || edge < flow, "\(mode), \(dimension)D: tilt \(tilt) of edge \(edge)")
            }
            if abs(system.cell.edges[0, 1] - before.edges[0, 1]) + abs(system.cell.edges[1, 0] - before.edges[1, 0]) > 3
            {
              flips += 1
            }
            // A box of bounded tilts does not get thin.
            let width = (0..<dimension).map { system.cell.widths[$0] }.min()!
            #expect(width > 0.6 * narrowest, "\(mode), \(dimension)D, strain \(system.strain): \(width)")
          }
          #expect(abs(system.cell.volume) > 0)
        }
      }
    }

    /// A flow edge that stands askew to the flow is sheared too: all edges stay short, and none is lost.
    @Test func askewFlowEdges() throws {
      for (mode, dimension) in [
        (Loading.Mode.simpleShear(flow: 1, gradient: 0), 2), (.simpleShear(flow: 2, gradient: 0), 3),
        (.simpleShear(flow: 2, gradient: 1), 3),
      ] {
        for direction in [1.0, -1] {
          let system = try Self.system(dimension, tilted: true)
          let volume = system.cell.volume
          let loading = Loading(mode, of: system)
          for k in 1...60 {
            try loading.deform(system, to: direction * 0.17 * Double(k))
            let edges = system.cell.edges
            for edge in 0..<dimension {
              for other in 0..<dimension where other != edge {
                let tilt = edges[edge].dot(edges[other]) / edges[other].squaredLength
                #expect(
                  abs(tilt) <= 0.5 * (1 + 1e-12), "\(mode), strain \(system.strain): \(tilt) of \(edge) along \(other)")
              }
            }
            #expect(abs(system.cell.volume - volume) < 1e-10 * volume)
          }
        }
      }
    }

    /// Across a flip the stress curve goes on as in the unflipped basis. Both minima sit at their floors; a difference
    /// of rounding grows little on elastic branches: 1e-10 of the pressure.
    @Test func acrossTheFlip() throws {
      let cases: [([Int], [[Double]])] = [
        ([12, 11], [[14.0, 0], [0.49 * 14, 12.5]]),
        ([6, 6, 6], [[7.6, 0, 0], [0.49 * 7.6, 7.2, 0], [0.1, 0.2, 7.4]]),
      ]
      for (counts, edges) in cases {
        let flipped = try Shearing.glass(counts, edges, seed: 72)
        let unflipped = try Shearing.glass(counts, edges, seed: 72)
        let pressure = try flipped.totals().pressure
        let found = try Shearing.run(flipped, .simpleShear(flow: 0, gradient: 1), by: 0.03, step: 2e-3)
        #expect(flipped.cell.edges[1, 0] < 0, "the run crosses the flip")
        let startEdges = unflipped.cell.edges
        let minimization = Minimization(method: .cg, tolerance: .floor, maximumEvaluations: 1_000_000)
        var worst = 0.0
        var worstMotion = 0.0
        for (k, record) in found.steps.enumerated() {
          let tracker = unflipped.makeDisplacementTracker()
          if k > 0 {
            let map = Tensor(Vector(1, 2e-3, 0), Vector(0, 1, 0), Vector(0, 0, 1))
            let total = Tensor(Vector(1, record.strain, 0), Vector(0, 1, 0), Vector(0, 0, 1))
            var strained = Tensor()
            for m in 0..<3 { strained[m] = total * startEdges[m] }
            try unflipped.deform(by: map, edges: strained, strain: record.strain)
          }
          _ = try minimization.run(unflipped)
          let totals = try unflipped.totals()
          let motion = try DisplacementStatistics(unflipped, tracker)
          worstMotion = max(worstMotion, abs(motion.largest - record.displacementMax))
          for i in 0..<3 { for j in 0..<3 { worst = max(worst, abs(totals.stress[i, j] - record.stress[i, j])) } }
        }
        #expect(worst <= 1e-10 * pressure, "\(counts.count)D: \(worst / pressure) of the pressure")
        #expect(found.steps.map(\.strain) == [0] + StrainSchedule(from: 0, by: 0.03, step: 2e-3).strains)
        // No jump of the particles at the flip either. Positions at the floor are known to 1e-12 over the softest mode.
        #expect(worstMotion < 1e-9, "\(counts.count)D: \(worstMotion)")
      }
    }

    #if arch(x86_64)
      /// After a long shear with many flips and rearrangements the state is still one that brute force agrees with.
      @Test func longShear() throws {
        let cases: [([Int], [[Double]])] = [
          ([11, 10], [[12.5, 0], [0, 11.5]]), ([5, 5, 6], [[6.0, 0, 0], [1, 6.2, 0], [-1, 2.9, 7.0]]),
        ]
        for (counts, edges) in cases {
          let system = try Samples.system(
            Samples.grid(counts, edges: edges, disorder: 0.3, largestSize: 1.3, seed: 73), Shearing.model)
          let found = try Shearing.run(
            system, .simpleShear(flow: 0, gradient: 1), by: 1.7, step: 0.05, tolerance: .largestComponent(1e-8))
          #expect(found.steps.last!.strain == 1.7)
          #expect(abs(system.cell.excessTilt(of: 1, along: 0)) == 0)
          let oracle = Oracle(system, Shearing.model)
          #expect(Float80(abs(found.steps.last!.energyPerParticle * Double(system.totalCount))) > 0)
          #expect(abs(Float80(try system.totals().energy) - oracle.energy) <= 1e-12 * oracle.energy)
          #expect(oracle.forceMax < 1.1e-8)
          #expect(found.steps.allSatisfy { $0.minimization.reason == .converged })
        }
      }
    #endif

    /// yx is xy of the configuration with its axes exchanged; a mirrored one sheared backward is the mirror image.
    @Test func planesAndDirections() throws {
      let plain = try Shearing.glass([12, 11], [[14, 0], [3, 12.5]], seed: 74)
      let pressure = try plain.totals().pressure
      var exchanged = plain.snapshot()
      var mirrored = plain.snapshot()
      let n = plain.totalCount
      exchanged.edges = Tensor(Vector(0, 14, 0), Vector(12.5, 3, 0), Vector(0, 0, 1))
      exchanged.edges = Tensor(exchanged.edges[1], exchanged.edges[0], exchanged.edges[2])
      mirrored.edges[1, 0] *= -1
      for i in 0..<n {
        exchanged.particles.positions.swapAt(2 * i, 2 * i + 1)
        mirrored.particles.positions[2 * i] *= -1
      }
      for k in exchanged.particles.images.indices {
        (exchanged.particles.images[k], mirrored.particles.images[k]) = (0, 0)
      }
      exchanged.particles.fixedPositions = []
      mirrored.particles.fixedPositions = []
      let a = try Shearing.run(plain, .simpleShear(flow: 0, gradient: 1), by: 0.01, step: 1e-3)
      let b = try Shearing.run(
        try Samples.system(exchanged, Shearing.model), .simpleShear(flow: 1, gradient: 0), by: 0.01, step: 1e-3)
      let c = try Shearing.run(
        try Samples.system(mirrored, Shearing.model), .simpleShear(flow: 0, gradient: 1), by: -0.01, step: 1e-3)
      #expect(c.steps.last?.strain == -0.01)
      // Elastic branches from minima at the floor: 1e-10 of the pressure.
      for k in a.steps.indices {
        #expect(abs(a.steps[k].stress[0, 1] - b.steps[k].stress[0, 1]) < 1e-10 * pressure, "step \(k), exchanged")
        #expect(abs(a.steps[k].stress[0, 0] - b.steps[k].stress[1, 1]) < 1e-10 * pressure, "step \(k), exchanged")
        #expect(abs(a.steps[k].stress[0, 1] + c.steps[k].stress[0, 1]) < 1e-10 * pressure, "step \(k), mirrored")
        #expect(abs(a.steps[k].energyPerParticle - c.steps[k].energyPerParticle) < 1e-10 * pressure)
      }
      #expect(abs(a.steps[10].stress[0, 1] - a.steps[0].stress[0, 1]) > 1e-3 * pressure, "the stress changes at all")
    }

    /// dE = V σ:dε along the path: the work of the stress is the energy. Simpson's rule over two steps, on elastic
    /// branches.
    @Test(arguments: [Loading.Mode.simpleShear(flow: 0, gradient: 1), .pureShear(0, 1), .uniaxial(0), .dilation])
    func workIsEnergy(mode: Loading.Mode) throws {
      let system = try ReferenceState.polydisperse.system()
      let loading = Loading(mode, of: system)
      let a = loading.generator
      let volume = system.cell.volume
      let h = 1e-5
      let found = try Shearing.run(system, mode, by: 2 * h, step: h)
      let power = found.steps.map { record -> Double in
        var sum = 0.0
        for i in 0..<2 { for j in 0..<2 { sum += record.stress[i, j] * a[i, j] } }
        return volume * exp(record.strain * a.trace) * sum
      }
      let work = h / 3 * (power[0] + 4 * power[1] + power[2])
      let energy = 1024 * (found.steps[2].energyPerParticle - found.steps[0].energyPerParticle)
      // Energies near 1.2e4 are rounded to 1e-12 each; Simpson's own error is h⁵U⁽⁵⁾, 1e-13.
      #expect(abs(work - energy) < 1e-10, "\(mode): \(work), \(energy)")
      #expect(abs(work) > 1e-4 * 0.01)
    }

    /// A box that gets too thin ends the run with a message, in steps and in an adaptive run.
    @Test func tooThin() throws {
      for events in [nil, EventSearch(smallestStep: 1e-2, displacement: 0.05)] {
        let system = try Shearing.glass([9, 16], [[9.6, 0], [0, 17]], seed: 75)
        let failure = #expect(throws: Failure.self) {
          _ = try Shearing.run(
            system, .pureShear(1, 0), by: 1.5, step: 0.1, events: events, tolerance: .largestComponent(1e-4))
        }
        #expect(failure?.kind == .physics)
        #expect(failure?.message.contains("list ranges") == true, "\(failure?.message ?? "")")
      }
    }

    @Test func notConverged() throws {
      let system = try Shearing.glass([12, 11], [[14, 0], [3, 12.5]], seed: 76)
      let collector = Collector()
      let run = QuasistaticShear(
        system, loading: Loading(.simpleShear(flow: 0, gradient: 1), of: system),
        schedule: StrainSchedule(from: 0, by: 0.1, step: 0.01),
        minimization: Minimization(method: .cg, tolerance: .floor, maximumEvaluations: 20))
      let failure = #expect(throws: Failure.self) { try run.run(collector) }
      #expect(failure?.kind == .notConverged)
      #expect(failure?.message.contains("evaluation limit") == true, "\(failure?.message ?? "")")
    }
  }
}
