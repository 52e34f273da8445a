#include "CToml.h"

#define TOML_EXCEPTIONS 0

// toml++ 3.3 asserts what malformed text breaks ("a = # nothing", "[[[a]]]"; github.com/marzer/tomlplusplus/pull/301):
// the process would abort, or with NDEBUG the compiler would assume that it cannot happen. Without the assertions the
// parser goes on to the check that reports the error.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#define TOML_MAX_NESTED_VALUES CToml_deepest_value
#include <toml++/toml.h>

#include <algorithm>

struct CToml_document {
  toml::parse_result result;
};

namespace {

const toml::node &node(const void *value) { return *static_cast<const toml::node *>(value); }

CToml_place place(const toml::source_region &region) {
  return {static_cast<int64_t>(region.begin.line), static_cast<int64_t>(region.begin.column)};
}

// Where a dotted key has more parts than are allowed; line 0 if none has.
//
// toml++ makes a table for each part and sets no limit, and it removes nested tables, also those of a text with an
// error, by functions that call themselves: some ten thousand dots would overflow the stack. Outside of strings and
// comments, dots that follow each other without one of =,{}[] or a line end belong to one key, or to a number, which
// has one of them.
CToml_place too_deep_key(std::string_view text) {
  int64_t line = 1;
  size_t line_start = 0;
  int dots = 0;
  for (size_t k = 0; k < text.size(); k++) {
    const char c = text[k];
    if (c == '#') {
      k = std::min(text.find('\n', k), text.size()) - 1;
    } else if (c == '"' || c == '\'') {
      const bool is_long = text.substr(k, 3) == std::string(3, c);
      for (k += is_long ? 3 : 1; k < text.size(); k++) {
        if (text[k] == '\n') {
          // A short string does not go on there: an error of the text, which the parser will meet.
          if (!is_long) break;
          line++;
          line_start = k + 1;
        }
        if (c == '"' && text[k] == '\\') k++;
        else if (text[k] == c && (!is_long || text.substr(k, 3) == std::string(3, c))) {
          if (is_long) k += 2;
          break;
        }
      }
      if (k < text.size() && text[k] == '\n') k--;
    } else if (c == '.') {
      if (++dots == CToml_deepest_key) return {line, static_cast<int64_t>(k - line_start) + 1};
    } else if (std::string_view{"=,{}[]\n"}.find(c) != std::string_view::npos) {
      dots = 0;
      if (c == '\n') {
        line++;
        line_start = k + 1;
      }
    }
  }
  return {0, 0};
}

}  // namespace

CToml_document *CToml_parse(const char *bytes, size_t length) {
  const std::string_view text{bytes, length};
  if (const CToml_place deep = too_deep_key(text); deep.line > 0) {
    const auto line = static_cast<toml::source_index>(deep.line);
    const auto column = static_cast<toml::source_index>(deep.column);
    return new CToml_document{toml::parse_result{toml::parse_error{
      "a key of more than " + std::to_string(CToml_deepest_key) + " parts", toml::source_position{line, column}}}};
  }
  return new CToml_document{toml::parse(text)};
}

void CToml_release(CToml_document *document) { delete document; }

CToml_text CToml_error_message(const CToml_document *document) {
  if (document->result.succeeded()) return {nullptr, 0};
  const std::string_view text = document->result.error().description();
  return {text.data(), text.size()};
}

CToml_place CToml_error_place(const CToml_document *document) {
  if (document->result.succeeded()) return {0, 0};
  return place(document->result.error().source());
}

const void *CToml_root(const CToml_document *document) {
  return static_cast<const toml::node *>(&document->result.table());
}

CToml_type CToml_value_type(const void *value) {
  switch (node(value).type()) {
    case toml::node_type::table: return CToml_table;
    case toml::node_type::array: return CToml_array;
    case toml::node_type::string: return CToml_string;
    case toml::node_type::integer: return CToml_integer;
    case toml::node_type::floating_point: return CToml_float;
    case toml::node_type::boolean: return CToml_boolean;
    default: return CToml_date;
  }
}

CToml_place CToml_value_place(const void *value) { return place(node(value).source()); }

size_t CToml_count(const void *value) {
  if (const toml::table *table = node(value).as_table()) return table->size();
  if (const toml::array *array = node(value).as_array()) return array->size();
  return 0;
}

void CToml_entries(const void *value, CToml_entry *entries) {
  if (const toml::table *table = node(value).as_table()) {
    for (auto entry = table->begin(); entry != table->end(); ++entry) {
      const toml::key &key = entry->first;
      *entries++ = {{key.data(), key.length()}, place(key.source()), static_cast<const toml::node *>(&entry->second)};
    }
  } else if (const toml::array *array = node(value).as_array()) {
    for (const toml::node &element : *array) *entries++ = {{nullptr, 0}, {0, 0}, &element};
  }
}

CToml_text CToml_string_value(const void *value) {
  const std::string &text = node(value).as_string()->get();
  return {text.data(), text.size()};
}

int64_t CToml_integer_value(const void *value) { return node(value).as_integer()->get(); }
double CToml_float_value(const void *value) { return node(value).as_floating_point()->get(); }
bool CToml_boolean_value(const void *value) { return node(value).as_boolean()->get(); }
