/* Rows for DuckDB 2.0: batches of shared memory through its Arrow importer, one importer a thread. */
#define _GNU_SOURCE
#include "v2.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a chunk, as every engine of DuckDB has them. */
#define CHUNK 2048
#define THREADS 4

typedef struct {
  duckdb_v2_arrow_importer_handle importer;
  struct ArrowArray kept; /* of a batch whose rows are copied, until the last of them is */
  uint64_t ordinal;
  bool filled;
} Local;

typedef bool (*IsInterrupted)(const void *client);
static IsInterrupted is_interrupted;
static pthread_once_t looked_up = PTHREAD_ONCE_INIT;

/* The API has no such question; Python's DuckDB exports its own. Where none is found, cancels are seen later. */
static void look_up(void) {
  Dl_info library;
  void *known = (void *)(uintptr_t)duckdb_v2_context_get_config;
  if (known == NULL || dladdr(known, &library) == 0 || library.dli_fname == NULL) return;
  void *handle = dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == NULL) return;
  void *symbol = dlsym(handle, "_ZNK6duckdb13ClientContext13IsInterruptedEv");
  memcpy(&is_interrupted, &symbol, sizeof symbol);
  dlclose(handle);
}

bool v2_stopped(void *context) {
  pthread_once(&looked_up, look_up);
  if (is_interrupted == NULL || context == NULL) return false;
  /* The client is the second word of what a context handle points at. */
  const void *client = ((void **)context)[1];
  return client != NULL && is_interrupted(client);
}

static void scan_drop(void *data) {
  scan_put(data);
}

void v2_init_global(duckdb_v2_table_function_init_global_info_handle info, duckdb_v2_context_handle context,
                    duckdb_v2_error_info_handle *error) {
  void *bound = NULL;
  idx_t count = 0;
  Failure failure = {0};
  duckdb_v2_table_function_init_global_get_bind_data(info, &bound, NULL);
  duckdb_v2_table_function_init_global_get_column_count(info, &count, NULL);
  uint32_t *columns = calloc(count + 1, sizeof *columns);
  if (bound == NULL || columns == NULL) {
    free(columns);
    v2_raise(error, "varve: no memory is left");
    return;
  }
  for (idx_t i = 0; i < count; i++) {
    idx_t column = UINT32_MAX;
    duckdb_v2_table_function_init_global_get_column_index(info, i, &column, NULL);
    columns[i] = column < UINT32_MAX ? (uint32_t)column : UINT32_MAX;
  }
  Scan *scan = scan_start(bound, columns, (uint32_t)count, v2_stopped, context, &failure);
  free(columns);
  if (scan == NULL) {
    v2_report(error, &failure);
    return;
  }
  duckdb_v2_opaque state = {scan, scan_drop, NULL};
  if (duckdb_v2_table_function_init_global_set_global_state(info, &state, NULL) != DUCKDB_V2_ERROR_NONE) {
    scan_put(scan);
    v2_raise(error, "varve: the scan cannot be kept");
    return;
  }
  duckdb_v2_table_function_init_global_set_max_threads(info, THREADS, NULL);
}

static void local_drop(void *data) {
  Local *local = data;
  if (local->importer != NULL) duckdb_v2_arrow_importer_destroy(&local->importer);
  if (local->kept.release != NULL) local->kept.release(&local->kept);
  free(local);
}

void v2_init_local(duckdb_v2_table_function_init_local_info_handle info, duckdb_v2_context_handle context,
                   duckdb_v2_error_info_handle *error) {
  void *scan = NULL;
  Failure failure = {0};
  duckdb_v2_error_info_handle own = NULL;
  struct ArrowSchema schema;
  duckdb_v2_table_function_init_local_get_global_state(info, &scan, NULL);
  Local *local = calloc(1, sizeof *local);
  if (scan == NULL || local == NULL || !field_schema(scan_fields(scan), scan_width(scan), &schema)) {
    free(local);
    v2_raise(error, "varve: no memory is left");
    return;
  }
  bool made = v2_tried(duckdb_v2_arrow_importer_create(context, &schema, CHUNK, &local->importer, &own), &own, &failure);
  schema.release(&schema);
  duckdb_v2_opaque state = {local, local_drop, NULL};
  if (made)
    made = v2_tried(duckdb_v2_table_function_init_local_set_local_state(info, &state, &own), &own, &failure);
  if (made) return;
  local_drop(local);
  v2_report(error, &failure);
}

/* The next rows of this thread: 1, none: 0, failure: -1. */
static int next_chunk(Scan *scan, Local *local, duckdb_v2_context_handle context, duckdb_v2_data_chunk_handle *chunk,
                      Failure *failure) {
  for (;;) {
    duckdb_v2_error_info_handle own = NULL;
    *chunk = NULL;
    if (local->filled &&
        !v2_tried(duckdb_v2_arrow_importer_next_chunk(local->importer, chunk, &own), &own, failure))
      return -1;
    if (*chunk != NULL) return 1;
    local->filled = false;
    if (local->kept.release != NULL) local->kept.release(&local->kept);
    Batch batch;
    int got = scan_next(scan, &batch, v2_stopped, context, failure);
    if (got <= 0) return got;
    local->ordinal = batch.ordinal;
    local->filled = true;
    local->kept = batch.array;
    /* Taken over, its release is gone; kept, it is released when its rows are through. */
    if (!v2_tried(duckdb_v2_arrow_importer_append(local->importer, &local->kept, !batch.copy, true, &own), &own,
                  failure))
      return -1;
    if (!batch.copy) local->kept.release = NULL;
  }
}

void v2_exec(duckdb_v2_table_function_exec_info_handle info, duckdb_v2_context_handle context,
             duckdb_v2_error_info_handle *error) {
  void *scan = NULL, *state = NULL;
  Failure failure = {0};
  duckdb_v2_data_chunk_handle chunk = NULL, out = NULL;
  duckdb_v2_table_function_exec_get_global_state(info, &scan, NULL);
  duckdb_v2_table_function_exec_get_local_state(info, &state, NULL);
  if (scan == NULL || state == NULL) {
    v2_raise(error, "varve: a scan without its state");
    return;
  }
  int got = next_chunk(scan, state, context, &chunk, &failure);
  if (got < 0) v2_report(error, &failure);
  if (got <= 0) return;
  duckdb_v2_error_info_handle own = NULL;
  bool well = v2_tried(duckdb_v2_table_function_exec_get_output_chunk(info, &out, &own), &own, &failure);
  uint32_t width = scan_width(scan);
  for (uint32_t i = 0; well && i < width; i++) {
    duckdb_v2_vector_handle from = NULL, to = NULL;
    well = v2_tried(duckdb_v2_data_chunk_get_vector(chunk, i, &from, &own), &own, &failure) &&
           v2_tried(duckdb_v2_data_chunk_get_vector(out, i, &to, &own), &own, &failure) &&
           v2_tried(duckdb_v2_vector_reference(to, from, &own), &own, &failure);
  }
  duckdb_v2_data_chunk_destroy(&chunk);
  if (!well) v2_report(error, &failure);
}

void v2_progress(duckdb_v2_table_function_progress_info_handle info, duckdb_v2_context_handle context,
                 duckdb_v2_error_info_handle *error) {
  (void)context;
  (void)error;
  void *scan = NULL;
  duckdb_v2_table_function_progress_get_global_state(info, &scan, NULL);
  double part = scan == NULL ? -1 : scan_progress(scan);
  if (part >= 0) duckdb_v2_table_function_progress_set_progress(info, part > 1 ? 100 : part * 100, NULL);
}

void v2_partition(duckdb_v2_table_function_partition_data_info_handle info, duckdb_v2_context_handle context,
                  duckdb_v2_error_info_handle *error) {
  (void)context;
  (void)error;
  void *state = NULL;
  duckdb_v2_table_function_partition_data_get_local_state(info, &state, NULL);
  const Local *local = state;
  duckdb_v2_table_function_partition_data_set_batch_index(info, local == NULL ? 0 : local->ordinal, NULL);
}
