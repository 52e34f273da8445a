import CHDF5
import CShims
import MessagePassing

/// A number that HDF5 stores as itself.
public protocol HDF5Element: MessageElement, AdditiveArithmetic {
  /// HDF5's identifier of the type in memory, which is also the type in the file.
  static var storageType: hid_t { get }
}

extension Double: HDF5Element {
  public static var storageType: hid_t { CShims_h5t_double() }
}
extension Int64: HDF5Element {
  public static var storageType: hid_t { CShims_h5t_int64() }
}
extension Int32: HDF5Element {
  public static var storageType: hid_t { CShims_h5t_int32() }
}
extension UInt8: HDF5Element {
  public static var storageType: hid_t { CShims_h5t_uint8() }
}
