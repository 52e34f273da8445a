import Geometry
import Interactions
import Particles
import QuasistaticShear
import StrainExpansion
import TestSupport
import Testing

extension StrainExpansionTests {
  /// What an independent program found for its configurations.
  struct ReferenceExpansion: Sendable {
    let state: ReferenceState
    let shearModulus: (total: Double, affine: Double)
    let bulkModulus: (total: Double, affine: Double)
    let energy: [Double]
    /// xx, xy, yy of dσ/dγ, d²σ/dγ², d³σ/dγ³ under simple shear.
    let stress: [[Double]]
    /// dP/dη, d²P/dη² under dilation.
    let pressure: [Double]
    /// ‖ẋ‖, ‖ẍ‖, ‖x⃛‖
    let norms: [Double]

    static let all = [
      ReferenceExpansion(
        state: .polydisperse, shearModulus: (61.170104972534986, 116.71625988765295),
        bulkModulus: (343.60429523722047, 343.61921197358583),
        energy: [-479.46659108597635, 72835.10173473951, 68067.86882531655],
        stress: [
          [-2.521053440923939, 61.17010497253496, 6.456925840240521],
          [-116.28719242419685, 57.16637420876738, -489.39178673648377],
          [36251.5009772113, -25564.886409850955, -36685.072067144756],
        ], pressure: [-687.208590474441, 8314.522173919566],
        norms: [44.73584950499949, 1395.8956033982813, 336659.17610732716]),
      ReferenceExpansion(
        state: .bidisperse, shearModulus: (17.53789185790962, 41.91445285892207),
        bulkModulus: (122.28841330138552, 122.31240006548482),
        energy: [70.00747709914505, 20882.327049417945, 143491.65192235936],
        stress: [
          [-1.687263470064703, 17.53789185790962, 1.1356931382120004],
          [276.6548053123788, 120.51056704422882, -437.64677219853405],
          [85480.96129210983, -47949.12120707058, -87827.49645596585],
        ], pressure: [-244.57682660277104, 3005.499635622591],
        norms: [87.61919411570472, 5722.6092684720725, 2285574.276408159]),
      ReferenceExpansion(
        state: .lennardJones, shearModulus: (18.614191853902753, 53.794090521468206),
        bulkModulus: (111.21636072140696, 116.81298844425967),
        energy: [103.30233664780265, 16031.061781662336, 499272.2930905409],
        stress: [
          [-1.3471832652756472, 18.61419185390275, -0.24178920111597316],
          [9.437095458211342, 579.7214418795485, -319.2597266667937],
          [-54557.221109140264, -172687.79506862327, 58397.91003516393],
        ], pressure: [-222.4327214428139, 4655.0147918875655],
        norms: [68.70586583273736, 13226.44430216769, 2148264.710324488]),
    ]
  }

  @Suite(.serialized) struct Reference {
    /// Both programs start from the same file, whose residual forces (6e-12) leave relative errors of some 1e-11 in
    /// third order (Physics: 0.2 to 7 times the largest force, in absolute numbers far below the values here); the
    /// solves go to 1e-12. The components of a tensor are compared to its largest.
    @Test(arguments: 0..<3) func coefficientsAreThoseOfAnIndependentProgram(which: Int) throws {
      let reference = ReferenceExpansion.all[which]
      let glass = try Glass(try reference.state.system())
      let note = reference.state.name
      #expect(glass.null.rattlerCount == 0)
      let shear = try glass.expansion(.simpleShear(flow: 0, gradient: 1))
      for n in 0..<3 {
        let tolerance = [1e-12, 1e-12, 1e-10][n]
        #expect(isClose(shear.energy[n], reference.energy[n], tolerance), "\(note): U \(n + 1) \(shear.energy[n])")
        let largest = reference.stress[n].map(abs).max()!
        let found = shear.stress[n + 1]
        for (a, b) in zip([found[0, 0], found[0, 1], found[1, 1]], reference.stress[n]) {
          #expect(abs(a - b) <= 1e-10 * largest, "\(note): stress \(n + 1) \(a), \(b)")
        }
        #expect(found[0, 1] == found[1, 0])
        let field = [shear.fields.velocity, shear.fields.acceleration, shear.fields.jerk][n]
        let norm = try glass.system.dot(field.values, field.values).squareRoot()
        #expect(isClose(norm, reference.norms[n], 1e-10), "\(note): field \(n + 1) \(norm)")
        #expect(shear.identityErrors[n] <= [1e-12, 1e-12, 1e-10][n], "\(note): \(shear.identityErrors)")
        #expect(shear.fields.solutions[n].residual <= 1e-12)
      }
      let moduli = try ElasticModuli(glass.system, glass.bonds, solver: glass.solver, tolerance: 1e-12)
      let mu = moduli.shearModulus(flow: 0, gradient: 1)
      #expect(isClose(mu.total, reference.shearModulus.total, 1e-11), "\(note): \(mu)")
      #expect(isClose(mu.affine, reference.shearModulus.affine, 1e-13), "\(note): \(mu)")
      #expect(isClose(moduli.bulkModulus.total, reference.bulkModulus.total, 1e-11), "\(note): \(moduli.bulkModulus)")
      #expect(isClose(moduli.bulkModulus.affine, reference.bulkModulus.affine, 1e-13), "\(note): \(moduli.bulkModulus)")

      let dilation = try glass.expansion(.dilation).pressure(dimension: 2)
      for n in 0..<2 { #expect(isClose(dilation[n + 1], reference.pressure[n], 1e-10), "\(note): \(dilation)") }
    }
  }
}

func isClose(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool { abs(a - b) <= tolerance * max(abs(a), abs(b)) }
