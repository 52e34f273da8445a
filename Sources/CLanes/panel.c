#include "CLanes_panel.h"
#include <math.h>

// Rows of a panel.
enum { P = 8 };
typedef double column __attribute__((ext_vector_type(8), aligned(64)));

// tile -= a bᵀ, for `count` columns of two panels. Registers hold half of the tile where they are four doubles wide.
static inline __attribute__((always_inline)) void subtract_columns(
    double *tile, const double *a, const double *b, long count, const int first, const int width) {
#pragma clang fp contract(fast)
  column *t = (column *)tile;
  column sum[P];
  for (int c = 0; c < width; ++c) sum[c] = t[first + c];
  for (long k = 0; k < count; ++k) {
    const column left = *(const column *)(a + P * k);
    const double *right = b + P * k + first;
    for (int c = 0; c < width; ++c) sum[c] = sum[c] - left * (column)(right[c]);
  }
  for (int c = 0; c < width; ++c) t[first + c] = sum[c];
}

static inline void subtract_product(double *tile, const double *a, const double *b, long count) {
#if defined(__AVX512F__)
  subtract_columns(tile, a, b, count, 0, 8);
#else
  subtract_columns(tile, a, b, count, 0, 4);
  subtract_columns(tile, a, b, count, 4, 4);
#endif
}

// tile := tile L⁻ᵀ for the lower triangle of a diagonal tile.
static inline void divide(double *tile, const double *diagonal, const double *inverse) {
#pragma clang fp contract(fast)
  column *x = (column *)tile;
  for (int c = 0; c < P; ++c) {
    column value = x[c];
    for (int k = 0; k < c; ++k) value = value - x[k] * (column)(diagonal[P * k + c]);
    x[c] = value * (column)(inverse[c]);
  }
}

// Returns -1, or the first column with too small a pivot.
static inline int factor_tile(double *tile, double smallest, double *inverse) {
#pragma clang fp contract(fast)
  column *l = (column *)tile;
  for (int c = 0; c < P; ++c) {
    column value = l[c];
    for (int k = 0; k < c; ++k) value = value - l[k] * (column)(l[k][c]);
    const double pivot = value[c];
    if (!(pivot > smallest)) return c;
    inverse[c] = 1 / sqrt(pivot);
    l[c] = value * (column)(inverse[c]);
  }
  return -1;
}

long CLanes_factor(double *values, const long *offset, const long *start, long panels, double smallest,
                   double *inverse) {
  for (long i = 0; i < panels; ++i) {
    double *row = values + offset[i];
    for (long j = start[i] / P; j < i; ++j) {
      double *tile = row + P * (P * j - start[i]);
      const double *other = values + offset[j];
      const long from = start[i] > start[j] ? start[i] : start[j];
      subtract_product(tile, row + P * (from - start[i]), other + P * (from - start[j]), P * j - from);
      divide(tile, other + P * (P * j - start[j]), inverse + P * j);
    }
    double *diagonal = row + P * (P * i - start[i]);
    subtract_product(diagonal, row, row, P * i - start[i]);
    const int failed = factor_tile(diagonal, smallest, inverse + P * i);
    if (failed >= 0) return P * i + failed;
  }
  return -1;
}

// By address: to pass or return eight doubles by value is another convention on each CPU.
static inline double sum_of(const column *vector) {
  typedef double half __attribute__((ext_vector_type(4)));
  typedef double quarter __attribute__((ext_vector_type(2)));
  const half h = vector->lo + vector->hi;
  const quarter q = h.lo + h.hi;
  return q.x + q.y;
}

void CLanes_solve(const double *values, const long *offset, const long *start, long panels, const double *inverse,
                  double *b) {
#pragma clang fp contract(fast)
  for (long i = 0; i < panels; ++i) {
    const column *row = (const column *)(values + offset[i]);
    const double *known = b + start[i];
    const long count = P * i - start[i];  // a multiple of 8
    column s0 = *(const column *)(b + P * i), s1 = 0, s2 = 0, s3 = 0;
    for (long k = 0; k < count; k += 4) {
      s0 = s0 - row[k] * (column)(known[k]);
      s1 = s1 - row[k + 1] * (column)(known[k + 1]);
      s2 = s2 - row[k + 2] * (column)(known[k + 2]);
      s3 = s3 - row[k + 3] * (column)(known[k + 3]);
    }
    column rest = (s0 + s1) + (s2 + s3);
    const column *diagonal = row + count;
    for (int c = 0; c < P; ++c) {
      const double y = rest[c] * inverse[P * i + c];
      rest = rest - diagonal[c] * (column)(y);
      b[P * i + c] = y;
    }
  }
  for (long i = panels - 1; i >= 0; --i) {
    const double *row = values + offset[i];
    const long count = P * i - start[i];
    const double *diagonal = row + P * count;
    double *x = b + P * i;
    for (int c = P - 1; c >= 0; --c) {
      double value = x[c];
      for (int r = c + 1; r < P; ++r) value = value - diagonal[P * c + r] * x[r];
      x[c] = value * inverse[P * i + c];
    }
    const column found = *(const column *)x;
    double *before = b + start[i];
    for (long k = 0; k < count; ++k) {
      const column product = ((const column *)row)[k] * found;
      before[k] -= sum_of(&product);
    }
  }
}
