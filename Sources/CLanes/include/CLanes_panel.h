// Cholesky factorisation of a symmetric matrix within its envelope, in panels of 8 rows, with vector arithmetic.
//
// A panel holds the entries of 8 consecutive rows, column after column, from a column start (a multiple of 8) up to its
// own diagonal tile: row r, column c of panel p stands at values[offset[p] + 8 (c - start[p]) + r]. The upper part of a
// diagonal tile is not used. No operation depends on the width of the CPU's registers, so neither do the results.
#pragma once

// Factors in place, A = L Lᵀ; the reciprocals of the diagonal of L go to inverse. Returns -1, or the number of the
// first row whose pivot is not greater than `smallest`: then the matrix is not positive definite, and values are
// unusable.
long CLanes_factor(double *values, const long *offset, const long *start, long panels, double smallest,
                   double *inverse);

// Solves L Lᵀ x = b in place.
void CLanes_solve(const double *values, const long *offset, const long *start, long panels, const double *inverse,
                  double *b);
