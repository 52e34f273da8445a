import Foundation
import Geometry
import Interactions
import MessagePassing
import Particles
import Statics
import QuasistaticShear
final class Obs: ShearObserver {
  let root: Bool
  init(_ r: Bool) { root = r }
  func completed(_ s: StepRecord, of system: ParticleSystem) throws { if root { print(s.step, s.strain, s.stress[0,1], s.pressure, s.energyPerParticle, s.evaluations, s.forceMax, s.displacementMax) } }
  func found(_ e: PlasticEvent, in system: ParticleSystem) throws { if root { print("event", e) } }
}

func readSimple(_ path: String, sphere: Bool, rep: Int) -> Snapshot {
  let lines = try! String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
  var table = ParticleTable()
  var n = 0
  var L = 0.0
  var inAtoms = false
  for l in lines {
    let w = l.split(separator: " ")
    if w.count >= 2, w[1] == "atoms" { n = Int(w[0])! }
    if l.hasSuffix("xlo xhi") { L = Double(w[1])! }
    if l.hasPrefix("Atoms") { inAtoms = true; continue }
    if inAtoms, w.count > 4 {
      for a in 0..<rep { for b in 0..<rep {
      table.ids.append(Int64(w[0])! + Int64(n * (a * rep + b)))
      table.species.append(Int32(w[1])! - 1)
      table.diameters.append(sphere ? Double(w[2])! : 1)
      table.positions.append(Double(w[sphere ? 4 : 2])! + Double(a) * L)
      table.positions.append(Double(w[sphere ? 5 : 3])! + Double(b) * L)
      }}
    }
  }
  let R = Double(rep)
  return Snapshot(dimension: 2, edges: Tensor([[L*R, 0, 0], [0, L*R, 0], [0, 0, 1]]), totalCount: n * rep * rep, particles: table)
}

let code = MessagePassing.run { world in
  let rep = Int(CommandLine.arguments[2])!
  for (name, model, sphere) in [
    ("ipl2d_n1024", PairModel.polydisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1), true),
    ("bi2d_n1024", .bidisperseIPL(exponent: 10, smoothing: 3, cutoff: 1.4), false),
    ("lj2d_n1024", .binaryLJ(cutoff: 2.5, truncation: .energyShift), false),
    ("ipl2d_n1024", .polydisperseIPL(exponent: 12, smoothing: 3, cutoff: 1.4, nonadditivity: 0.1), true),
  ] {
    var snap = readSimple(CommandLine.arguments[1] + "/\(name).data", sphere: sphere, rep: rep)
    if world.rank > 0 { snap.particles = ParticleTable() }
    let system = try ParticleSystem(snap, interaction: model.compiled(dimension: 2), skin: 0.3, communicator: world)
    try system.evaluate(.forcesEnergyAndStress)
    let t = try system.totals()
    let f = try system.largestComponent(system.forces, width: 2)
    if CommandLine.arguments.count > 5 {
      let m = Minimization.Method(rawValue: CommandLine.arguments[3])!
      let ad = CommandLine.arguments[5] == "adaptive"
      let t0 = Date()
      let q = QuasistaticShear(system, loading: Loading(.simpleShear(flow: 0, gradient: 1), of: system), schedule: StrainSchedule(from: 0, by: Double(CommandLine.arguments[4])!, step: 1e-3), minimization: Minimization(method: m, tolerance: .floor, maximumEvaluations: 1000000), events: ad ? EventSearch(smallestStep: 1e-7, displacement: 0.05) : nil)
      try q.run(Obs(world.isRoot))
      if world.isRoot { print(Date().timeIntervalSince(t0)) }
      continue
    }
    if CommandLine.arguments.count > 3 {
      let m = Minimization.Method(rawValue: CommandLine.arguments[3])!
      let random = system.makeField(width: 2)
      for i in 0..<system.ownedCount { let r = RandomStream(seed: 1, purpose: .startVector).uniformPair(item: Int(system.id(i))); random.values[2*i] = r.0 - 0.5; random.values[2*i+1] = r.1 - 0.5 }
      system.move(along: random.values, by: Double(CommandLine.arguments[4])!)
      let t0 = Date()
      let r = try Minimization(method: m, tolerance: .floor, maximumEvaluations: 200000).run(system)
      let t = try system.totals()
      if world.isRoot { print(name, m, t.energy / Double(system.totalCount), t.stress[0,1], r, Date().timeIntervalSince(t0)) }
      continue
    }
    let bonds = try system.bondStatistics()
    var best = 1e9, bestF = 1e9
    for _ in 0..<30 {
      let a = Date(); try system.evaluate(.forcesEnergyAndStress); best = min(best, Date().timeIntervalSince(a))
      let b = Date(); try system.evaluate(.forces); bestF = min(bestF, Date().timeIntervalSince(b))
    }
    let a = Date(); try system.rebuild(); let tr = Date().timeIntervalSince(a)
    let a2 = Date(); _ = try system.totals(); let tt = Date().timeIntervalSince(a2)
    let a3 = Date(); _ = try system.dots([(system.forces, system.forces),(system.forces, system.forces),(system.forces, system.forces)], width: 2); let td = Date().timeIntervalSince(a3)
    if world.isRoot {
      print(name, t.energy / Double(system.totalCount), t.pressure, t.stress[0, 1], f, bonds)
      print("  ns/pair full", best * 1e9 / Double(system.listedPairs), "force only", bestF * 1e9 / Double(system.listedPairs), "ms", best * 1e3, "pad", system.padding, "rebuild ms", tr * 1e3, "totals", tt*1e3, "dots", td*1e3)
    }
  }
  return 0
}
exit(code)
