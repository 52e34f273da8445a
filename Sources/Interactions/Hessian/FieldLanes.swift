import Geometry

/// A displacement field read for several particles at once.
struct FieldLanes {
  let x: Lanes
  let y: Lanes
  let z: Lanes

  @inline(__always)
  init<S: Space>(gathering field: UnsafePointer<Double>, at index: UnsafePointer<Int32>, in space: S.Type) {
    x = Lanes(gathering: field, at: index, stride: S.dimension)
    y = Lanes(gathering: field + 1, at: index, stride: S.dimension)
    z = S.dimension == 3 ? Lanes(gathering: field + 2, at: index, stride: S.dimension) : Lanes(0)
  }
}
