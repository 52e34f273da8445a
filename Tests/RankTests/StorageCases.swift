import Foundation
import Geometry
import MessagePassing
import Particles
import Storage

/// A configuration whose every number follows from the id; ids are dealt out in a way that has nothing to do with
/// blocks.
private func madeUpSnapshot(count: Int, dimension: Int, strain: Double, over world: Communicator) -> Snapshot {
  let quantum = 0x1p-40
  var table = ParticleTable()
  for id in 1...count where (id &* 7919 + id / 3) % world.size == world.rank {
    table.ids.append(Int64(id))
    table.species.append(Int32(id % 3))
    table.diameters.append(1 + 1 / Double(id))
    for c in 0..<dimension {
      let fixed = Int64((id &* 104_729 &+ c &* 7) % 997) << 33 | Int64(id)
      table.fixedPositions.append(fixed)
      table.positions.append(Double(fixed) * quantum)
      table.images.append(Int32((id + c) % 5 - 2))
    }
  }
  var edges = Tensor(Vector(8.5, 0, 0), Vector(0.3 + strain, 9.25, 0), Vector(0, 0, 1))
  if dimension == 3 { edges[2] = Vector(0.1, -0.2, 7.75) }
  var snapshot = Snapshot(dimension: dimension, edges: edges, totalCount: count, particles: table)
  snapshot.strain = strain
  snapshot.speciesCount = 3
  snapshot.hasDiameters = true
  snapshot.quantum = quantum
  return snapshot
}

private func expect(_ condition: Bool, _ what: String, _ world: Communicator) throws {
  try world.coordinated { if !condition { throw Failure(.inputOutput, "rank \(world.rank): \(what)") } }
}

/// Writes every kind of file into a folder and reads it back: `DIRECTORY [COUNT]`. Prints the hash of the state, which
/// must not depend on the number of ranks.
func storageRoundTrip(_ world: Communicator, _ arguments: [String]) throws {
  let directory = arguments[0]
  let count = arguments.count > 1 ? Int(arguments[1])! : 101
  let provenance = Provenance(version: "0.0", build: "test", config: "[loading]\nmode = \"simple-shear\"\n")
  for dimension in [2, 3] {
    let name = "\(directory)/\(dimension)d"
    let snapshot = madeUpSnapshot(count: count, dimension: dimension, strain: 0.1, over: world)
    let hash = try StateHash.sha256(of: snapshot, over: world)
    if world.isRoot { print("\(dimension)d \(hash)") }

    try StateFile.write(snapshot, to: "\(name)-state.h5", provenance: provenance, over: world)
    let state = try StateFile.read("\(name)-state.h5", over: world)
    try expect(state.quantum == snapshot.quantum, "quantum", world)
    try expect(state.particles.fixedPositions.count == state.particles.count * dimension, "fixed positions", world)
    try expect(try StateHash.sha256(of: state, over: world) == hash, "the state file differs", world)

    let writer = try TrajectoryWriter(
      path: "\(name)-trajectory.h5", particles: snapshot, provenance: provenance, over: world)
    for frame in 0..<4 {
      var moved = madeUpSnapshot(count: count, dimension: dimension, strain: 0.1 * Double(frame), over: world)
      moved.strain = 0.1 * Double(frame)
      let ids = moved.particles.ids
      try writer.append(
        step: 10 * frame, snapshot: moved,
        fields: [
          ParticleColumn("d2min", ids.map { Double($0) + 0.5 }),
          ParticleColumn(
            "stress", ids.flatMap { id in (0..<(dimension * dimension)).map { Double(id) + Double($0) } },
            width: dimension * dimension),
          ParticleColumn("cluster", ids.map { Int32($0) }),
        ],
        observables: [
          Observable("energy", Double(frame)),
          Observable("stress", (0..<(dimension * dimension)).map { Double($0) }, shape: [dimension, dimension]),
        ])
    }
    try writer.close()
    let frame = try H5MDReader.read("\(name)-trajectory.h5", frame: 1, over: world)
    try expect(try StateHash.sha256(of: frame, over: world) == hash, "the trajectory differs", world)

    try LammpsDataWriter.write(snapshot, to: "\(name).data", over: world)
    var data = try ConfigurationReader.read(path: "\(name).data", dimension: dimension, over: world)
    data.strain = snapshot.strain
    try expect(try StateHash.sha256(of: data, over: world) == hash, "the LAMMPS data differ", world)
    let frames = FrameWriter(.extendedXYZ, to: "\(name).xyz", over: world)
    try frames.append(snapshot, step: 0)
    try frames.finish()
    let xyz = try ConfigurationReader.read(path: "\(name).xyz", over: world)
    try expect(try StateHash.sha256(of: xyz, over: world) == hash, "the extended XYZ differs", world)

    let table = try TableFile(path: "\(name)-shear.h5", provenance: provenance, over: world)
    try table.createTable("curve", columns: ["step", "strain", "stress_xy"])
    for k in 0..<5 { try table.appendRow(to: "curve", [Double(k), 0.1 * Double(k), -1]) }
    for k in 0..<3 {
      try table.append(
        to: "events",
        [
          Observable("strain_before", Double(k)), Observable("centre", [1, 2], shape: [2]),
          Observable("stress_drop", [1, 2, 3, 4], shape: [2, 2]),
        ])
    }
    try table.write(ResultArray([1.0, 2, 3, 4, 5, 6], shape: [2, 3]), as: "map")
    try table.close()
  }
}

/// The pattern that Open MPI's data sieving corrupts (open-mpi/ompi 12718): ranks write neighbouring pieces of the rows
/// of a small array: `DIRECTORY [REPETITIONS]`.
func storageBlocks(_ world: Communicator, _ arguments: [String]) throws {
  let repetitions = arguments.count > 1 ? Int(arguments[1])! : 10
  let side = 10
  var corrupted = 0
  for repetition in 0..<repetitions {
    let path = "\(arguments[0])/blocks-\(repetition).h5"
    let columns = RowShares(side, over: world).own
    let file = try HDF5File(path, .create, over: world)
    try file.createDataset("/block", of: Double.self, shape: [side, side])
    let values = (0..<side).flatMap { row in columns.map { Double(side * row + $0) } }
    try file.write(values, to: "/block", start: [0, columns.lowerBound], count: [side, columns.count])
    try file.close()
    let back = try HDF5File(path, .read, over: world)
    if try back.readAll(Double.self, from: "/block") != (0..<(side * side)).map({ Double($0) }) { corrupted += 1 }
    try back.close()
  }
  try expect(corrupted == 0, "\(corrupted) of \(repetitions) files are corrupted", world)
}

/// Reads a file and prints its hash: `FILE [DIMENSION]`. A malformed file must end all ranks with one message.
func storageRead(_ world: Communicator, _ arguments: [String]) throws {
  let snapshot = try ConfigurationReader.read(
    path: arguments[0], dimension: arguments.count > 1 ? Int(arguments[1]) : nil, over: world)
  let hash = try StateHash.sha256(of: snapshot, over: world)
  if world.isRoot {
    print("\(snapshot.totalCount) particles, \(snapshot.dimension)d, \(snapshot.speciesCount) species, \(hash)")
  }
}

/// Appends frames to `FILE` until it is killed or has written `FRAMES` frames of `COUNT` particles; what was flushed
/// must be readable.
func storageAppend(_ world: Communicator, _ arguments: [String]) throws {
  let (frames, count) = (Int(arguments[1])!, Int(arguments[2])!)
  var snapshot = madeUpSnapshot(count: count, dimension: 2, strain: 0, over: world)
  let writer = try TrajectoryWriter(
    path: arguments[0], particles: snapshot, provenance: Provenance(version: "0.0", build: "", config: ""), over: world)
  for frame in 0..<frames {
    snapshot.strain = Double(frame)
    try writer.append(
      step: frame, snapshot: snapshot,
      fields: [ParticleColumn("d2min", snapshot.particles.ids.map { Double($0) + Double(frame) })])
  }
  try writer.close()
}

/// Prints the name, the shape and the hash of each dataset of an HDF5 file, and the values of those named: `FILE [NAME
/// …]`.
func storageDatasets(_ world: Communicator, _ arguments: [String]) throws {
  let file = try HDF5File(arguments[0], .read, over: nil)
  func visit(_ group: String) throws {
    for name in try file.names(in: group.isEmpty ? "/" : group).sorted() where name != "parameters" {
      let object = "\(group)/\(name)"
      guard try file.isDataset(object) else {
        try visit(object)
        continue
      }
      // All our numbers but quanta are exact in a double, and those have a checksum of their own.
      let values = try file.readAll(Double.self, from: object)
      var hash = SHA256()
      for value in values { hash.update(value) }
      print("\(object) \(try file.shape(of: object)) \(hash.finished())")
      if arguments.dropFirst().contains(object) { print("values \(values.map { "\($0)" }.joined(separator: " "))") }
    }
  }
  try visit("")
  try file.close()
}

/// Prints what a frame of a trajectory holds: `FILE FRAME`.
func storageFrame(_ world: Communicator, _ arguments: [String]) throws {
  let snapshot = try H5MDReader.read(arguments[0], frame: Int(arguments[1])!, over: world)
  let hash = try StateHash.sha256(of: snapshot, over: world)
  if world.isRoot { print("\(snapshot.totalCount) particles, strain \(snapshot.strain), \(hash)") }
}

/// Reads each HDF5 file of a folder in every way that the library has, whatever it is: `FOLDER`. What is not understood
/// must be refused as input, within 10 s. Names each file before, for those that end the process.
func storageAny(_ world: Communicator, _ arguments: [String]) throws {
  let folder = arguments[0]
  var understood = 0
  for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
    let path = folder + "/" + name
    FileHandle.standardError.write(Data("\(name)\n".utf8))
    let began = Date()
    func attempt(_ work: () throws -> Void) throws {
      do { try work() } catch let failure as Failure where failure.kind == .input && !failure.message.isEmpty { return }
      understood += 1
    }
    try attempt { _ = try FileSummary.describe(path: path) }
    try attempt { _ = try FileVerification.verifyHDF5(path) }
    try attempt { _ = try FileVerification.contents(path) }
    for (dimension, frame) in [(nil, nil), (2, 0), (3, -1)] as [(Int?, Int?)] {
      try attempt {
        var snapshot = try ConfigurationReader.read(path: path, dimension: dimension, frame: frame, over: world)
        let (particles, d) = (snapshot.particles, snapshot.dimension)
        precondition(d == dimension || dimension == nil)
        precondition(particles.positions.count == d * particles.count && particles.images.count == d * particles.count)
        precondition(
          particles.diameters.allSatisfy { $0 > 0 && $0.isFinite } && particles.positions.allSatisfy(\.isFinite))
        precondition(particles.species.allSatisfy { $0 >= 0 && $0 < snapshot.speciesCount } && snapshot.strain.isFinite)
        _ = try snapshot.reduceTilts()
      }
    }
    guard Date().timeIntervalSince(began) < 10 else { throw Failure(.physics, "\(path) takes longer than 10 s") }
  }
  if world.isRoot { print("\(understood) understood") }
}
