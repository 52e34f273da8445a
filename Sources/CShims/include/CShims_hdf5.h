// Named access to HDF5's constants, which are macros over run-time identifiers.
#pragma once
#include <hdf5.h>
#include <string.h>

static inline hid_t CShims_h5t_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t CShims_h5t_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t CShims_h5t_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t CShims_h5t_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t CShims_h5t_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t CShims_h5t_c_string(void) { return H5T_C_S1; }
static inline size_t CShims_h5t_variable(void) { return H5T_VARIABLE; }
static inline hid_t CShims_h5t_std_ref_object(void) { return H5T_STD_REF_OBJ; }
static inline hid_t CShims_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t CShims_h5p_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t CShims_h5p_dataset_transfer(void) { return H5P_DATASET_XFER; }
static inline hid_t CShims_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t CShims_h5p_link_create(void) { return H5P_LINK_CREATE; }
static inline hid_t CShims_h5s_all(void) { return H5S_ALL; }
static inline unsigned CShims_h5f_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned CShims_h5f_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned CShims_h5f_truncate(void) { return H5F_ACC_TRUNC; }
static inline hsize_t CShims_h5s_unlimited(void) { return H5S_UNLIMITED; }
static inline void CShims_h5_silence_error_stack(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

// Links to other files would be opened in passing, whatever they name. What is there by such a name is not found then.
static inline void CShims_h5_forget_external_links(void) { H5Lunregister(H5L_TYPE_EXTERNAL); }

// By which an object is known that has several names; negative on failure.
static inline herr_t CShims_h5o_address(hid_t object, haddr_t *address) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info2_t info;
  herr_t status = H5Oget_info3(object, &info, H5O_INFO_BASIC);
  memcpy(address, &info.token, sizeof *address);
#else
  H5O_info_t info;
  herr_t status = H5Oget_info2(object, &info, H5O_INFO_BASIC);
  *address = info.addr;
#endif
  return status;
}

// Gives each name in a group to `take`, in no order: in HDF5 1.10 the sorted visit of a damaged group of the old kind
// reads freed memory, where the plain one fails. Negative on failure.
struct CShims_NameTaker {
  void (*take)(const char *name, void *context);
  void *context;
};
static inline herr_t CShims_take_name(hid_t group, const char *name, const H5L_info_t *info, void *taker) {
  ((struct CShims_NameTaker *)taker)->take(name, ((struct CShims_NameTaker *)taker)->context);
  return 0;
}
static inline herr_t CShims_h5l_names(hid_t group, void (*take)(const char *name, void *context), void *context) {
  struct CShims_NameTaker taker = {take, context};
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, CShims_take_name, &taker);
}

// What kind of link a name is; negative on failure.
static inline int CShims_h5l_kind(hid_t group, const char *name) {
  H5L_info_t info;
  return H5Lget_info(group, name, &info, H5P_DEFAULT) < 0 ? -1 : (int)info.type;
}
static inline int CShims_h5l_hard(void) { return (int)H5L_TYPE_HARD; }
static inline int CShims_h5l_soft(void) { return (int)H5L_TYPE_SOFT; }
