/// Dimension of space as a type, so that kernels are compiled for 2 and for 3 dimensions without a branch inside.
public protocol Space {
  static var dimension: Int { get }
}

public enum Plane: Space {
  @inline(__always) public static var dimension: Int { 2 }
}

public enum Volume: Space {
  @inline(__always) public static var dimension: Int { 3 }
}
