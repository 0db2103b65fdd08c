/* Arguments of functions as JSON. */
#define _GNU_SOURCE
#include "v1.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void child(Text *text, duckdb_value value, bool path) {
  v1_json(text, value, path);
  duckdb_destroy_value(&value);
}

static void list(Text *text, duckdb_value value, bool path) {
  idx_t count = duckdb_get_list_size(value);
  text_put(text, "[", 1);
  for (idx_t i = 0; i < count; i++) {
    if (i > 0) text_put(text, ",", 1);
    child(text, duckdb_get_list_child(value, i), path);
  }
  text_put(text, "]", 1);
}

static void structure(Text *text, duckdb_value value, duckdb_logical_type type) {
  idx_t count = duckdb_struct_type_child_count(type);
  text_put(text, "{", 1);
  for (idx_t i = 0; i < count; i++) {
    char *name = duckdb_struct_type_child_name(type, i);
    if (i > 0) text_put(text, ",", 1);
    text_json(text, name, strlen(name));
    text_put(text, ":", 1);
    child(text, duckdb_get_struct_child(value, i), false);
    duckdb_free(name);
  }
  text_put(text, "}", 1);
}

static void map(Text *text, duckdb_value value) {
  idx_t count = duckdb_get_map_size(value);
  text_put(text, "{", 1);
  for (idx_t i = 0; i < count; i++) {
    duckdb_value key = duckdb_get_map_key(value, i);
    char *name = duckdb_get_varchar(key);
    if (i > 0) text_put(text, ",", 1);
    text_json(text, name, strlen(name));
    text_put(text, ":", 1);
    child(text, duckdb_get_map_value(value, i), false);
    duckdb_free(name);
    duckdb_destroy_value(&key);
  }
  text_put(text, "}", 1);
}

static bool is_number(duckdb_type id) {
  return (id >= DUCKDB_TYPE_TINYINT && id <= DUCKDB_TYPE_DOUBLE) || id == DUCKDB_TYPE_HUGEINT ||
         id == DUCKDB_TYPE_UHUGEINT || id == DUCKDB_TYPE_DECIMAL;
}

void v1_json(Text *text, duckdb_value value, bool path) {
  if (value == NULL || duckdb_is_null_value(value)) {
    text_put(text, "null", 4);
    return;
  }
  duckdb_logical_type type = duckdb_get_value_type(value); /* the value's own */
  duckdb_type id = duckdb_get_type_id(type);
  if (id == DUCKDB_TYPE_LIST) list(text, value, path);
  else if (id == DUCKDB_TYPE_STRUCT) structure(text, value, type);
  else if (id == DUCKDB_TYPE_MAP) map(text, value);
  else if (id == DUCKDB_TYPE_BOOLEAN) text_add(text, duckdb_get_bool(value) ? "true" : "false");
  else {
    char *shown = duckdb_get_varchar(value), *end = NULL;
    if (shown == NULL) text->broken = true;
    else if (is_number(id) && isfinite(strtod(shown, &end)) && *end == 0) text_add(text, "%.17g", strtod(shown, NULL));
    else if (path) text_path(text, shown, strlen(shown));
    else text_json(text, shown, strlen(shown));
    duckdb_free(shown);
  }
}
