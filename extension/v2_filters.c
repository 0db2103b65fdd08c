/*
 * What DuckDB filters by, as advice for the scan. None is accepted: DuckDB applies them all again. It hands
 * `a > 3 AND a < 10` over as BETWEEN without a word of the ends, so ends are always taken as inside.
 */
#include "v2.h"

#include <stdlib.h>
#include <string.h>

#define TYPE(name) DUCKDB_V2_EXPRESSION_TYPE_##name
#define DEEPEST 64

typedef struct {
  duckdb_v2_table_function_filter_pushdown_info_handle info;
  Bound *bound;
  Text out;
} Advice;

static DUCKDB_V2_EXPRESSION_TYPE type_of(duckdb_v2_expression_handle one) {
  DUCKDB_V2_EXPRESSION_TYPE type = TYPE(INVALID);
  duckdb_v2_expression_get_type(one, &type, NULL);
  return type;
}

static idx_t count_of(duckdb_v2_expression_handle one) {
  idx_t count = 0;
  duckdb_v2_expression_get_child_count(one, &count, NULL);
  return count;
}

static duckdb_v2_expression_handle child_of(duckdb_v2_expression_handle one, idx_t i) {
  duckdb_v2_expression_handle child = NULL;
  return duckdb_v2_expression_get_child(one, i, &child, NULL) == DUCKDB_V2_ERROR_NONE ? child : NULL;
}

/* A cast of a whole number to a wider one, or to DOUBLE, keeps the order; the engine checks what is exact. */
static bool widens(duckdb_v2_expression_handle cast, const Field *field) {
  duckdb_v2_logical_type_handle type = NULL;
  DUCKDB_V2_LOGICAL_TYPE_ID id = DUCKDB_V2_LOGICAL_TYPE_ID_INVALID;
  if (duckdb_v2_expression_get_return_type(cast, &type, NULL) != DUCKDB_V2_ERROR_NONE) return false;
  duckdb_v2_logical_type_get_id(type, &id, NULL);
  duckdb_v2_logical_type_destroy(&type);
  return strlen(field->format) == 1 && strchr("cCsSiIlL", field->format[0]) != NULL &&
         (id == DUCKDB_V2_LOGICAL_TYPE_ID_BIGINT || id == DUCKDB_V2_LOGICAL_TYPE_ID_HUGEINT ||
          id == DUCKDB_V2_LOGICAL_TYPE_ID_DOUBLE);
}

/* The column that an expression is, if the engine can prune by it. */
static const Field *column_of(Advice *advice, duckdb_v2_expression_handle one) {
  if (one == NULL) return NULL;
  if (type_of(one) == TYPE(OPERATOR_CAST)) {
    const Field *inner = column_of(advice, child_of(one, 0));
    return inner != NULL && widens(one, inner) ? inner : NULL;
  }
  idx_t index = 0, column = 0;
  if (type_of(one) != TYPE(BOUND_COLUMN_REF) ||
      duckdb_v2_expression_column_ref_get_index(one, &index, NULL) != DUCKDB_V2_ERROR_NONE ||
      duckdb_v2_table_function_filter_pushdown_get_column_index(advice->info, index, &column, NULL) !=
          DUCKDB_V2_ERROR_NONE)
    return NULL;
  return column < advice->bound->count && advice->bound->zones[column] ? &advice->bound->columns[column] : NULL;
}

static bool constant(Text *out, duckdb_v2_expression_handle one) {
  duckdb_v2_value_handle value = NULL;
  if (one == NULL || type_of(one) != TYPE(VALUE_CONSTANT) ||
      duckdb_v2_expression_constant_get_value(one, &value, NULL) != DUCKDB_V2_ERROR_NONE)
    return false;
  bool good = v2_constant(out, value);
  duckdb_v2_value_destroy(&value);
  return good;
}

/* `values` is taken. */
static void advise(Advice *advice, const Field *column, const char *op, Text *values) {
  Text *out = &advice->out;
  if (!values->broken) {
    text_put(out, out->length == 0 ? "" : ",", out->length == 0 ? 0 : 1);
    text_put(out, "{\"column\":", 10);
    text_json(out, column->name, strlen(column->name));
    text_add(out, ",\"op\":\"%s\",\"values\":[", op);
    text_put(out, values->bytes, values->length);
    text_put(out, "]}", 2);
  }
  text_free(values);
}

static void compare(Advice *advice, duckdb_v2_expression_handle left, duckdb_v2_expression_handle right,
                    const char *op) {
  Text values = {0};
  const Field *column = column_of(advice, left);
  if (column != NULL && constant(&values, right)) advise(advice, column, op, &values);
  else text_free(&values);
}

/* `op` with its sides exchanged. */
static const char *flip(const char *op) {
  return op[0] == '<' ? ">=" : op[0] == '>' ? "<=" : op;
}

/* The column and values of `c = 1`, `c IN (1, 2)`, or of an OR of such about one column. */
static const Field *equals(Advice *advice, duckdb_v2_expression_handle one, Text *values, int depth) {
  DUCKDB_V2_EXPRESSION_TYPE type = type_of(one);
  const Field *column = NULL;
  idx_t count = count_of(one);
  if (count == 0 || depth > DEEPEST) return NULL;
  bool either = type == TYPE(CONJUNCTION_OR);
  if (!either && type != TYPE(COMPARE_IN) && type != TYPE(COMPARE_EQUAL)) return NULL;
  bool turned = type == TYPE(COMPARE_EQUAL) && column_of(advice, child_of(one, 0)) == NULL;
  if (!either && (column = column_of(advice, child_of(one, turned ? 1 : 0))) == NULL) return NULL;
  for (idx_t i = either ? 0 : 1; i < count; i++) {
    if (!either) {
      if (values->length > 0) text_put(values, ",", 1);
      if (!constant(values, child_of(one, turned ? 0 : i))) return NULL;
      continue;
    }
    const Field *other = equals(advice, child_of(one, i), values, depth + 1);
    if (other == NULL || (column != NULL && other != column)) return NULL;
    column = other;
  }
  return column;
}

static void prefix(Advice *advice, duckdb_v2_expression_handle one) {
  duckdb_v2_str name = {0};
  if (duckdb_v2_expression_function_get_name(one, &name, NULL) != DUCKDB_V2_ERROR_NONE || count_of(one) != 2) return;
  bool begins = (name.len == 6 && memcmp(name.ptr, "prefix", 6) == 0) ||
                (name.len == 11 && memcmp(name.ptr, "starts_with", 11) == 0);
  if (begins) compare(advice, child_of(one, 0), child_of(one, 1), "starts with");
}

static void take(Advice *advice, duckdb_v2_expression_handle one, int depth) {
  if (one == NULL || depth > DEEPEST) return;
  const char *op = NULL;
  const Field *column;
  Text values = {0};
  switch ((int)type_of(one)) {
    case TYPE(CONJUNCTION_AND):
      for (idx_t i = 0; i < count_of(one); i++) take(advice, child_of(one, i), depth + 1);
      return;
    case TYPE(COMPARE_BETWEEN):
      compare(advice, child_of(one, 0), child_of(one, 1), ">=");
      compare(advice, child_of(one, 0), child_of(one, 2), "<=");
      return;
    case TYPE(COMPARE_EQUAL):
    case TYPE(COMPARE_IN):
    case TYPE(CONJUNCTION_OR):
      column = equals(advice, one, &values, 0);
      if (column != NULL) advise(advice, column, "in", &values);
      else text_free(&values);
      return;
    case TYPE(COMPARE_LESSTHAN):
    case TYPE(COMPARE_LESSTHANOREQUALTO): op = "<="; break;
    case TYPE(COMPARE_GREATERTHAN):
    case TYPE(COMPARE_GREATERTHANOREQUALTO): op = ">="; break;
    case TYPE(OPERATOR_IS_NULL):
      column = column_of(advice, child_of(one, 0));
      if (column != NULL) advise(advice, column, "is null", &values);
      return;
    case TYPE(BOUND_COLUMN_REF):
      column = column_of(advice, one);
      text_add(&values, "[\"boolean\",true]");
      if (column != NULL && strcmp(column->format, "b") == 0) advise(advice, column, "=", &values);
      else text_free(&values);
      return;
    case TYPE(BOUND_FUNCTION): prefix(advice, one); return;
    default: return;
  }
  compare(advice, child_of(one, 0), child_of(one, 1), op);
  compare(advice, child_of(one, 1), child_of(one, 0), flip(op));
}

void v2_filters(duckdb_v2_table_function_filter_pushdown_info_handle info, duckdb_v2_context_handle context,
                duckdb_v2_error_info_handle *error) {
  (void)context;
  (void)error;
  void *data = NULL;
  idx_t count = 0;
  duckdb_v2_table_function_filter_pushdown_get_bind_data(info, &data, NULL);
  if (data == NULL) return;
  Advice advice = {info, data, {0}};
  duckdb_v2_table_function_filter_pushdown_get_filter_count(info, &count, NULL);
  for (idx_t i = 0; i < count; i++) {
    duckdb_v2_expression_handle filter = NULL;
    if (duckdb_v2_table_function_filter_pushdown_get_filter(info, i, &filter, NULL) == DUCKDB_V2_ERROR_NONE)
      take(&advice, filter, 0);
  }
  if (advice.out.broken) text_free(&advice.out);
  pthread_mutex_lock(&advice.bound->lock);
  text_free(&advice.bound->predicates);
  advice.bound->predicates = advice.out;
  pthread_mutex_unlock(&advice.bound->lock);
}
