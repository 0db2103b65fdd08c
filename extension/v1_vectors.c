/* Arrow arrays as DuckDB's vectors, copied: the stable API has no importer. */
#define _GNU_SOURCE
#include "v1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static duckdb_type plain(const char *format) {
  switch (format[0]) {
    case 'b': return DUCKDB_TYPE_BOOLEAN;
    case 'c': return DUCKDB_TYPE_TINYINT;
    case 'C': return DUCKDB_TYPE_UTINYINT;
    case 's': return DUCKDB_TYPE_SMALLINT;
    case 'S': return DUCKDB_TYPE_USMALLINT;
    case 'i': return DUCKDB_TYPE_INTEGER;
    case 'I': return DUCKDB_TYPE_UINTEGER;
    case 'l': return DUCKDB_TYPE_BIGINT;
    case 'L': return DUCKDB_TYPE_UBIGINT;
    case 'f': return DUCKDB_TYPE_FLOAT;
    case 'g': return DUCKDB_TYPE_DOUBLE;
    case 'u': return DUCKDB_TYPE_VARCHAR;
    case 'z': return DUCKDB_TYPE_BLOB;
    default: break;
  }
  if (strcmp(format, "tdD") == 0) return DUCKDB_TYPE_DATE;
  if (strcmp(format, "ttu") == 0) return DUCKDB_TYPE_TIME;
  return strcmp(format, "tsu:") == 0 ? DUCKDB_TYPE_TIMESTAMP : DUCKDB_TYPE_TIMESTAMP_TZ;
}

static bool decimal(const char *format, unsigned *width, unsigned *scale) {
  return sscanf(format, "d:%u,%u", width, scale) == 2 && *width <= 38 && *scale <= *width;
}

/* To be destroyed. */
duckdb_logical_type v1_type(const Field *field) {
  unsigned width, scale;
  if (strcmp(field->format, "+l") == 0) {
    duckdb_logical_type item = v1_type(&field->children[0]), list = duckdb_create_list_type(item);
    duckdb_destroy_logical_type(&item);
    return list;
  }
  if (strcmp(field->format, "+s") == 0) {
    duckdb_logical_type *types = calloc(field->count + 1, sizeof *types), made = NULL;
    const char **names = calloc(field->count + 1, sizeof *names);
    if (types != NULL && names != NULL) {
      for (uint32_t i = 0; i < field->count; i++) {
        types[i] = v1_type(&field->children[i]);
        names[i] = field->children[i].name;
      }
      made = duckdb_create_struct_type(types, names, field->count);
      for (uint32_t i = 0; i < field->count; i++) duckdb_destroy_logical_type(&types[i]);
    }
    free(types);
    free(names);
    return made;
  }
  if (decimal(field->format, &width, &scale)) return duckdb_create_decimal_type((uint8_t)width, (uint8_t)scale);
  return duckdb_create_logical_type(plain(field->format));
}

static void copy_decimals(void *out, unsigned width, const uint8_t *in, idx_t count) {
  /* Of sixteen bytes those that the width needs: all are little-endian. */
  size_t size = width <= 4 ? 2 : width <= 9 ? 4 : width <= 18 ? 8 : 16;
  for (idx_t i = 0; i < count; i++) memcpy((uint8_t *)out + i * size, in + i * 16, size);
}

static bool bit(const uint8_t *bits, idx_t at) {
  return (bits[at / 8] >> (at % 8) & 1) != 0;
}

static void copy_validity(duckdb_vector out, const uint8_t *bits, idx_t first, idx_t count) {
  uint64_t *mask = NULL;
  for (idx_t i = 0; bits != NULL && i < count; i++) {
    if (bit(bits, first + i)) continue;
    if (mask == NULL) {
      duckdb_vector_ensure_validity_writable(out);
      mask = duckdb_vector_get_validity(out);
    }
    duckdb_validity_set_row_invalid(mask, i);
  }
}

static void copy_list(duckdb_vector out, const Field *field, const struct ArrowArray *array, idx_t first, idx_t count) {
  const int32_t *offsets = array->buffers[1];
  idx_t from = (idx_t)offsets[first], length = (idx_t)offsets[first + count] - from;
  duckdb_list_vector_reserve(out, length);
  duckdb_list_vector_set_size(out, length);
  duckdb_list_entry *entries = duckdb_vector_get_data(out);
  for (idx_t i = 0; i < count; i++) {
    entries[i].offset = (idx_t)offsets[first + i] - from;
    entries[i].length = (idx_t)(offsets[first + i + 1] - offsets[first + i]);
  }
  v1_copy(duckdb_list_vector_get_child(out), &field->children[0], array->children[0], from, length);
}

void v1_copy(duckdb_vector out, const Field *field, const struct ArrowArray *array, idx_t first, idx_t count) {
  if (count == 0) return;
  const uint8_t *valid = array->buffers[0];
  const char *format = field->format;
  unsigned width, scale;
  copy_validity(out, valid, first, count);
  if (strcmp(format, "+s") == 0) {
    for (uint32_t i = 0; i < field->count; i++)
      v1_copy(duckdb_struct_vector_get_child(out, i), &field->children[i], array->children[i], first, count);
    return;
  }
  if (strcmp(format, "+l") == 0) {
    copy_list(out, field, array, first, count);
    return;
  }
  if (format[0] == 'u' || format[0] == 'z') {
    const int32_t *offsets = (const int32_t *)array->buffers[1] + first;
    for (idx_t i = 0; i < count; i++)
      if (valid == NULL || bit(valid, first + i)) {
        idx_t length = (idx_t)(offsets[i + 1] - offsets[i]);
        const char *bytes = array->buffers[2];
        duckdb_vector_assign_string_element_len(out, i, length == 0 ? "" : bytes + offsets[i], length);
      }
    return;
  }
  uint8_t *data = duckdb_vector_get_data(out);
  const uint8_t *values = array->buffers[1];
  if (format[0] == 'b')
    for (idx_t i = 0; i < count; i++) data[i] = bit(values, first + i);
  else if (decimal(format, &width, &scale)) copy_decimals(data, width, values + first * 16, count);
  else {
    size_t size = (size_t)format_width(format);
    memcpy(data, values + first * size, count * size);
  }
}
