// File calls that the system headers hide from Swift.
#pragma once
#include <sys/types.h>

// From now on each line of the standard output is written when it ends, also where that is a file.
void CShims_write_lines(void);

// Reserves disk space for a range of a file without changing its length; 0, or -1 with errno, which is EOPNOTSUPP where
// the file system knows no reservations.
int CShims_reserve(int descriptor, off_t start, off_t length);
