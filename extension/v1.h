/* What the parts of the entry point for DuckDB 1.4 and 1.5 share: the C API that stays. */
#ifndef VARVE_V1_H
#define VARVE_V1_H

/* What every DuckDB since 1.2 has; a later one loads the same file. */
#define DUCKDB_EXTENSION_API_VERSION_MAJOR 1
#define DUCKDB_EXTENSION_API_VERSION_MINOR 2
#define DUCKDB_EXTENSION_API_VERSION_PATCH 0
#define DUCKDB_EXTENSION_NAME varve
#include "duckdb_extension.h"

#include "varve.h"

DUCKDB_EXTENSION_EXTERN

/* v1_vectors.c */
duckdb_logical_type v1_type(const Field *field);
/* Copies `count` rows of an array, from `first` on, into a vector. */
void v1_copy(duckdb_vector out, const Field *field, const struct ArrowArray *array, idx_t first, idx_t count);

/* v1_values.c */
void v1_json(Text *text, duckdb_value value, bool path);

#endif
