#include "CBuild.h"

const char *CBuild_version(void) { return ATHERMAL_VERSION; }
const char *CBuild_commit(void) { return ATHERMAL_COMMIT; }
const char *CBuild_cpu(void) { return ATHERMAL_CPU; }
const char *CBuild_compiler(void) { return __VERSION__; }
