import Geometry
import Measurement
import Storage

/// Profiles of plastic activity at the end of a window of strain.
struct ActivityProfile {
  var strain: Double
  var box: Tensor
  /// Number of particles whose D²min is NaN because they have too few neighbours.
  var undefined: Int
  /// Means of the plastic count, of D²min and of the displacement in each slice.
  var profile: Profile

  private static let axes = ["x", "y", "z"]

  /// Returns the series of `/profiles` in shear.h5.
  /// - Parameters:
  ///   - bins: number of slices along each axis.
  ///   - keepsBox: whether the file has the box at each strain; files that early builds began have not.
  static func schema(bins: [Int], keepsBox: Bool = true) -> Schema<ActivityProfile> {
    var columns: [Column<ActivityProfile>] = [
      .real("strain", "at the end of the window", in: .file) { $0.strain },
      .real(
        "d2min_undefined", "number of particles whose D²min is NaN because they have too few neighbours", in: .file
      ) { Double($0.undefined) },
    ]
    if keepsBox {
      columns.append(
        .tensor(
          "box", unit: "λ",
          "edges of the box at that strain, as rows: the thickness of a slice is the distance of opposite faces "
            + "divided by the number of slices", in: .file
        ) { $0.box })
    }
    let quantities = [
      ("plastic_count", "1", "mean plastic count of the particles in a slice"),
      ("d2min", "λ²", "mean D²min over the window"),
      ("displacement", "λ", "mean nonaffine displacement over the window, along the flow (simple shear) or x"),
    ]
    for (q, (name, unit, about)) in quantities.enumerated() {
      for (axis, letter) in zip(bins.indices, axes) {
        columns.append(
          .reals("\(name)_\(letter)", count: bins[axis], of: "n_\(letter)", unit: unit, about) {
            $0.profile.means[q][axis]
          })
      }
    }
    return .series("profiles", dimension: bins.count, columns)
  }

  /// Returns the boundaries of the slices, which are the same at all strains.
  static func edges(dimension: Int) -> Schema<[Int]> {
    .arrays(
      in: "profiles",
      (0..<dimension).map { axis in
        .array("edges_\(axes[axis])", "[n_\(axes[axis])+1]", "boundaries of the slices, as fractions of the edge") {
          let count = $0[axis]
          return ResultArray((0...count).map { Double($0) / Double(count) })
        }
      })
  }
}
