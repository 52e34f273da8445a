// swift-tools-version: 6.2
import PackageDescription

// The CPU that the kernels are compiled for: portable AVX2 by default; ATHERMAL_CPU=native for this machine alone.
#if arch(x86_64)
  let cpu = Context.environment["ATHERMAL_CPU"] ?? "x86-64-v3"
#else
  let cpu = Context.environment["ATHERMAL_CPU"] ?? "native"
#endif

// Every target gets the same CPU, since inlined code is compiled with the flags of its client. Cross-module
// optimisation specialises the generic kernels where they are called.
let swiftFlags: [SwiftSetting] = [
  .unsafeFlags(["-Xcc", "-march=\(cpu)"]),
  // Line numbers for the traces of a crash; full debug information takes longer to write than it is worth.
  .unsafeFlags(["-gline-tables-only"], .when(configuration: .release)),
  // The run-time checks of exclusive access cost a tenth of a force evaluation; debug builds keep them.
  .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  .define("ATHERMAL_DEBUG_CHECKS", .when(configuration: .debug)),
]

// The reading of configurations, the driver and the tests have no hot loops: optimising them took a third of the
// build, and changes no run time that can be measured.
let driverFlags: [SwiftSetting] = [
  .unsafeFlags(["-Xcc", "-march=\(cpu)"]),
  .unsafeFlags(["-Onone", "-gline-tables-only", "-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  .define("ATHERMAL_DEBUG_CHECKS", .when(configuration: .debug)),
]
let cFlags: [CSetting] = [.unsafeFlags(["-march=\(cpu)"])]

// PETSc and SLEPc carry algebraic multigrid, sparse factorisation and eigenpairs; ATHERMAL_PETSC=off builds without
// them.
let hasPETSc = Context.environment["ATHERMAL_PETSC"] != "off"

// The version, here alone; a test compares CITATION.cff, README and CHANGELOG with it.
let version = "0.2.0"

// The commit goes into every file that the program writes. This manifest is not read anew when the commit alone
// changes, so Jobs/build says which it is.
let git = Context.gitInformation
let commit =
  Context.environment["ATHERMAL_COMMIT"] ?? (git?.currentCommit ?? "unknown")
  + (git?.hasUncommittedChanges == true ? "+changes" : "")

/// A Swift library target with the project's flags. Its dependencies are the arrows of Docs/Architecture.md.
func layer(
  _ name: String, _ dependencies: [Target.Dependency], optional: [Target.Dependency] = [],
  flags: [SwiftSetting] = swiftFlags, _ settings: [SwiftSetting] = []
) -> Target {
  .target(name: name, dependencies: dependencies + optional, swiftSettings: flags + settings)
}

let package = Package(
  name: "Athermal",
  products: [.executable(name: "athermal", targets: ["athermal"])],
  targets: [
    // C bindings: one system library per library, one target of getters for their macros, and the vector arithmetic.
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5-openmpi", providers: [.apt(["libhdf5-openmpi-dev"])]),
    .systemLibrary(name: "CPETSc", pkgConfig: "PETSc", providers: [.apt(["libpetsc-real-dev"])]),
    .systemLibrary(name: "CSLEPc", pkgConfig: "SLEPc", providers: [.apt(["libslepc-real-dev"])]),
    // FFTW has no .pc for its MPI part; the module map links both.
    .systemLibrary(name: "CFFTW", pkgConfig: "fftw3", providers: [.apt(["libfftw3-dev", "libfftw3-mpi-dev"])]),
    .target(name: "CShims", dependencies: ["CMPI", "CHDF5"], cSettings: cFlags),
    .target(name: "CLanes", cSettings: cFlags),
    .target(name: "CToml"),
    .target(
      name: "CBuild",
      cSettings: [
        .define("ATHERMAL_VERSION", to: "\"\(version)\""), .define("ATHERMAL_COMMIT", to: "\"\(commit)\""),
        .define("ATHERMAL_CPU", to: "\"\(cpu)\""),
      ]),

    // Layers, lowest first. Imports go upwards in this list, never downwards.
    layer("MessagePassing", ["CMPI", "CShims"]),
    layer("Checkpoints", ["CShims", "MessagePassing"]),
    layer("Geometry", ["CLanes"]),
    layer("Configuration", ["CToml", "MessagePassing"], flags: driverFlags),
    layer("Statistics", ["MessagePassing"]),
    layer("Interactions", ["Geometry"]),
    layer("Particles", ["MessagePassing", "Checkpoints", "Geometry", "Interactions"]),
    layer("Storage", ["CHDF5", "CShims", "MessagePassing", "Checkpoints", "Geometry", "Particles"]),
    layer("Multigrid", ["MessagePassing", "Geometry", "Interactions", "Particles"]),
    layer("Statics", ["MessagePassing", "Checkpoints", "Geometry", "Interactions", "Particles", "Multigrid"]),
    layer(
      "SparseSolvers", ["CMPI", "MessagePassing", "Geometry", "Interactions", "Particles", "Statics"],
      optional: hasPETSc ? ["CPETSc", "CSLEPc"] : [], hasPETSc ? [.define("ATHERMAL_PETSC")] : []),
    layer(
      "Measurement", ["MessagePassing", "Checkpoints", "Geometry", "Statistics", "Interactions", "Particles"]),
    layer(
      "Preparation",
      [
        "MessagePassing", "Checkpoints", "Geometry", "Statistics", "Interactions", "Particles", "Measurement",
      ]),
    layer("QuasistaticShear", ["MessagePassing", "Checkpoints", "Geometry", "Particles", "Statics", "Measurement"]),
    layer("Dynamics", ["MessagePassing", "Checkpoints", "Geometry", "Interactions", "Particles", "Statics"]),
    layer("StrainExpansion", ["MessagePassing", "Checkpoints", "Geometry", "Interactions", "Particles", "Statics"]),
    layer("FourierGrid", ["CFFTW", "CMPI", "MessagePassing", "Geometry"]),
    layer("ElasticLattice", ["MessagePassing", "Geometry", "FourierGrid"]),
    layer("ElastoPlastic", ["MessagePassing", "Checkpoints", "Geometry", "FourierGrid", "ElasticLattice"]),
    layer("MeanField", ["MessagePassing"]),
    layer("YieldStress", ["CLanes", "MessagePassing", "Checkpoints", "Geometry", "Interactions", "Particles"]),

    .executableTarget(
      name: "athermal",
      dependencies: [
        "MessagePassing", "Checkpoints", "Geometry", "Configuration", "Statistics", "Interactions", "Particles",
        "Storage", "Multigrid", "Statics", "Measurement", "Preparation", "QuasistaticShear", "Dynamics",
        "StrainExpansion",
        "YieldStress", "SparseSolvers", "FourierGrid", "ElasticLattice", "ElastoPlastic", "MeanField", "CBuild",
      ],
      swiftSettings: driverFlags + (hasPETSc ? [.define("ATHERMAL_PETSC")] : [])),

    // Tests: one process each, and cases that are started under mpirun.
    .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
    .executableTarget(
      name: "RankTests",
      dependencies: [
        "CAllocationCount",
        "MessagePassing", "Checkpoints", "Geometry", "Statistics", "Interactions", "Particles", "Multigrid", "Storage",
        "Statics", "Measurement", "Preparation", "QuasistaticShear", "Dynamics", "FourierGrid", "ElasticLattice",
        "ElastoPlastic",
      ],
      path: "Tests/RankTests", swiftSettings: swiftFlags),
    .testTarget(
      name: "ConfigurationTests", dependencies: ["Configuration", "MessagePassing"], swiftSettings: driverFlags),
    .testTarget(
      name: "StorageTests",
      dependencies: ["MessagePassing", "Checkpoints", "Geometry", "Particles", "Storage", "TestSupport"],
      swiftSettings: driverFlags),
    // Oracles, samples and the lock that the tests of several modules share.
    .target(
      name: "TestSupport",
      dependencies: ["MessagePassing", "Geometry", "Interactions", "Particles", "Storage"], path: "Tests/TestSupport",
      swiftSettings: swiftFlags),
    .testTarget(name: "ArchitectureTests", dependencies: [], swiftSettings: driverFlags),
    .testTarget(name: "GeometryTests", dependencies: ["Geometry", "TestSupport"], swiftSettings: driverFlags),
    .testTarget(
      name: "MessagePassingTests", dependencies: ["MessagePassing", "TestSupport"], swiftSettings: driverFlags),
    .testTarget(
      name: "StatisticsTests", dependencies: ["MessagePassing", "Geometry", "Statistics", "TestSupport"],
      swiftSettings: driverFlags),
    .testTarget(
      name: "InteractionsTests", dependencies: ["Geometry", "Interactions", "TestSupport"], swiftSettings: driverFlags),
    .testTarget(
      name: "ParticlesTests",
      dependencies: ["MessagePassing", "Geometry", "Interactions", "Particles", "Storage", "Statics", "TestSupport"],
      // Swift 6.3 frees the arguments of a test in the wrong order where they hold SIMD vectors, the caller is not
      // optimised and the callee is: the process aborts.
      swiftSettings: swiftFlags),
    .testTarget(
      name: "MultigridTests",
      dependencies: [
        "MessagePassing", "Geometry", "Interactions", "Particles", "Multigrid", "Statics", "TestSupport",
      ],
      swiftSettings: driverFlags),
    .testTarget(
      name: "StaticsTests",
      dependencies: ["MessagePassing", "Geometry", "Interactions", "Particles", "Statics", "TestSupport"],
      swiftSettings: driverFlags),
    .testTarget(
      name: "MeasurementTests",
      dependencies: [
        "MessagePassing", "Checkpoints", "Geometry", "Statistics", "Interactions", "Particles", "Measurement",
        "TestSupport",
      ],
      swiftSettings: driverFlags),
    .testTarget(
      name: "PreparationTests",
      dependencies: [
        "MessagePassing", "Geometry", "Statistics", "Interactions", "Particles", "Measurement", "Preparation",
        "TestSupport",
      ],
      swiftSettings: driverFlags),
    .testTarget(
      name: "QuasistaticShearTests",
      dependencies: [
        "MessagePassing", "Geometry", "Interactions", "Particles", "Statics", "Measurement", "QuasistaticShear",
        "TestSupport",
      ],
      swiftSettings: driverFlags),
    .testTarget(
      name: "DynamicsTests",
      dependencies: [
        "MessagePassing", "Checkpoints", "Geometry", "Interactions", "Particles", "Statics", "Dynamics", "TestSupport",
      ],
      swiftSettings: swiftFlags),
    .testTarget(
      name: "StrainExpansionTests",
      dependencies: [
        "MessagePassing", "Geometry", "Interactions", "Particles", "Statics", "SparseSolvers", "QuasistaticShear",
        "StrainExpansion", "TestSupport",
      ],
      swiftSettings: swiftFlags + (hasPETSc ? [.define("ATHERMAL_PETSC")] : [])),
    .testTarget(
      name: "FourierGridTests", dependencies: ["MessagePassing", "Geometry", "FourierGrid", "TestSupport"],
      swiftSettings: driverFlags),
    .testTarget(
      name: "ElasticLatticeTests",
      dependencies: ["MessagePassing", "FourierGrid", "ElasticLattice", "TestSupport"],
      swiftSettings: driverFlags),
    .testTarget(
      name: "ElastoPlasticTests",
      dependencies: [
        "MessagePassing", "Geometry", "Statistics", "FourierGrid", "ElasticLattice", "ElastoPlastic", "TestSupport",
      ],
      swiftSettings: driverFlags),
    .testTarget(
      name: "MeanFieldTests", dependencies: ["MessagePassing", "MeanField"], swiftSettings: swiftFlags),
    .testTarget(
      name: "YieldStressTests",
      dependencies: [
        "Geometry", "Interactions", "Particles", "Statics", "YieldStress", "TestSupport",
      ],
      swiftSettings: driverFlags),
    // Starts the two programs, which are built first, and looks at what they print and write.
    .target(name: "TestTools", path: "Tests/TestTools", swiftSettings: driverFlags),
    .testTarget(
      name: "RankTierTests",
      dependencies: ["RankTests", "athermal", "TestTools", "MessagePassing"],
      swiftSettings: driverFlags),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "athermal", "TestTools", "TestSupport", "Configuration", "Particles", "Storage", "MeanField",
        "MessagePassing",
      ],
      swiftSettings: driverFlags),
  ],
  cxxLanguageStandard: .cxx17
)

// Jobs/reliability/fuzz builds the fuzzed parsers, with instrumentation of its own; no other build has them.
if Context.environment["ATHERMAL_FUZZ"] == "on" {
  package.targets += [
    .target(name: "FuzzDriver", path: "Tests/FuzzDriver"),
    .executableTarget(
      name: "fuzz",
      dependencies: ["FuzzDriver", "CToml", "MessagePassing", "Checkpoints", "Particles", "Configuration", "Storage"],
      path: "Tests/Fuzz", exclude: ["Corpus"], swiftSettings: swiftFlags),
  ]
}
