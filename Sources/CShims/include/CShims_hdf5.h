// Named access to HDF5's constants, which are macros over run-time identifiers.
#pragma once
#include <hdf5.h>

static inline hid_t CShims_h5t_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t CShims_h5t_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t CShims_h5t_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t CShims_h5t_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t CShims_h5t_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t CShims_h5t_c_string(void) { return H5T_C_S1; }
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
