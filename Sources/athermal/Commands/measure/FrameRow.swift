import Geometry
import Measurement
import Particles
import Storage

/// What measure.h5 keeps of a frame.
struct FrameRow {
  static let group = "frames"

  /// Number of the frame in the file.
  var frame: Int
  var strain: Double
  var stress: Tensor
  /// σ:A for the generator A of the strain.
  var workingStress: Double
  var energyPerParticle: Double
  /// Number of active particles of the last lag; NaN before the first lag is over.
  var active: Double
  /// Stresses of the blocks, and D²min of the particles if it is kept.
  private let blockStress: ResultArray<Double>
  private let d2min: ResultArray<Double>?

  /// Takes the numbers of the present frame. Collective.
  init(
    _ sequence: FrameSequence, _ totals: Totals, _ active: Int?, _ plastic: PlasticMeasurement, keepsD2min: Bool
  ) throws {
    let system = sequence.system
    frame = sequence.frames.numbers[sequence.place]
    strain = system.strain
    stress = totals.stress
    workingStress = totals.stress.contracted(with: sequence.generator)
    energyPerParticle = totals.energy / Double(system.totalCount)
    self.active = active.map(Double.init) ?? .nan
    blockStress = ResultArray(
      rows: plastic.stresses, firstRow: plastic.blocks.blocks.lowerBound, shape: [plastic.blocks.totalCount])
    guard keepsD2min else {
      d2min = nil
      return
    }
    let values = plastic.d2min.isEmpty ? [Double](repeating: .nan, count: system.ownedCount) : plastic.d2min
    d2min = try ResultArray(values, by: system.identifierBlocks())
  }

  /// Returns the columns of `/frames/curve`.
  static func curve(dimension: Int) -> Schema<FrameRow> {
    .table(
      group + "/curve", dimension: dimension,
      [
        .real("frame", "number of the frame in the trajectory, from 0") { Double($0.frame) },
        .real("strain", "accumulated strain") { $0.strain },
        .tensor("stress", unit: "ε/λ^d", "stress of the forces, tension positive") { $0.stress },
        .real("working_stress", unit: "ε/λ^d", "σ:A, the stress that does the work of the loading") {
          $0.workingStress
        },
        .real("energy_per_particle", unit: "ε", "potential energy per particle") { $0.energyPerParticle },
        .real("active", "particles whose D²min over the last lag is above the threshold; NaN before the first lag") {
          $0.active
        },
      ])
  }

  /// The arrays that have a row for each frame.
  static let fields = Schema<FrameRow>.arrays(
    in: group,
    [
      .array("block_stress", "[frames, blocks]", unit: "ε/λ^d", "σ:A of each block, the last edge fastest") {
        $0.blockStress
      },
      .array(
        "d2min", "[frames, N]", unit: "λ²", "D²min over the last lag by identifier, with `d2min = true`; NaN before"
      ) { $0.d2min },
    ])
}
