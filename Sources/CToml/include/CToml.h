#pragma once

// TOML 1.0 documents as a read-only tree of values with their places in the text; toml++ does the parsing.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A parsed document, or the reason why there is none. Owns every value and every string reached from it.
typedef struct CToml_document CToml_document;

typedef enum CToml_type {
  CToml_table,
  CToml_array,
  CToml_string,
  CToml_integer,
  CToml_float,
  CToml_boolean,
  CToml_date,  // a date, a time, or both
} CToml_type;

enum { CToml_deepest_key = 32, CToml_deepest_value = 32 };

/// Counted from 1; 0 where toml++ does not know.
typedef struct CToml_place {
  int64_t line;
  int64_t column;
} CToml_place;

/// UTF-8, not terminated.
typedef struct CToml_text {
  const char *bytes;
  size_t length;
} CToml_text;

/// Parses UTF-8 text. Never returns null; release the result with CToml_release. Text that nests deeper than
/// CToml_deepest_key parts of a dotted key, or CToml_deepest_value values in one another, is an error.
CToml_document *CToml_parse(const char *bytes, size_t length);
void CToml_release(CToml_document *document);

/// The error that ended the parse. Its `bytes` are null after success.
CToml_text CToml_error_message(const CToml_document *document);
CToml_place CToml_error_place(const CToml_document *document);

/// The table of everything. Values are opaque pointers that live as long as the document.
const void *CToml_root(const CToml_document *document);
CToml_type CToml_value_type(const void *value);
CToml_place CToml_value_place(const void *value);

/// One entry of a table, or one element of an array (key empty, key place unknown).
typedef struct CToml_entry {
  CToml_text key;
  CToml_place key_place;
  const void *value;
} CToml_entry;

/// How many entries a table or an array has; 0 for scalars.
size_t CToml_count(const void *value);
/// Writes all of them, in order of the keys or the elements, to `entries`, which has room for CToml_count(value).
void CToml_entries(const void *value, CToml_entry *entries);

/// Each needs a value of its own type.
CToml_text CToml_string_value(const void *value);
int64_t CToml_integer_value(const void *value);
double CToml_float_value(const void *value);
bool CToml_boolean_value(const void *value);

#ifdef __cplusplus
}
#endif
