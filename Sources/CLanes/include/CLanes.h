// Some particles side by side, as many as the CPU's registers hold doubles. Swift lowers arithmetic of its own SIMD
// types lane by lane; these inline functions on C vector types become true vector instructions at every CPU target.
#pragma once
#include <stdint.h>

// Wider lanes than registers would work, but the sums of the force loop would then spill.
#if defined(__AVX512F__)
#define CLANES_WIDTH 8
#else
#define CLANES_WIDTH 4
#endif

typedef double CLanes_reals __attribute__((ext_vector_type(CLANES_WIDTH)));
typedef long CLanes_integers __attribute__((ext_vector_type(CLANES_WIDTH)));
typedef long CLanes_record __attribute__((ext_vector_type(4)));

#define CLANES_INLINE static inline __attribute__((always_inline))

CLANES_INLINE CLanes_reals CLanes_add(CLanes_reals a, CLanes_reals b) { return a + b; }
CLANES_INLINE CLanes_reals CLanes_subtract(CLanes_reals a, CLanes_reals b) { return a - b; }
CLANES_INLINE CLanes_reals CLanes_multiply(CLanes_reals a, CLanes_reals b) { return a * b; }
CLANES_INLINE CLanes_reals CLanes_divide(CLanes_reals a, CLanes_reals b) { return a / b; }
CLANES_INLINE CLanes_reals CLanes_fma(CLanes_reals a, CLanes_reals b, CLanes_reals c) {
#pragma clang fp contract(fast)
  return a * b + c;
}
CLANES_INLINE CLanes_reals CLanes_square_root(CLanes_reals a) { return __builtin_elementwise_sqrt(a); }
CLANES_INLINE CLanes_reals CLanes_magnitude(CLanes_reals a) { return __builtin_elementwise_abs(a); }
CLANES_INLINE CLanes_reals CLanes_broadcast(double a) { return (CLanes_reals)(a); }
CLANES_INLINE CLanes_reals CLanes_load(const double *a) { return *(const CLanes_reals *)a; }
CLANES_INLINE void CLanes_store(CLanes_reals a, double *to) { *(CLanes_reals *)to = a; }
CLANES_INLINE CLanes_integers CLanes_less(CLanes_reals a, CLanes_reals b) { return a < b; }
// Bit l is set where lane l of the mask is.
CLANES_INLINE unsigned CLanes_mask_bits(CLanes_integers mask) {
#if defined(__AVX512DQ__)
  return __builtin_ia32_cvtq2mask512((__attribute__((__vector_size__(64))) long long)mask);
#elif defined(__AVX__)
  return __builtin_ia32_movmskpd256((__attribute__((__vector_size__(32))) double)mask);
#else
  unsigned bits = 0;
  for (int l = 0; l < CLANES_WIDTH; ++l) bits |= (mask[l] < 0 ? 1u : 0u) << l;
  return bits;
#endif
}
CLANES_INLINE CLanes_integers CLanes_masks_and(CLanes_integers a, CLanes_integers b) { return a & b; }
CLANES_INLINE CLanes_reals CLanes_smaller(CLanes_reals a, CLanes_reals b) { return a < b ? a : b; }
CLANES_INLINE CLanes_reals CLanes_larger(CLanes_reals a, CLanes_reals b) { return a > b ? a : b; }
CLANES_INLINE CLanes_reals CLanes_select(CLanes_integers mask, CLanes_reals a, CLanes_reals b) {
  return mask ? a : b;
}

CLANES_INLINE CLanes_integers CLanes_integer_broadcast(int64_t a) { return (CLanes_integers)(a); }
CLANES_INLINE CLanes_integers CLanes_integer_subtract(CLanes_integers a, CLanes_integers b) {
  return a - b;
}
CLANES_INLINE CLanes_reals CLanes_from_bits(CLanes_integers a) { return (CLanes_reals)a; }

// Component k of the 32-byte records (three fixed-point coordinates and one double) at the given places. Whole records
// are loaded and transposed; Swift can import neither a structure of vectors nor a pointer to one, so each component is
// a function of its own, and the compiler merges the loads and shuffles that they share.
CLANES_INLINE CLanes_integers CLanes_gather(const int64_t *records, const int32_t *index, int k) {
#define CLANES_LOAD(l) (*(const CLanes_record *)(records + 4 * (int64_t)index[l]))
  CLanes_record r0 = CLANES_LOAD(0), r1 = CLANES_LOAD(1), r2 = CLANES_LOAD(2), r3 = CLANES_LOAD(3);
#if CLANES_WIDTH == 8
  // Records 0 and 4 side by side, and so on: one 512-bit row each; then a 4x4 transpose within each half.
  CLanes_record r4 = CLANES_LOAD(4), r5 = CLANES_LOAD(5), r6 = CLANES_LOAD(6), r7 = CLANES_LOAD(7);
  CLanes_integers a = __builtin_shufflevector(r0, r4, 0, 1, 2, 3, 4, 5, 6, 7);
  CLanes_integers b = __builtin_shufflevector(r1, r5, 0, 1, 2, 3, 4, 5, 6, 7);
  CLanes_integers c = __builtin_shufflevector(r2, r6, 0, 1, 2, 3, 4, 5, 6, 7);
  CLanes_integers d = __builtin_shufflevector(r3, r7, 0, 1, 2, 3, 4, 5, 6, 7);
  CLanes_integers ab, cd;
  if (k % 2 == 0) {
    ab = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
    cd = __builtin_shufflevector(c, d, 0, 8, 2, 10, 4, 12, 6, 14);
  } else {
    ab = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
    cd = __builtin_shufflevector(c, d, 1, 9, 3, 11, 5, 13, 7, 15);
  }
  if (k < 2) return __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13);
  return __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
#else
  CLanes_integers ab, cd;
  if (k % 2 == 0) {
    ab = __builtin_shufflevector(r0, r1, 0, 4, 2, 6);
    cd = __builtin_shufflevector(r2, r3, 0, 4, 2, 6);
  } else {
    ab = __builtin_shufflevector(r0, r1, 1, 5, 3, 7);
    cd = __builtin_shufflevector(r2, r3, 1, 5, 3, 7);
  }
  if (k < 2) return __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  return __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
#endif
#undef CLANES_LOAD
}

// The same for records that stand one after the other.
CLANES_INLINE CLanes_integers CLanes_transpose(const int64_t *records, int k) {
  static const int32_t consecutive[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  return CLanes_gather(records, consecutive, k);
}

CLANES_INLINE CLanes_reals CLanes_gather_double(const double *base, const int32_t *index, long stride) {
  CLanes_reals result;
  for (int l = 0; l < CLANES_WIDTH; ++l) result[l] = base[stride * (long)index[l]];
  return result;
}

// Consecutive numbers at any address.
CLANES_INLINE CLanes_reals CLanes_load_anywhere(const double *a) {
  CLanes_reals result;
  __builtin_memcpy(&result, a, sizeof result);
  return result;
}

// 0, 1, 2, …
CLANES_INLINE CLanes_reals CLanes_ascending(void) {
#if CLANES_WIDTH == 8
  return (CLanes_reals){0, 1, 2, 3, 4, 5, 6, 7};
#else
  return (CLanes_reals){0, 1, 2, 3};
#endif
}

// Truncated to integers, which must be able to hold them.
CLANES_INLINE void CLanes_store_truncated(CLanes_reals a, int32_t *to) {
  typedef int32_t integers __attribute__((ext_vector_type(CLANES_WIDTH)));
  integers whole = __builtin_convertvector(a, integers);
  __builtin_memcpy(to, &whole, sizeof whole);
}

// A mask of the first `count` lanes; all of them where it is larger.
CLANES_INLINE CLanes_integers CLanes_first(long count) {
#if CLANES_WIDTH == 8
  const CLanes_integers lane = {0, 1, 2, 3, 4, 5, 6, 7};
#else
  const CLanes_integers lane = {0, 1, 2, 3};
#endif
  return lane < (CLanes_integers)(count);
}

// The sum over the lanes, in pairs.
CLANES_INLINE double CLanes_total(CLanes_reals a) {
#if CLANES_WIDTH == 8
  return ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]));
#else
  return (a[0] + a[1]) + (a[2] + a[3]);
#endif
}

// Appends first + l to a list for every lane l of the mask, in order, without a branch, and returns how many; the list
// needs room for all lanes. `mask` as CLanes_mask_bits gives it.
CLANES_INLINE long CLanes_append(unsigned mask, int32_t first, int32_t *list) {
  typedef int32_t four __attribute__((ext_vector_type(4)));
  static const four lanes[16] = {
      {0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {2, 0, 0, 0}, {0, 2, 0, 0}, {1, 2, 0, 0}, {0, 1, 2, 0},
      {3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0}, {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3}};
  long count = 0;
  for (int half = 0; half < CLANES_WIDTH; half += 4) {
    unsigned bits = (mask >> half) & 15;
    four found = lanes[bits] + (four)(first + half);
    __builtin_memcpy(list + count, &found, sizeof found);
    count += __builtin_popcount(bits);
  }
  return count;
}
