import Configuration
import Foundation
import Measurement
import MessagePassing
import Statistics
import Storage

/// Measurement of shear bands in the profiles of earlier runs, of particles or of blocks: width, centre, localisation,
/// nucleation, and power laws over ensembles. The profiles are small, so rank 0 does all the work.
struct BandsCommand: RunCommand {
  static let canResume = false
  static let outputs = ["bands.h5"]
  static let guide = CommandGuide(
    running: "bands", canResume: canResume, summary: "measure shear bands in epm and shear runs",
    text: "Finds the shear band of each run and measures its width, position, nucleation and growth.",
    examples: ["athermal bands Configs/bands.toml --output runs/b"])

  static var schemas: [(file: String, rows: String, schema: SchemaDescription)] {
    [("bands.h5", "", BandHistory.schema(run: "R").description)]
  }

  let arguments: RunArguments

  static func demand(
    of configuration: BandsConfiguration, on ranks: TargetRanks, over communicator: Communicator
  ) throws -> [String] { [] }

  func compute(_ run: Run<BandsSections>) throws -> Int32 {
    let (configuration, folder, communicator) = (run.configuration, run.folder, run.communicator)
    let bands = try communicator.coordinated { communicator.isRoot ? try Self.measure(configuration) : [] }
    try folder.begin()
    try communicator.coordinated {
      if communicator.isRoot { try Self.write(bands, configuration, to: folder.file("bands.h5")) }
    }
    let summary = BandsSummary(bands, configuration.bands)
    try folder.finish(summary)
    if communicator.isRoot { print(summary.text + "\n" + folder.whereabouts) }
    return 0
  }

  private static func measure(_ configuration: BandsConfiguration) throws -> [BandHistory] {
    let (section, places) = (configuration.bands, configuration.places)
    var bands: [BandHistory] = []
    for path in section.runs {
      let quantity = section.source == .plasticCount ? "plastic_count" : "d2min"
      for profiles in try places.namingPlace(of: "bands.runs", { try PlasticProfiles.read(path, quantity: quantity) }) {
        let rebinned = try places.namingPlace(of: "bands.bin") { try profiles.rebinned(section.bin) }
        bands.append(try places.namingPlace(of: "bands.strain") { try BandHistory(rebinned, section) })
      }
    }
    return bands
  }

  private static func write(_ bands: [BandHistory], _ configuration: BandsConfiguration, to path: String) throws {
    let file = try TableFile(path: path, provenance: Build.provenance(config: configuration.resolved), over: nil)
    for (k, band) in bands.enumerated() {
      try file.write(band, of: BandHistory.schema(run: "\(k)"))
      try file.setAttribute("run", of: "runs/\(k)", to: band.name)
    }
    try file.close()
  }
}

/// The band of one run at each strain of its profiles.
struct BandHistory {
  let name: String
  let strains: [Double]
  let bands: [(axis: Int, band: BandProfile)]
  /// Lengths of the box at the strain at which bands are compared.
  let lengths: [Double]
  let nucleationStrain: Double?
  /// Number of the strain at which bands are compared.
  let place: Int
  let growth: PowerLawFit?

  /// Returns the datasets of a run in bands.h5. Lengths are in blocks, or in λ for particles.
  static func schema(run: String) -> Schema<BandHistory> {
    func column(
      _ name: String, unit: String = "1", _ about: String,
      _ value: @escaping @Sendable ((axis: Int, band: BandProfile)) -> Double
    ) -> Column<BandHistory> {
      .array(name, "[profiles]", unit: unit, about) { ResultArray($0.bands.map(value)) }
    }
    return .arrays(
      in: "runs/\(run)",
      [
        .array("strain", "[profiles]", "of the profile") { ResultArray($0.strains) },
        column("width", unit: "blocks or λ", "width w of the band") { $0.band.width },
        column("full_width_half_maximum", unit: "blocks or λ", "full width at half maximum") {
          $0.band.fullWidthHalfMaximum
        },
        column("centre", unit: "blocks or λ", "place of the band along the axis") { $0.band.centre },
        column("localisation", "how much of the activity is in the band") { $0.band.localisation },
        column("axis", "0, 1, 2: the axis across which the band lies") { Double($0.axis) },
      ])
  }

  init(_ profiles: PlasticProfiles, _ section: BandsSection) throws {
    guard !profiles.strains.isEmpty else { throw Failure(.input, "\(profiles.name): the run has no profiles") }
    name = profiles.name
    strains = profiles.strains
    bands = zip(profiles.values, profiles.thicknesses).map { axes, thicknesses in
      BandProfile.across(zip(axes, thicknesses).map { (profile: $0.0, thickness: $0.1) })
    }
    let localisations = bands.map(\.band.localisation)
    nucleationStrain = BandProfile.nucleation(
      strains: strains, localisations: localisations, peakStrain: profiles.peakStrain)
    if let strain = section.strain {
      guard let index = profiles.strains.firstIndex(where: { $0 >= strain * (1 - 1e-9) }) else {
        throw Failure(
          .input,
          "\(profiles.name): the run ends at strain \(profiles.strains.last!), before bands.strain = \(strain); "
            + "take a smaller one")
      }
      place = index
    } else {
      place = profiles.strains.count - 1
    }
    lengths = profiles.lengths(at: place)
    let from = section.fit?[0] ?? nucleationStrain ?? .infinity
    let to = section.fit?[1] ?? .infinity
    var points: [(x: Double, y: Double)] = []
    for (strain, band) in zip(profiles.strains, bands) where strain >= from && strain <= to {
      points.append((strain, band.band.width))
    }
    growth = PowerLawFit(points)
  }
}

/// Scalars of a `bands` run: of the ensemble, and of each of its runs.
struct BandsSummary: Encodable {
  struct Run: Encodable {
    var run: String
    var strain: Double
    var width: Double
    var fullWidthHalfMaximum: Double
    var centre: Double
    var axis: String
    var localisation: Double
    var length: Double
    var nucleationStrain: Double?
    /// Growth of the width, w ∝ γ^α.
    var growth: PowerLawFit?
  }

  var status = "done"
  var exitCode = 0
  var reason = "all runs were measured"
  var commit = Build.commit
  var build = Build.text
  var source: String
  /// Means over the runs; `axis` is the most frequent one.
  var width: Double?
  var widthError: Double?
  var fullWidthHalfMaximum: Double?
  var centre: Double?
  var axis: String?
  var localisation: Double?
  /// Mean over the runs in which a band nucleates.
  var nucleationStrain: Double?
  var nucleated: Int
  /// Growth of the width, w ∝ γ^α, averaged over the runs.
  var growth: PowerLawFit?
  /// Scaling with the length of the box, w ∝ L^α, over all runs; nil for fewer than three lengths.
  var widthOverLength: PowerLawFit?
  var runs: [Run]

  /// Text for the terminal, in the units of the runs: lengths of particles, or blocks.
  var text: String {
    guard let width, let localisation else { return "no runs were measured" }
    func value(_ x: Double) -> String { String(format: "%.4g", x) }
    let error = widthError.map { " ± \(String(format: "%.2g", $0)) (standard error)" } ?? ""
    let born = nucleationStrain.map { ", at a mean strain of \(value($0))" } ?? ""
    let law = growth.map { String(format: "; w ∝ γ^(%.2f ± %.2f)", $0.exponent, $0.exponentError) } ?? ""
    return
      "\(runs.count) runs: width w = \(value(width))\(error) across \(axis ?? "?"), in the runs' unit of length; "
      + "localisation \(value(localisation)); bands in \(nucleated)\(born)\(law)"
  }

  init(_ bands: [BandHistory], _ section: BandsSection) {
    source = section.source.rawValue
    runs = bands.map { history in
      let (axis, band) = history.bands[history.place]
      return Run(
        run: history.name, strain: history.strains[history.place], width: band.width,
        fullWidthHalfMaximum: band.fullWidthHalfMaximum, centre: band.centre, axis: ["x", "y", "z"][axis],
        localisation: band.localisation, length: history.lengths[axis], nucleationStrain: history.nucleationStrain,
        growth: history.growth)
    }
    func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
    width = mean(runs.map(\.width))
    if let width, runs.count > 1 {
      let n = Double(runs.count)
      widthError = (runs.reduce(0) { $0 + ($1.width - width) * ($1.width - width) } / (n - 1) / n).squareRoot()
    }
    fullWidthHalfMaximum = mean(runs.map(\.fullWidthHalfMaximum))
    centre = runs.count == 1 ? runs[0].centre : nil
    let counts = Dictionary(grouping: runs, by: \.axis).mapValues(\.count)
    axis = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.first?.key
    localisation = mean(runs.map(\.localisation))
    nucleationStrain = mean(runs.compactMap(\.nucleationStrain))
    nucleated = runs.count { $0.nucleationStrain != nil }
    growth = bands.count == 1 ? bands[0].growth : PowerLawFit(ensemble: bands.compactMap(\.growth))
    if Set(runs.map { ($0.length * 1e6).rounded() }).count >= 3 {
      widthOverLength = PowerLawFit(runs.map { (x: $0.length, y: $0.width) })
    }
  }
}
