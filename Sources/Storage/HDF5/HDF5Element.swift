import CHDF5
import CShims
import MessagePassing

/// A type of number that HDF5 stores without conversion.
public protocol HDF5Element: MessageElement, AdditiveArithmetic {
  /// Identifier of the type in HDF5, both in memory and in files.
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
