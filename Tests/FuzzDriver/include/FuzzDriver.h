#pragma once

#include <stddef.h>
#include <stdint.h>

/// libFuzzer as a library, which comes with the compiler: calls `test` with input after input, until the `-runs` among
/// the arguments are done or one input brings the process down. Returns the exit code of the process.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *bytes, size_t count));
