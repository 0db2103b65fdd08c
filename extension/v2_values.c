/* DuckDB's values as JSON: arguments of functions, and constants of conditions. */
#define _GNU_SOURCE
#include "v2.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID(name) DUCKDB_V2_LOGICAL_TYPE_ID_##name

static DUCKDB_V2_LOGICAL_TYPE_ID id_of(duckdb_v2_logical_type_handle type) {
  DUCKDB_V2_LOGICAL_TYPE_ID id = ID(INVALID);
  duckdb_v2_logical_type_get_id(type, &id, NULL);
  return id;
}

DUCKDB_V2_LOGICAL_TYPE_ID v2_value_type(duckdb_v2_value_handle value) {
  duckdb_v2_logical_type_handle type = NULL;
  if (duckdb_v2_value_get_logical_type(value, &type, NULL) != DUCKDB_V2_ERROR_NONE) return ID(INVALID);
  DUCKDB_V2_LOGICAL_TYPE_ID id = id_of(type);
  duckdb_v2_logical_type_destroy(&type);
  return id;
}

static bool is_integer(DUCKDB_V2_LOGICAL_TYPE_ID id) {
  return (id >= ID(TINYINT) && id <= ID(BIGINT)) || (id >= ID(UTINYINT) && id <= ID(UBIGINT)) ||
         id == ID(HUGEINT) || id == ID(UHUGEINT);
}

/* As DuckDB prints it; to be freed. */
static char *printed(duckdb_v2_value_handle value) {
  idx_t length = 0;
  duckdb_v2_value_to_string(value, NULL, 0, &length, NULL);
  char *text = malloc(length + 1);
  if (text == NULL) return NULL;
  if (duckdb_v2_value_to_string(value, text, length + 1, &length, NULL) == DUCKDB_V2_ERROR_NONE) return text;
  free(text);
  return NULL;
}

static void children(Text *text, duckdb_v2_value_handle value, DUCKDB_V2_LOGICAL_TYPE_ID id, bool path) {
  duckdb_v2_logical_type_handle type = NULL;
  idx_t count = 0;
  bool named = id == ID(STRUCT);
  if (named && duckdb_v2_value_get_logical_type(value, &type, NULL) != DUCKDB_V2_ERROR_NONE) named = false;
  duckdb_v2_value_get_child_count(value, &count, NULL);
  bool object = named || id == ID(MAP);
  text_put(text, object ? "{" : "[", 1);
  for (idx_t i = 0; i < count; i++) {
    duckdb_v2_value_handle child = NULL, unused = NULL;
    duckdb_v2_str name = {0};
    bool key = id == ID(MAP) && i % 2 == 0;
    if (i > 0) text_put(text, id == ID(MAP) && !key ? ":" : ",", 1);
    if (named && duckdb_v2_logical_type_get_param(type, i, &name, &unused, NULL) == DUCKDB_V2_ERROR_NONE) {
      text_json(text, name.ptr, name.len);
      text_put(text, ":", 1);
      duckdb_v2_value_destroy(&unused);
    }
    if (duckdb_v2_value_get_child(value, i, &child, NULL) != DUCKDB_V2_ERROR_NONE) {
      text_put(text, "null", 4);
      continue;
    }
    char *word = key ? printed(child) : NULL;
    if (word != NULL) text_json(text, word, strlen(word));
    else v2_json(text, child, path);
    free(word);
    duckdb_v2_value_destroy(&child);
  }
  text_put(text, object ? "}" : "]", 1);
  if (type != NULL) duckdb_v2_logical_type_destroy(&type);
}

/* An argument; `path`: texts in it are paths, which the engine must find from its own folder. */
void v2_json(Text *text, duckdb_v2_value_handle value, bool path) {
  bool null = true, truth = false;
  duckdb_v2_value_is_null(value, &null, NULL);
  if (null) {
    text_put(text, "null", 4);
    return;
  }
  DUCKDB_V2_LOGICAL_TYPE_ID id = v2_value_type(value);
  if (id == ID(LIST) || id == ID(ARRAY) || id == ID(STRUCT) || id == ID(MAP) || id == ID(TUPLE)) {
    children(text, value, id, path);
    return;
  }
  duckdb_v2_str words = {0};
  if (id == ID(BOOLEAN)) {
    duckdb_v2_value_get_bool(value, &truth, NULL);
    text_add(text, truth ? "true" : "false");
    return;
  }
  if (id == ID(VARCHAR) && duckdb_v2_value_get_varchar(value, &words, NULL) == DUCKDB_V2_ERROR_NONE) {
    if (path) text_path(text, words.ptr, words.len);
    else text_json(text, words.ptr, words.len);
    return;
  }
  char *shown = printed(value);
  char *end = NULL;
  bool number = is_integer(id) || id == ID(DECIMAL) || id == ID(FLOAT) || id == ID(DOUBLE);
  if (shown == NULL) text->broken = true;
  else if (number && isfinite(strtod(shown, &end)) && *end == 0) text_add(text, "%.17g", strtod(shown, NULL));
  else text_json(text, shown, strlen(shown));
  free(shown);
}

/* `["integer","5"]`; false where it can be no part of a condition that prunes. */
bool v2_constant(Text *text, duckdb_v2_value_handle value) {
  bool null = true;
  duckdb_v2_value_is_null(value, &null, NULL);
  if (null) return false;
  DUCKDB_V2_LOGICAL_TYPE_ID id = v2_value_type(value);
  const char *kind = is_integer(id)             ? "integer"
                     : id == ID(DECIMAL)        ? "decimal"
                     : id == ID(VARCHAR)        ? "text"
                     : id == ID(DATE)           ? "date"
                     : id == ID(TIMESTAMP)      ? "timestamp"
                     : id == ID(TIMESTAMP_TZ)   ? "timestamptz"
                     : id == ID(BOOLEAN)        ? "boolean"
                     : id == ID(DOUBLE)         ? "double"
                                                : NULL;
  if (kind == NULL) return false;
  char *shown = printed(value);
  if (shown == NULL) return false;
  bool plain = id == ID(BOOLEAN) || id == ID(DOUBLE);
  bool good = id != ID(DOUBLE) || isfinite(strtod(shown, NULL));
  if (good) {
    text_add(text, "[\"%s\",", kind);
    if (plain) v2_json(text, value, false);
    else text_json(text, shown, strlen(shown));
    text_put(text, "]", 1);
  }
  free(shown);
  return good;
}

/* To be destroyed; NULL where there is none. */
static duckdb_v2_value_handle setting(duckdb_v2_context_handle context, const char *name) {
  duckdb_v2_config_handle config = NULL;
  duckdb_v2_value_handle value = NULL;
  DUCKDB_V2_SETTING_SCOPE scope;
  if (duckdb_v2_context_get_config(context, &config, NULL) != DUCKDB_V2_ERROR_NONE ||
      duckdb_v2_config_get_option_value(config, NAME(name), &value, &scope, NULL) != DUCKDB_V2_ERROR_NONE)
    return NULL;
  return value;
}

/* Whether DuckDB's own readers may reach files and stores. */
bool v2_is_open(duckdb_v2_context_handle context) {
  duckdb_v2_value_handle value = setting(context, "enable_external_access");
  bool open = true;
  if (value == NULL) return true;
  duckdb_v2_value_get_bool(value, &open, NULL);
  duckdb_v2_value_destroy(&value);
  return open;
}

char *v2_setting(duckdb_v2_context_handle context, const char *name, const char *variable) {
  duckdb_v2_value_handle value = setting(context, name);
  duckdb_v2_str words = {0};
  char *found = NULL;
  if (value != NULL) {
    if (duckdb_v2_value_get_varchar(value, &words, NULL) == DUCKDB_V2_ERROR_NONE)
      found = strndup(words.ptr == NULL ? "" : words.ptr, words.len);
    duckdb_v2_value_destroy(&value);
  }
  /* A setting that nobody set leaves it to the environment. */
  if (found == NULL || found[0] != 0) return found == NULL ? strdup("") : found;
  free(found);
  const char *outside = getenv(variable);
  return strdup(outside == NULL ? "" : outside);
}
