// Philox 4x32-10 of Random123 as one call: counter and key in, four words out.
#pragma once
#include <stdint.h>
#include <Random123/philox.h>

typedef struct { uint32_t word[4]; } CLanes_random_words;

static inline __attribute__((always_inline)) CLanes_random_words CLanes_philox(
    uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1) {
  philox4x32_ctr_t counter = {{c0, c1, c2, c3}};
  philox4x32_key_t key = {{k0, k1}};
  philox4x32_ctr_t result = philox4x32(counter, key);
  CLanes_random_words words = {{result.v[0], result.v[1], result.v[2], result.v[3]}};
  return words;
}
