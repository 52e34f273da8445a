import Configuration
import Foundation
import MessagePassing
import Storage

/// The profiles of plastic activity of a run of either kind. One process reads them.
struct PlasticProfiles {
  /// Name of the folder.
  let name: String
  /// Strains of the profiles without the sign of the loading, ascending.
  let strains: [Double]
  /// Cumulative activity per block or per particle, [strain][axis][bin].
  let values: [[[Double]]]
  /// Thickness of a bin, [strain][axis]: 1 for blocks, a length for particles.
  let thicknesses: [[Double]]
  /// Strain at the largest stress.
  let peakStrain: Double
  /// Returns the length along each axis at one of the strains.
  func lengths(at place: Int) -> [Double] { zip(thicknesses[place], values[place]).map { $0 * Double($1.count) } }

  private static let axes = ["x", "y", "z"]

  /// Reads all runs in a folder: the folder itself, or its realisations.
  static func read(_ folder: String, quantity: String) throws -> [PlasticProfiles] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    if names.contains("epm.h5") {
      guard quantity == "plastic_count" else {
        throw Failure(.input, "\(folder): an epm run has plastic counts alone; set bands.source = \"plastic-count\"")
      }
      return [try PlasticProfiles(lattice: folder)]
    }
    if names.contains("shear.h5") { return [try PlasticProfiles(particles: folder, quantity: quantity)] }
    let realisations = names.filter { $0.hasPrefix("realisation-") }
    guard !realisations.isEmpty else {
      throw Failure(
        .input, "\(folder): there is neither epm.h5 nor shear.h5 nor any realisation in it; name the folder of a run")
    }
    return try realisations.flatMap { try read("\(folder)/\($0)", quantity: quantity) }
  }

  /// Returns the strains without the sign of the loading, and that sign, which makes a
  /// stress along the loading positive.
  /// - Throws: an input failure if the loading turns around, since its bands are then no function of the strain.
  private static func oneWay(_ strains: [Double], _ folder: String) throws -> (strains: [Double], direction: Double) {
    let direction = strains.contains { $0 < 0 } ? -1.0 : 1.0
    let along = strains.map { $0 * direction }
    guard along.allSatisfy({ $0 >= 0 }), zip(along, along.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw Failure(
        .input,
        "\(folder): the loading turns, or begins at another strain and goes through zero; bands are measured in "
          + "loadings that go one way from zero")
    }
    return (along, direction)
  }

  /// Reads a list of numbers. Not collective.
  private static func list(_ name: String, in file: HDF5File) throws -> [Double] {
    try file.readAll(Double.self, from: name, shape: [file.isDataset(name) ? file.numberCount(of: name) : 0])
  }

  private init(lattice folder: String) throws {
    let file = try HDF5File("\(folder)/epm.h5", .read, over: nil)
    let strains = try Self.list("/samples/strain", in: file)
    let shape = try file.isDataset("/stress") ? file.shape(of: "/stress") : []
    let blocks = shape.isEmpty ? 0 : try file.numberCount(of: "/stress")
    guard [2, 3].contains(shape.count), blocks > 0 else {
      throw Failure(.input, "\(folder)/epm.h5: has no /stress in the shape of a lattice; it is not what epm writes")
    }
    var profiles: [[[Double]]] = strains.map { _ in [] }
    for (axis, extent) in shape.enumerated() {
      let across = Double(blocks / extent)
      let counts = try file.readAll(
        Double.self, from: "/samples/yield_counts_\(Self.axes[axis])", shape: [strains.count, extent])
      for k in strains.indices { profiles[k].append(counts[(k * extent)..<((k + 1) * extent)].map { $0 / across }) }
    }
    let at = try Self.list("/avalanches/strain", in: file)
    let stress = try file.readAll(Double.self, from: "/avalanches/stress_before", shape: [at.count])
    let (along, direction) = try Self.oneWay(strains, folder)
    peakStrain = stress.indices.max { direction * stress[$0] < direction * stress[$1] }.map { direction * at[$0] } ?? 0
    try file.close()
    name = folder
    self.strains = along
    values = profiles
    thicknesses = strains.map { _ in shape.map { _ in 1 } }
  }

  private init(particles folder: String, quantity: String) throws {
    let file = try HDF5File("\(folder)/shear.h5", .read, over: nil)
    guard try file.isDataset("/profiles/strain") else {
      throw Failure(
        .input,
        "\(folder)/shear.h5: there are no profiles; the run needs output.profiles = true "
          + "and at least one window of D²min")
    }
    let strains = try Self.list("/profiles/strain", in: file)
    var profiles: [[[Double]]] = strains.map { _ in [] }
    var bins: [Int] = []
    for axis in Self.axes where try file.isDataset("/profiles/\(quantity)_\(axis)") {
      let name = "/profiles/\(quantity)_\(axis)"
      let shape = try file.shape(of: name)
      guard shape.count == 2, shape[0] == strains.count, shape[1] > 0 else {
        throw Failure(.input, "\(folder)/shear.h5: \(name) has the shape \(shape), not [\(strains.count), bins]")
      }
      let numbers = try file.readAll(Double.self, from: name)
      bins.append(shape[1])
      // A slice without particles has no mean, and no activity either.
      for k in strains.indices {
        profiles[k].append(numbers[(k * shape[1])..<((k + 1) * shape[1])].map { $0.isNaN ? 0 : $0 })
      }
    }
    let columns = try file.isDataset("/curve") ? file.textAttribute("columns", of: "/curve") ?? [] : []
    let rows = try columns.isEmpty ? 0 : file.numberCount(of: "/curve") / columns.count
    let curve = try file.readAll(Double.self, from: "/curve", shape: [rows, columns.count])
    let d = bins.count
    let boxes =
      try file.isDataset("/profiles/box")
      ? file.readAll(Double.self, from: "/profiles/box", shape: [strains.count, d, d]) : nil
    let config = try file.readText("/parameters/config")
    try file.close()
    let stress = try Self.workingStress(columns, curve, config, folder)
    let (along, direction) = try Self.oneWay(strains, folder)
    peakStrain = stress.max { direction * $0.stress < direction * $1.stress }.map { direction * $0.strain } ?? 0
    name = folder
    self.strains = along
    values = profiles
    // Files of earlier builds contain no boxes; for them the final box is used.
    let last = try boxes == nil ? Self.lastBox(folder, dimension: d) : []
    thicknesses = strains.indices.map { k in
      let box = boxes.map { Array($0[(k * d * d)..<((k + 1) * d * d)]) } ?? last
      return zip(Self.widths(box, dimension: d), bins).map { $0 / Double($1) }
    }
  }

  /// Returns strain and σ:A of each step.
  private static func workingStress(
    _ columns: [String], _ curve: [Double], _ config: String, _ folder: String
  ) throws -> [(strain: Double, stress: Double)] {
    let mode = TomlText.word("mode", of: "loading", in: config) ?? "unknown"
    guard ["simple-shear", "pure-shear", "uniaxial"].contains(mode) else {
      throw Failure(
        .input, "\(folder): a loading by \(mode) has no shear bands; take simple-shear, pure-shear or uniaxial")
    }
    guard let strain = columns.firstIndex(of: "strain"), let stress = columns.firstIndex(of: "working_stress") else {
      throw Failure(
        .input,
        "\(folder)/shear.h5: the curve has no columns strain and working_stress; runs of versions before 0.2.0 must be "
          + "run again")
    }
    return stride(from: 0, to: curve.count, by: columns.count).map { (curve[$0 + strain], curve[$0 + stress]) }
  }

  /// Returns the edges of the box at the end of a loading, row by row.
  private static func lastBox(_ folder: String, dimension d: Int) throws -> [Double] {
    let file = try HDF5File("\(folder)/state.h5", .read, over: nil)
    let numbers = try file.readAll(Double.self, from: "/particles/trajectory/box/edges/value", shape: [1, d, d])
    try file.close()
    return numbers
  }

  /// Returns the distances between opposite faces of a box.
  private static func widths(_ numbers: [Double], dimension d: Int) -> [Double] {
    let edges = (0..<d).map { i in (0..<3).map { j in j < d ? numbers[i * d + j] : 0 } } + (d == 2 ? [[0, 0, 1]] : [])
    func cross(_ a: [Double], _ b: [Double]) -> [Double] {
      [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    }
    return (0..<d).map { k in
      let normal = cross(edges[(k + 1) % 3], edges[(k + 2) % 3])
      let volume = zip(edges[k], normal).reduce(0) { $0 + $1.0 * $1.1 }
      return abs(volume) / normal.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
  }

  /// Returns the profiles in thicker bins, each the mean of `bin` bins.
  /// - Throws: an input failure if `bin` does not divide all numbers of bins, since widths
  ///   refer to bins of one thickness.
  func rebinned(_ bin: Int) throws -> PlasticProfiles {
    guard bin > 1 else { return self }
    guard let smallest = values.first?.map(\.count).min(), smallest >= 4 * bin else {
      throw Failure(.input, "\(name): bands.bin = \(bin) leaves fewer than four bins of a profile; take a smaller one")
    }
    if let other = values.joined().map(\.count).first(where: { $0 % bin != 0 }) {
      throw Failure(
        .input,
        "\(name): bands.bin = \(bin) does not divide the \(other) bins of a profile; take a divisor of the bins along "
          + "each axis, or 1")
    }
    return PlasticProfiles(self, bin: bin)
  }

  private init(_ other: PlasticProfiles, bin: Int) {
    name = other.name
    strains = other.strains
    peakStrain = other.peakStrain
    values = other.values.map { axes in
      axes.map { profile in
        let count = profile.count / bin
        return (0..<count).map { b in
          let part = profile[(b * bin)..<((b + 1) * bin)]
          return part.reduce(0, +) / Double(part.count)
        }
      }
    }
    thicknesses = other.strains.indices.map { k in
      zip(other.lengths(at: k), other.values[k]).map { $0 / Double($1.count / bin) }
    }
  }
}
