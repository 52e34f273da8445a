#include "CAllocationCount.h"
#include <stddef.h>

static __thread int isCounting;
static __thread long count;

void CAllocationCount_start(void) {
  count = 0;
  isCounting = 1;
}

long CAllocationCount_stop(void) {
  isCounting = 0;
  return count;
}

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)

// A sanitizer has its own malloc, and calls this after each allocation.
void __sanitizer_malloc_hook(const volatile void *block, size_t size) {
  (void)block, (void)size;
  count += isCounting;
}

#else

// glibc lets a program replace malloc and its kin, and keeps its own under these names.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) {
  count += isCounting;
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count += isCounting;
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  count += isCounting;
  return __libc_realloc(block, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  count += isCounting;
  *block = __libc_memalign(alignment, size);
  return *block ? 0 : 12;
}

void *aligned_alloc(size_t alignment, size_t size) {
  count += isCounting;
  return __libc_memalign(alignment, size);
}

#endif
