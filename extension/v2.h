/* What the parts of the DuckDB 2.0 entry point share. */
#ifndef VARVE_V2_H
#define VARVE_V2_H

#define DUCKDB_V2_API_ALLOW_UNSTABLE 1
#define DUCKDB_EXTENSION_NAME varve
#include "duckdb_extension_v2.h"

#include "varve.h"

DUCKDB_EXTENSION_EXTERN

/* Puts a sentence into the error slot of a callback. */
void v2_raise(duckdb_v2_error_info_handle *slot, const char *text);
void v2_report(duckdb_v2_error_info_handle *slot, const Failure *failure);
/* A call of the API: false, with its sentence in `failure`, where it failed. */
bool v2_tried(DUCKDB_V2_ERROR code, duckdb_v2_error_info_handle *error, Failure *failure);

/* v2_values.c */
void v2_json(Text *text, duckdb_v2_value_handle value, bool path);
bool v2_constant(Text *text, duckdb_v2_value_handle value);
/* A setting's text, else that of a variable of the environment, else empty; to be freed. */
char *v2_setting(duckdb_v2_context_handle context, const char *name, const char *variable);
/* Whether external access is on. */
bool v2_is_open(duckdb_v2_context_handle context);
DUCKDB_V2_LOGICAL_TYPE_ID v2_value_type(duckdb_v2_value_handle value);

/* v2_filters.c */
void v2_filters(duckdb_v2_table_function_filter_pushdown_info_handle info, duckdb_v2_context_handle context,
                duckdb_v2_error_info_handle *error);

/* v2_scan.c */
bool v2_stopped(void *context);
void v2_init_global(duckdb_v2_table_function_init_global_info_handle info, duckdb_v2_context_handle context,
                    duckdb_v2_error_info_handle *error);
void v2_init_local(duckdb_v2_table_function_init_local_info_handle info, duckdb_v2_context_handle context,
                   duckdb_v2_error_info_handle *error);
void v2_exec(duckdb_v2_table_function_exec_info_handle info, duckdb_v2_context_handle context,
             duckdb_v2_error_info_handle *error);
void v2_progress(duckdb_v2_table_function_progress_info_handle info, duckdb_v2_context_handle context,
                 duckdb_v2_error_info_handle *error);
void v2_partition(duckdb_v2_table_function_partition_data_info_handle info, duckdb_v2_context_handle context,
                  duckdb_v2_error_info_handle *error);

#define NAME(text) (&(duckdb_v2_str){(text), strlen(text)})

#endif
