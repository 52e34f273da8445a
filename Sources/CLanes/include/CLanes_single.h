// As many singles side by side as CLanes has doubles: half the memory traffic where seven digits are enough.
#pragma once
#include "CLanes.h"

typedef float CLanes_singles __attribute__((ext_vector_type(CLANES_WIDTH)));
typedef float CLanes_single2 __attribute__((ext_vector_type(2)));
typedef float CLanes_single4 __attribute__((ext_vector_type(4)));

CLANES_INLINE CLanes_singles CLanes_singles_broadcast(float a) { return (CLanes_singles)(a); }
CLANES_INLINE CLanes_singles CLanes_singles_load(const float *a) { return *(const CLanes_singles *)a; }
CLANES_INLINE CLanes_singles CLanes_singles_subtract(CLanes_singles a, CLanes_singles b) { return a - b; }
CLANES_INLINE CLanes_singles CLanes_singles_fma(CLanes_singles a, CLanes_singles b, CLanes_singles c) {
#pragma clang fp contract(fast)
  return a * b + c;
}

// Singles as doubles.
CLANES_INLINE CLanes_reals CLanes_widen(const float *a) {
  return __builtin_convertvector(*(const CLanes_singles *)a, CLanes_reals);
}

// Doubles rounded to singles.
CLANES_INLINE void CLanes_narrow(CLanes_reals a, float *to) {
  *(CLanes_singles *)to = __builtin_convertvector(a, CLanes_singles);
}

// Component k of records of two, or of four, singles at the given places; the compiler merges the loads that the
// components share.
CLANES_INLINE CLanes_singles CLanes_gather_single2(const float *records, const int32_t *index, int k) {
#define CLANES_LOAD(l) (*(const CLanes_single2 *)(records + 2 * (int64_t)index[l]))
  CLanes_single4 a = __builtin_shufflevector(CLANES_LOAD(0), CLANES_LOAD(1), 0, 1, 2, 3);
  CLanes_single4 b = __builtin_shufflevector(CLANES_LOAD(2), CLANES_LOAD(3), 0, 1, 2, 3);
  CLanes_single4 ab = k == 0 ? __builtin_shufflevector(a, b, 0, 2, 4, 6) : __builtin_shufflevector(a, b, 1, 3, 5, 7);
#if CLANES_WIDTH == 8
  CLanes_single4 c = __builtin_shufflevector(CLANES_LOAD(4), CLANES_LOAD(5), 0, 1, 2, 3);
  CLanes_single4 d = __builtin_shufflevector(CLANES_LOAD(6), CLANES_LOAD(7), 0, 1, 2, 3);
  CLanes_single4 cd = k == 0 ? __builtin_shufflevector(c, d, 0, 2, 4, 6) : __builtin_shufflevector(c, d, 1, 3, 5, 7);
  return __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7);
#else
  return ab;
#endif
#undef CLANES_LOAD
}

CLANES_INLINE CLanes_single4 CLanes_component(
    CLanes_single4 a, CLanes_single4 b, CLanes_single4 c, CLanes_single4 d, int k) {
  CLanes_single4 ab =
      k % 2 == 0 ? __builtin_shufflevector(a, b, 0, 4, 2, 6) : __builtin_shufflevector(a, b, 1, 5, 3, 7);
  CLanes_single4 cd =
      k % 2 == 0 ? __builtin_shufflevector(c, d, 0, 4, 2, 6) : __builtin_shufflevector(c, d, 1, 5, 3, 7);
  return k < 2 ? __builtin_shufflevector(ab, cd, 0, 1, 4, 5) : __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
}

CLANES_INLINE CLanes_singles CLanes_gather_single4(const float *records, const int32_t *index, int k) {
#define CLANES_LOAD(l) (*(const CLanes_single4 *)(records + 4 * (int64_t)index[l]))
  CLanes_single4 low = CLanes_component(CLANES_LOAD(0), CLANES_LOAD(1), CLANES_LOAD(2), CLANES_LOAD(3), k);
#if CLANES_WIDTH == 8
  CLanes_single4 high = CLanes_component(CLANES_LOAD(4), CLANES_LOAD(5), CLANES_LOAD(6), CLANES_LOAD(7), k);
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
#else
  return low;
#endif
#undef CLANES_LOAD
}
