#include <slepceps.h>
