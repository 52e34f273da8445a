import Foundation
import TestTools

/// LAMMPS, where it is installed: another program that integrates the same equations of motion.
enum Lammps {
  /// Whether lmp is on the PATH, with the package that has lj/smooth/linear.
  static let isInstalled = shell("lmp -h 2>&1 | grep -q lj/smooth/linear") == 0

  /// Runs a script in a folder, at most two minutes.
  /// - Returns: the exit code; log.lammps is in the folder.
  static func run(_ script: String, in folder: TestFolder) throws -> Int32 {
    try folder.file("in.lammps", script)
    return shell("cd '\(folder.path)' && exec timeout 120 lmp -in in.lammps -screen none > /dev/null 2>&1")
  }

  /// The exit code of a command, without what an MPI in this process has left in the environment.
  private static func shell(_ command: String) -> Int32 {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return TestProcess.system("-i", "PATH=\(path)", "HOME=/", "OMP_NUM_THREADS=1", "sh", "-c", command)
  }

  /// A script that shears a glass at rest by `strain` in the plane xy, and leaves the particles in lammps.dump and the
  /// virial stress and the strain in lammps.end.
  /// - Parameters:
  ///   - file: path of the glass, a LAMMPS data file of binary-lj.
  ///   - style: pair style.
  static func shear(
    _ file: String, style: String, mass: Double, damping: Double, rate: Double, strain: Double, timeStep: Double
  ) -> String {
    """
    units lj
    dimension 2
    atom_style atomic
    read_data \(file)
    change_box all triclinic
    pair_style \(style) 2.5
    pair_coeff 1 1 1.0 1.0  2.5
    pair_coeff 1 2 1.5 0.8  2.5
    pair_coeff 2 2 0.5 0.88 2.5
    mass * \(mass)
    neigh_modify every 1 delay 0 check yes
    timestep \(timeStep)
    fix 1 all deform 1 xy erate \(rate) remap x
    fix 2 all nve
    fix 3 all langevin 0 0 \(1 / damping) 1
    fix 4 all enforce2d
    compute virial all pressure NULL virial
    thermo_style custom step c_virial[4]
    run \(Int((strain / rate / timeStep).rounded()))
    write_dump all custom lammps.dump id x y ix iy vx vy modify format float %.17g
    print "$(-c_virial[4]:%.17g) $(xy/ly:%.17g)" file lammps.end
    """
  }
}
