import Dynamics
import Foundation
import Geometry
import Interactions
import Particles
import Statics
import TestSupport
import Testing

extension DynamicsTests {
  @Suite struct ImplicitIntegratorTests {
    @Test func trial() throws {
      let rate = Double(ProcessInfo.processInfo.environment["RATE"] ?? "1e-6")!
      let tolerance = Double(ProcessInfo.processInfo.environment["TOL"] ?? "1e-4")!
      let over = ProcessInfo.processInfo.environment["OVER"] != nil
      let last = Double(ProcessInfo.processInfo.environment["LAST"] ?? "1e-2")!
      let system = try ReferenceState.bidisperse.system()
      let loading = Loading(.simpleShear(flow: 0, gradient: 1), of: system)
      let integrator = try ImplicitIntegrator(
        system, EquationsOfMotion(damping: 1), isOverdamped: over, loading: loading,
        limits: .init(tolerance: tolerance))
      try integrator.begin(rate: rate)
      while integrator.time < last / rate {
        let before = integrator.counts
        let e = system.statistics.evaluations
        let step = try integrator.step(to: last / rate)
        let c = integrator.counts
        print(
          String(
            format: "t %.3f h %.4g err %.3g ev %d solves %d products %d stress %.9f", integrator.time, step.timeStep,
            step.error, system.statistics.evaluations - e, c.solves - before.solves, c.products - before.products,
            try system.totals().stress[0, 1]), c.rejected - before.rejected)
      }
      print(integrator.counts, system.statistics, integrator.time / 0.005)
      print(try integrator.transfer())
    }
  }
}
