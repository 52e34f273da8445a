// The getters are static inline in the headers; this file lets the package manager build the target, and holds what needs
// definitions that the headers must not make.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include "CShims_files.h"
#include "CShims_hdf5.h"
#include "CShims_memory.h"
#include "CShims_mpi.h"

int CShims_reserve(int descriptor, off_t start, off_t length) {
#ifdef FALLOC_FL_KEEP_SIZE
  return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, start, length);
#else
  (void)descriptor, (void)start, (void)length;
  errno = EOPNOTSUPP;
  return -1;
#endif
}

void CShims_return_large_blocks(void) {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}
