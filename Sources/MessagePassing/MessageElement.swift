import CMPI
import CShims

/// A fixed-size value that MPI can send as it is in memory.
public protocol MessageElement: BitwiseCopyable, Sendable {
  static var datatype: MPI_Datatype { get }
}

extension UInt8: MessageElement {
  public static var datatype: MPI_Datatype { CShims_byte() }
}
extension Int32: MessageElement {
  public static var datatype: MPI_Datatype { CShims_int32() }
}
extension Int64: MessageElement {
  public static var datatype: MPI_Datatype { CShims_int64() }
}
extension Int: MessageElement {
  public static var datatype: MPI_Datatype { CShims_int64() }
}
extension UInt64: MessageElement {
  public static var datatype: MPI_Datatype { CShims_uint64() }
}
extension Double: MessageElement {
  public static var datatype: MPI_Datatype { CShims_double() }
}
