// The functions are static inline in the headers; this file lets the package manager build the target.
#include "CLanes.h"
#include "CLanes_single.h"
#include "CLanes_random.h"
