import Foundation
import TestTools

/// Good input, of which tests spoil one thing.
enum Samples {
  /// Particles alone, for any command.
  static let glass = """
    [system]
    generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }
    [potential]
    kind = "polydisperse-ipl"
    [minimizer]
    force_tolerance = 1e-6

    """

  /// Particles alone, for a flow.
  static let mixture = """
    [system]
    generate = { dimension = 2, particles = 200, density = 1.2, seed = 3 }
    [potential]
    kind = "binary-lj"
    [minimizer]
    force_tolerance = 1e-3

    """

  /// A loading of a few steps.
  static let config =
    glass + """
      [loading]
      mode = "simple-shear"
      plane = "xy"
      strain_step = 1e-3
      final_strain = 3e-3

      """

  /// The same for a file of particles. The tolerance is so large that nothing moves: what is reported is what was read.
  static func config(file: String) -> String {
    config.replacing(
      "generate = { dimension = 2, particles = 200, density = 0.86, seed = 3 }", with: "file = \"\(file)\""
    )
    .replacing("1e-6", with: "1e9")
  }

  /// A slightly disturbed square lattice of 100 particles as LAMMPS data; `tilt` of the box in units of length.
  static func lammps(tilt: Double = 0, style: String = "sphere", types: Int = 1, z: Double = 0) -> String {
    var text = "a title\n\n100 atoms\n\(types) atom types\n\n0 12 xlo xhi\n0 12 ylo yhi\n-1 1 zlo zhi\n"
    if tilt != 0 { text += "\(tilt) 0 0 xy xz yz\n" }
    text += "\nAtoms # \(style)\n\n"
    for id in 1...100 {
      let k = id - 1
      let x = 1.2 * Double(k % 10) + 0.1 * sin(Double(7 * id)) + 0.6
      let y = 1.2 * Double(k / 10) + 0.1 * cos(Double(5 * id)) + 0.6
      let size = style == "sphere" ? "\(1 + 0.003 * Double(k)) 1 " : ""
      text += "\(id) \(1 + k % types) \(size)\(x) \(y) \(z)\n"
    }
    return text
  }

  /// The line of an atom.
  static func atom(_ id: Int) -> String {
    lammps().split(separator: "\n").first { $0.hasPrefix("\(id) 1 ") }.map(String.init)!
  }

  static func xyz() -> String {
    var text = "100\nLattice=\"12 0 0 0 12 0 0 0 1\" Properties=species:S:1:pos:R:3:diameter:R:1:id:I:1 pbc=\"T T F\"\n"
    for id in 1...100 {
      let words = atom(id).split(separator: " ")
      text += "A \(words[4]) \(words[5]) 0 \(words[2]) \(id)\n"
    }
    return text
  }
}
