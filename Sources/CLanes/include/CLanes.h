// Eight particles side by side. Swift lowers arithmetic of its own SIMD types lane by lane; these inline functions on
// C vector types become true vector instructions at every CPU target.
#pragma once
#include <stdint.h>

typedef double CLanes_f64x8 __attribute__((ext_vector_type(8)));
typedef long CLanes_i64x8 __attribute__((ext_vector_type(8)));
typedef long CLanes_record __attribute__((ext_vector_type(4)));

#define CLANES_INLINE static inline __attribute__((always_inline))

CLANES_INLINE CLanes_f64x8 CLanes_add(CLanes_f64x8 a, CLanes_f64x8 b) { return a + b; }
CLANES_INLINE CLanes_f64x8 CLanes_subtract(CLanes_f64x8 a, CLanes_f64x8 b) { return a - b; }
CLANES_INLINE CLanes_f64x8 CLanes_multiply(CLanes_f64x8 a, CLanes_f64x8 b) { return a * b; }
CLANES_INLINE CLanes_f64x8 CLanes_divide(CLanes_f64x8 a, CLanes_f64x8 b) { return a / b; }
CLANES_INLINE CLanes_f64x8 CLanes_fma(CLanes_f64x8 a, CLanes_f64x8 b, CLanes_f64x8 c) {
#pragma clang fp contract(fast)
  return a * b + c;
}
CLANES_INLINE CLanes_f64x8 CLanes_square_root(CLanes_f64x8 a) { return __builtin_elementwise_sqrt(a); }
CLANES_INLINE CLanes_f64x8 CLanes_magnitude(CLanes_f64x8 a) { return __builtin_elementwise_abs(a); }
CLANES_INLINE CLanes_f64x8 CLanes_broadcast(double a) { return (CLanes_f64x8)(a); }
CLANES_INLINE CLanes_i64x8 CLanes_less(CLanes_f64x8 a, CLanes_f64x8 b) { return a < b; }
CLANES_INLINE CLanes_i64x8 CLanes_masks_and(CLanes_i64x8 a, CLanes_i64x8 b) { return a & b; }
CLANES_INLINE CLanes_f64x8 CLanes_select(CLanes_i64x8 mask, CLanes_f64x8 a, CLanes_f64x8 b) {
  return mask ? a : b;
}

CLANES_INLINE CLanes_i64x8 CLanes_integer_broadcast(int64_t a) { return (CLanes_i64x8)(a); }
CLANES_INLINE CLanes_i64x8 CLanes_integer_subtract(CLanes_i64x8 a, CLanes_i64x8 b) {
  return a - b;
}
CLANES_INLINE CLanes_f64x8 CLanes_from_bits(CLanes_i64x8 a) { return (CLanes_f64x8)a; }

// Component k of eight 32-byte records (three fixed-point coordinates and one double). Whole records are loaded and
// transposed; Swift can import neither a structure of vectors nor a pointer to one, so each component is a function of its
// own, and the compiler merges the loads and shuffles that they share.
CLANES_INLINE CLanes_i64x8 CLanes_gather(const int64_t *records, const int32_t *index, int k) {
#define CLANES_LOAD(l) (*(const CLanes_record *)(records + 4 * (int64_t)index[l]))
  CLanes_record r0 = CLANES_LOAD(0), r1 = CLANES_LOAD(1), r2 = CLANES_LOAD(2), r3 = CLANES_LOAD(3);
  CLanes_record r4 = CLANES_LOAD(4), r5 = CLANES_LOAD(5), r6 = CLANES_LOAD(6), r7 = CLANES_LOAD(7);
#undef CLANES_LOAD
  // Records 0 and 4 side by side, and so on: one 512-bit or two 256-bit rows; then a 4x4 transpose within each half.
  CLanes_i64x8 a = __builtin_shufflevector(r0, r4, 0, 1, 2, 3, 4, 5, 6, 7);
  CLanes_i64x8 b = __builtin_shufflevector(r1, r5, 0, 1, 2, 3, 4, 5, 6, 7);
  CLanes_i64x8 c = __builtin_shufflevector(r2, r6, 0, 1, 2, 3, 4, 5, 6, 7);
  CLanes_i64x8 d = __builtin_shufflevector(r3, r7, 0, 1, 2, 3, 4, 5, 6, 7);
  CLanes_i64x8 ab, cd;
  if (k % 2 == 0) {
    ab = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
    cd = __builtin_shufflevector(c, d, 0, 8, 2, 10, 4, 12, 6, 14);
  } else {
    ab = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
    cd = __builtin_shufflevector(c, d, 1, 9, 3, 11, 5, 13, 7, 15);
  }
  if (k < 2) return __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13);
  return __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
}

CLANES_INLINE CLanes_f64x8 CLanes_gather_double(const double *base, const int32_t *index, long stride) {
  CLanes_f64x8 result;
  for (int l = 0; l < 8; ++l) result[l] = base[stride * (long)index[l]];
  return result;
}
