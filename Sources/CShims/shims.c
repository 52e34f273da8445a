// The getters are static inline in the headers; this file lets the package manager build the target.
#include "CShims_hdf5.h"
#include "CShims_mpi.h"
