/*
 * The extension for DuckDB 1.4 and 1.5, by the C API that stays: no conditions reach the scan, one thread keeps the
 * order, and there are no settings: VARVE_LAKE and VARVE_PROGRAM say which lake and which engine. An argument that
 * may be left out is given by its name: diff(a, b, table_name := 't').
 */
#define _GNU_SOURCE
#include "v1.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST_NAME 64

typedef struct {
  Scan *scan;
  Batch batch;
  idx_t at;
  bool full;
} State;

static const char *outside(const char *variable) {
  const char *value = getenv(variable);
  return value == NULL ? "" : value;
}

/* Calls `each` with every name in a list of words. */
static void each_option(const char *options, void (*each)(const char *name, void *data), void *data) {
  char name[LONGEST_NAME];
  while (*options != 0) {
    size_t length = strcspn(options, " ");
    if (length > 0 && length < sizeof name) {
      memcpy(name, options, length);
      name[length] = 0;
      each(name, data);
    }
    options += length + (options[length] == ' ');
  }
}

typedef struct {
  duckdb_bind_info info;
  Text *out;
  size_t before;
} Named;

static void put_name(Named *named, const char *name) {
  if (named->out->length > named->before) text_put(named->out, ",", 1);
  text_json(named->out, name, strlen(name));
  text_put(named->out, ":", 1);
}

static void put_option(const char *name, void *data) {
  Named *named = data;
  duckdb_value value = duckdb_bind_get_named_parameter(named->info, name);
  if (value == NULL) return;
  if (!duckdb_is_null_value(value)) {
    put_name(named, name);
    v1_json(named->out, value, false);
  }
  duckdb_destroy_value(&value);
}

static void request_of(Text *out, const Function *function, duckdb_bind_info info) {
  text_put(out, "\"name\":", 7);
  text_json(out, function->name, strlen(function->name));
  text_put(out, ",\"args\":[", 9);
  for (idx_t i = 0; i < (idx_t)function->positional; i++) {
    duckdb_value value = duckdb_bind_get_parameter(info, i);
    if (i > 0) text_put(out, ",", 1);
    v1_json(out, value, function->paths);
    duckdb_destroy_value(&value);
  }
  text_put(out, "],\"named\":{", 11);
  Named named = {info, out, out->length};
  each_option(function->options, put_option, &named);
  text_put(out, "}}", 2);
}

static void bound_drop(void *data) {
  bound_put(data);
}

static void bind(duckdb_bind_info info) {
  const Function *function = duckdb_bind_get_extra_info(info);
  Failure failure = {0};
  Text request = {0};
  request_of(&request, function, info);
  Bound *bound = bound_new(outside("VARVE_PROGRAM"), outside("VARVE_LAKE"), &request, NULL, NULL, &failure);
  if (bound == NULL) {
    duckdb_bind_set_error(info, failure.text[0] == 0 ? "varve: no memory is left" : failure.text);
    return;
  }
  for (uint32_t i = 0; i < bound->count; i++) {
    duckdb_logical_type type = v1_type(&bound->columns[i]);
    duckdb_bind_add_result_column(info, bound->columns[i].name, type);
    duckdb_destroy_logical_type(&type);
  }
  if (bound->rows != UINT64_MAX) duckdb_bind_set_cardinality(info, bound->rows, bound->exact);
  duckdb_bind_set_bind_data(info, bound, bound_drop);
}

static void state_drop(void *data) {
  State *state = data;
  if (state->full) state->batch.array.release(&state->batch.array);
  scan_put(state->scan);
  free(state);
}

static void init(duckdb_init_info info) {
  Failure failure = {0};
  Bound *bound = duckdb_init_get_bind_data(info);
  idx_t count = duckdb_init_get_column_count(info);
  State *state = calloc(1, sizeof *state);
  uint32_t *columns = calloc(count + 1, sizeof *columns);
  if (state != NULL && columns != NULL) {
    for (idx_t i = 0; i < count; i++) {
      idx_t column = duckdb_init_get_column_index(info, i);
      columns[i] = column < UINT32_MAX ? (uint32_t)column : UINT32_MAX;
    }
    state->scan = scan_start(bound, columns, (uint32_t)count, NULL, NULL, &failure);
  }
  free(columns);
  if (state == NULL || state->scan == NULL) {
    free(state);
    duckdb_init_set_error(info, failure.text[0] == 0 ? "varve: no memory is left" : failure.text);
    return;
  }
  duckdb_init_set_init_data(info, state, state_drop);
  duckdb_init_set_max_threads(info, 1);
}

static void rows(duckdb_function_info info, duckdb_data_chunk output) {
  State *state = duckdb_function_get_init_data(info);
  Failure failure = {0};
  while (!state->full || state->at >= (idx_t)state->batch.array.length) {
    if (state->full) state->batch.array.release(&state->batch.array);
    state->full = false;
    state->at = 0;
    int got = scan_next(state->scan, &state->batch, NULL, NULL, &failure);
    if (got < 0) duckdb_function_set_error(info, failure.text);
    if (got <= 0) {
      duckdb_data_chunk_set_size(output, 0);
      return;
    }
    state->full = true;
  }
  idx_t left = (idx_t)state->batch.array.length - state->at, most = duckdb_vector_size();
  idx_t count = left < most ? left : most;
  const Field *fields = scan_fields(state->scan);
  for (uint32_t i = 0; i < scan_width(state->scan); i++)
    v1_copy(duckdb_data_chunk_get_vector(output, i), &fields[i], state->batch.array.children[i], state->at, count);
  state->at += count;
  duckdb_data_chunk_set_size(output, count);
}

static void replace(duckdb_replacement_scan_info info, const char *name, void *data) {
  (void)data;
  if (!is_replaced(name, strlen(name))) return;
  duckdb_replacement_scan_set_function_name(info, "read_auto");
  duckdb_value path = duckdb_create_varchar(name);
  duckdb_replacement_scan_add_parameter(info, path);
  duckdb_destroy_value(&path);
}

static void add_option(const char *name, void *data) {
  void **both = data;
  duckdb_table_function_add_named_parameter(both[0], name, both[1]);
}

static bool register_function(duckdb_connection connection, const Function *function) {
  duckdb_table_function made = duckdb_create_table_function();
  duckdb_logical_type any = duckdb_create_logical_type(DUCKDB_TYPE_ANY);
  duckdb_table_function_set_name(made, function->name);
  for (int i = 0; i < function->positional; i++) duckdb_table_function_add_parameter(made, any);
  void *both[] = {made, any};
  each_option(function->options, add_option, both);
  duckdb_table_function_set_extra_info(made, (void *)(uintptr_t)function, NULL);
  duckdb_table_function_set_bind(made, bind);
  duckdb_table_function_set_init(made, init);
  duckdb_table_function_set_function(made, rows);
  duckdb_table_function_supports_projection_pushdown(made, true);
  duckdb_state state = duckdb_register_table_function(connection, made);
  duckdb_destroy_logical_type(&any);
  duckdb_destroy_table_function(&made);
  return state == DuckDBSuccess;
}

DUCKDB_EXTENSION_ENTRYPOINT(duckdb_connection connection, duckdb_extension_info info,
                            struct duckdb_extension_access *access) {
  for (size_t i = 0; i < FUNCTION_COUNT; i++) {
    if (register_function(connection, &FUNCTIONS[i])) continue;
    access->set_error(info, "varve: a table function cannot be registered");
    return false;
  }
  duckdb_database *database = access->get_database(info);
  duckdb_add_replacement_scan(*database, replace, NULL, NULL);
  return true;
}
