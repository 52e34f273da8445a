#include "CToml.h"

#define TOML_EXCEPTIONS 0

// toml++ 3.3 asserts what malformed text breaks ("a = # nothing", "[[[a]]]"; github.com/marzer/tomlplusplus/pull/301):
// the process would abort, or with NDEBUG the compiler would assume that it cannot happen. Without the assertions the
// parser goes on to the check that reports the error.
#undef NDEBUG
#define TOML_ASSERT(expression) static_cast<void>(0)
#include <toml++/toml.h>

struct CToml_document {
  toml::parse_result result;
};

namespace {

const toml::node &node(const void *value) { return *static_cast<const toml::node *>(value); }

CToml_place place(const toml::source_region &region) {
  return {static_cast<int64_t>(region.begin.line), static_cast<int64_t>(region.begin.column)};
}

}  // namespace

CToml_document *CToml_parse(const char *bytes, size_t length) {
  return new CToml_document{toml::parse(std::string_view{bytes, length})};
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

CToml_entry CToml_entry_at(const void *value, size_t index) {
  if (const toml::table *table = node(value).as_table()) {
    const auto entry = std::next(table->begin(), static_cast<std::ptrdiff_t>(index));
    const toml::key &key = entry->first;
    return {{key.data(), key.length()}, place(key.source()), static_cast<const toml::node *>(&entry->second)};
  }
  return {{nullptr, 0}, {0, 0}, &(*node(value).as_array())[index]};
}

CToml_text CToml_string_value(const void *value) {
  const std::string &text = node(value).as_string()->get();
  return {text.data(), text.size()};
}

int64_t CToml_integer_value(const void *value) { return node(value).as_integer()->get(); }
double CToml_float_value(const void *value) { return node(value).as_floating_point()->get(); }
bool CToml_boolean_value(const void *value) { return node(value).as_boolean()->get(); }
