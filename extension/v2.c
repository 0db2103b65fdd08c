/* The extension for DuckDB 2.0, whose C API is tied to its version: functions, settings, names that are files. */
#define _GNU_SOURCE
#include "v2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID(name) DUCKDB_V2_LOGICAL_TYPE_ID_##name
#define PARAMETER(kind) DUCKDB_V2_FUNCTION_PARAMETER_KIND_##kind

void v2_raise(duckdb_v2_error_info_handle *slot, const char *text) {
  if (slot == NULL || *slot == NULL) return;
  duckdb_v2_error_info_set_code(*slot, DUCKDB_V2_ERROR_IO_GENERAL);
  duckdb_v2_error_info_set_text(*slot, NAME(text));
}

void v2_report(duckdb_v2_error_info_handle *slot, const Failure *failure) {
  v2_raise(slot, failure->text[0] == 0 ? "varve: no memory is left" : failure->text);
  static const DUCKDB_V2_ERROR CODES[] = {
      [GENERAL] = DUCKDB_V2_ERROR_IO_GENERAL,
      [INTERRUPTED] = DUCKDB_V2_ERROR_RUNTIME_INTERRUPT,
      [INPUT] = DUCKDB_V2_ERROR_QUERY_BINDER,
      [DENIED] = DUCKDB_V2_ERROR_CONFIGURATION_PERMISSION,
  };
  if (slot != NULL && *slot != NULL) duckdb_v2_error_info_set_code(*slot, CODES[failure->kind]);
}

bool v2_tried(DUCKDB_V2_ERROR code, duckdb_v2_error_info_handle *error, Failure *failure) {
  duckdb_v2_str text = {0};
  if (code == DUCKDB_V2_ERROR_NONE) return true;
  if (*error != NULL) duckdb_v2_error_info_get_raw_text(*error, &text);
  fail(failure, "%.*s", (int)(text.len < 2000 ? text.len : 2000), text.ptr == NULL ? "" : text.ptr);
  if (failure->text[0] == 0) fail(failure, "varve: DuckDB refused (code %d)", (int)code);
  if (*error != NULL) duckdb_v2_error_info_destroy(error);
  return false;
}

static void bound_drop(void *data) {
  bound_put(data);
}

typedef struct {
  idx_t first, last; /* arguments, from and up to */
  bool named;
} Range;

static bool arguments(Text *out, duckdb_v2_function_bind_info_handle info, Range range, bool paths, Failure *failure) {
  bool first = true;
  for (idx_t i = range.first; i < range.last; i++) {
    duckdb_v2_error_info_handle own = NULL;
    duckdb_v2_value_handle value = NULL;
    duckdb_v2_str name = {0};
    if (!v2_tried(duckdb_v2_function_bind_get_arg_value(info, i, &value, &own), &own, failure)) return false;
    bool null = false;
    duckdb_v2_value_is_null(value, &null, NULL);
    if (!range.named || !null) {
      if (!first) text_put(out, ",", 1);
      first = false;
      if (range.named && duckdb_v2_function_bind_get_arg_name(info, i, &name, NULL) == DUCKDB_V2_ERROR_NONE) {
        text_json(out, name.ptr, name.len);
        text_put(out, ":", 1);
      }
      v2_json(out, value, paths);
    }
    duckdb_v2_value_destroy(&value);
  }
  return true;
}

static bool request_of(Text *out, const Function *function, duckdb_v2_function_bind_info_handle info,
                       Failure *failure) {
  duckdb_v2_error_info_handle own = NULL;
  idx_t fixed = 0, variadic = 0, named = 0, more = 0;
  if (!v2_tried(duckdb_v2_function_bind_get_arg_count(info, &fixed, &variadic, &named, &more, &own), &own, failure))
    return false;
  idx_t positional = fixed + variadic, wanted = (idx_t)function->positional;
  text_put(out, "\"name\":", 7);
  text_json(out, function->name, strlen(function->name));
  text_put(out, ",\"args\":[", 9);
  if (!arguments(out, info, (Range){0, wanted, false}, function->paths, failure)) return false;
  text_put(out, "],\"named\":{", 11);
  size_t before = out->length;
  /* The optional argument has a name in the signature, however it was given. */
  if (!arguments(out, info, (Range){wanted, positional, true}, false, failure)) return false;
  Text rest = {0};
  bool well = arguments(&rest, info, (Range){positional, positional + named + more, true}, false, failure);
  if (rest.length > 0 && out->length > before) text_put(out, ",", 1);
  text_put(out, rest.bytes, rest.length);
  if (rest.broken) out->broken = true;
  text_free(&rest);
  text_put(out, "}}", 2);
  return well;
}

/* Types as DuckDB makes them of Arrow's, so that bind and scan cannot differ. */
static bool declare(Bound *bound, duckdb_v2_table_function_bind_info_handle result, duckdb_v2_context_handle context,
                    Failure *failure) {
  struct ArrowSchema arrow;
  duckdb_v2_arrow_importer_handle importer = NULL;
  duckdb_v2_schema_handle schema = NULL;
  duckdb_v2_error_info_handle own = NULL;
  if (!field_schema(bound->columns, bound->count, &arrow)) return fail(failure, "varve: no memory is left");
  bool well = v2_tried(duckdb_v2_arrow_importer_create(context, &arrow, 2048, &importer, &own), &own, failure);
  arrow.release(&arrow);
  if (!well) return false;
  well = v2_tried(duckdb_v2_arrow_importer_get_schema(importer, &schema, &own), &own, failure);
  for (idx_t i = 0; well && i < bound->count; i++) {
    duckdb_v2_str name = {0};
    duckdb_v2_logical_type_handle type = NULL; /* the schema's own */
    well = v2_tried(duckdb_v2_schema_get_field(schema, i, &name, &type, &own), &own, failure) &&
           v2_tried(duckdb_v2_table_function_bind_add_result_column(result, NAME(bound->columns[i].name), type, &own),
                    &own, failure);
  }
  if (schema != NULL) duckdb_v2_schema_destroy(&schema);
  duckdb_v2_arrow_importer_destroy(&importer);
  if (well && bound->rows != UINT64_MAX)
    duckdb_v2_table_function_bind_set_cardinality(result, bound->rows, bound->exact, NULL);
  return well;
}

static void bind(duckdb_v2_function_bind_info_handle info, duckdb_v2_table_function_bind_info_handle result,
                 duckdb_v2_context_handle context, duckdb_v2_error_info_handle *error) {
  void *data = NULL;
  Failure failure = {0};
  Text request = {0};
  duckdb_v2_function_bind_get_user_data(info, &data, NULL);
  const Function *function = data;
  char *lake = v2_setting(context, "varve_lake", "VARVE_LAKE"), *program = v2_setting(context, "varve_engine", "VARVE_PROGRAM");
  Bound *bound = NULL;
  if (!v2_is_open(context)) {
    fail(&failure, "varve: files and lakes cannot be read, as enable_external_access is off");
    failure.kind = DENIED;
  } else if (function != NULL && lake != NULL && program != NULL && request_of(&request, function, info, &failure))
    bound = bound_new(program, lake, &request, v2_stopped, context, &failure);
  text_free(&request);
  free(lake);
  free(program);
  if (bound != NULL && declare(bound, result, context, &failure)) {
    duckdb_v2_error_info_handle own = NULL;
    duckdb_v2_opaque opaque = {bound, bound_drop, NULL};
    if (v2_tried(duckdb_v2_function_bind_set_bind_data(info, &opaque, &own), &own, &failure)) return;
  }
  if (bound != NULL) bound_put(bound);
  v2_report(error, &failure);
}

static bool add_parameter(duckdb_v2_function_signature_handle signature, const char *name,
                          duckdb_v2_logical_type_handle type, duckdb_v2_value_handle value,
                          DUCKDB_V2_FUNCTION_PARAMETER_KIND kind, Failure *failure) {
  duckdb_v2_error_info_handle own = NULL;
  return v2_tried(duckdb_v2_function_signature_add_parameter(signature, NAME(name), type, value, kind, &own), &own,
                  failure);
}

typedef struct {
  duckdb_v2_extension_handle extension;
  duckdb_v2_factory_handle factory;
  duckdb_v2_logical_type_handle any, text;
} Making;

/* Any named option goes to the engine, which knows them all: a new one needs no new extension. */
static bool describe(const Making *making, const Function *function, duckdb_v2_table_function_handle made,
                     Failure *failure) {
  duckdb_v2_error_info_handle own = NULL;
  duckdb_v2_function_signature_handle signature = NULL;
  if (!v2_tried(duckdb_v2_table_function_get_signature(made, &signature, &own), &own, failure)) return false;
  static const char *const NAMES[] = {"first", "second"};
  for (int i = 0; i < function->positional; i++)
    if (!add_parameter(signature, NAMES[i], making->any, NULL, PARAMETER(POSITIONAL_ONLY), failure)) return false;
  if (function->optional != NULL) {
    duckdb_v2_value_handle null = NULL;
    if (!v2_tried(duckdb_v2_value_create_null(making->factory, making->text, &null, &own), &own, failure))
      return false;
    bool well = add_parameter(signature, function->optional, making->text, null, PARAMETER(STANDARD), failure);
    duckdb_v2_value_destroy(&null);
    return well;
  }
  return add_parameter(signature, "options", making->any, NULL, PARAMETER(NAMED_VARIADIC), failure);
}

static bool register_function(const Making *making, const Function *function, Failure *failure) {
  duckdb_v2_error_info_handle own = NULL;
  duckdb_v2_table_function_handle made = NULL;
  duckdb_v2_opaque data = {(void *)(uintptr_t)function, NULL, NULL};
  if (!v2_tried(duckdb_v2_table_function_create(making->factory, &made, &own), &own, failure)) return false;
#define TRY(call) v2_tried(call, &own, failure)
  bool well = TRY(duckdb_v2_table_function_set_name(made, NAME(function->name), &own)) &&
              TRY(duckdb_v2_table_function_set_user_data(made, &data, &own)) &&
              TRY(duckdb_v2_table_function_set_bind_callback(made, bind, &own)) &&
              TRY(duckdb_v2_table_function_set_init_global_callback(made, v2_init_global, &own)) &&
              TRY(duckdb_v2_table_function_set_init_local_callback(made, v2_init_local, &own)) &&
              TRY(duckdb_v2_table_function_set_exec_callback(made, v2_exec, &own)) &&
              TRY(duckdb_v2_table_function_set_progress_callback(made, v2_progress, &own)) &&
              TRY(duckdb_v2_table_function_set_projection_pushdown(made, true, &own)) &&
              TRY(duckdb_v2_table_function_set_filter_pushdown_callback(made, v2_filters, &own)) &&
              TRY(duckdb_v2_table_function_set_partition_data_callback(made, v2_partition, &own)) &&
              describe(making, function, made, failure) &&
              TRY(duckdb_v2_extension_register_table_function(making->extension, made, &own));
  duckdb_v2_table_function_destroy(&made);
  return well;
}

static bool register_setting(const Making *making, const char *name, const char *description, Failure *failure) {
  duckdb_v2_error_info_handle own = NULL;
  duckdb_v2_custom_option_handle option = NULL;
  duckdb_v2_value_handle empty = NULL;
  if (!TRY(duckdb_v2_custom_option_create(making->factory, &option, &own))) return false;
  bool well = TRY(duckdb_v2_value_create_varchar(making->factory, NAME(""), &empty, &own)) &&
              TRY(duckdb_v2_custom_option_set_name(option, NAME(name), &own)) &&
              TRY(duckdb_v2_custom_option_set_type(option, making->text, &own)) &&
              TRY(duckdb_v2_custom_option_set_default_value(option, empty, &own)) &&
              TRY(duckdb_v2_custom_option_set_description(option, NAME(description), &own)) &&
              TRY(duckdb_v2_extension_register_custom_option(making->extension, option, &own));
  if (empty != NULL) duckdb_v2_value_destroy(&empty);
  duckdb_v2_custom_option_destroy(&option);
  return well;
}

/* `FROM 's3://…'`: what is left unset, DuckDB looks for elsewhere. */
static void replace(duckdb_v2_replacement_scan_info_handle info, duckdb_v2_context_handle context,
                    duckdb_v2_error_info_handle *error) {
  (void)error;
  duckdb_v2_qname_handle name = NULL, reader = NULL;
  duckdb_v2_factory_handle factory = NULL;
  duckdb_v2_value_handle path = NULL;
  duckdb_v2_str part = {0}, read_auto = {"read_auto", 9};
  idx_t parts = 0;
  if (duckdb_v2_replacement_scan_get_name(info, &name, NULL) != DUCKDB_V2_ERROR_NONE) return;
  if (duckdb_v2_qname_get_part_count(name, &parts, NULL) == DUCKDB_V2_ERROR_NONE && parts == 1 &&
      duckdb_v2_qname_get_part(name, 0, &part, NULL) == DUCKDB_V2_ERROR_NONE && is_replaced(part.ptr, part.len) &&
      duckdb_v2_context_get_factory(context, &factory, NULL) == DUCKDB_V2_ERROR_NONE &&
      duckdb_v2_value_create_varchar(factory, &part, &path, NULL) == DUCKDB_V2_ERROR_NONE &&
      duckdb_v2_qname_create(&read_auto, 1, &reader, NULL) == DUCKDB_V2_ERROR_NONE) {
    duckdb_v2_replacement_scan_set_function_name(info, reader, NULL);
    duckdb_v2_replacement_scan_add_argument(info, path, NULL);
  }
  if (path != NULL) duckdb_v2_value_destroy(&path);
  if (reader != NULL) duckdb_v2_qname_destroy(&reader);
  duckdb_v2_qname_destroy(&name);
}

static bool register_replacement(const Making *making, Failure *failure) {
  duckdb_v2_error_info_handle own = NULL;
  duckdb_v2_replacement_scan_handle scan = NULL;
  if (!TRY(duckdb_v2_replacement_scan_create(making->factory, &scan, &own))) return false;
  bool well = TRY(duckdb_v2_replacement_scan_set_callback(scan, replace, &own)) &&
              TRY(duckdb_v2_extension_register_replacement_scan(making->extension, scan, &own));
  duckdb_v2_replacement_scan_destroy(&scan);
  return well;
}

DUCKDB_EXTENSION_ENTRYPOINT(duckdb_v2_extension_handle extension, duckdb_v2_context_handle context,
                            duckdb_v2_error_info_handle *error) {
  Failure problem = {0}, *failure = &problem;
  duckdb_v2_error_info_handle own = NULL;
  Making making = {.extension = extension};
  bool well = TRY(duckdb_v2_context_get_factory(context, &making.factory, &own)) &&
              TRY(duckdb_v2_factory_create_type_from_id(making.factory, ID(ANY), NULL, NULL, 0, &making.any, &own)) &&
              TRY(duckdb_v2_factory_create_type_from_id(making.factory, ID(VARCHAR), NULL, NULL, 0, &making.text,
                                                        &own)) &&
              register_setting(&making, "varve_lake", "URL of the lake that varve's functions read", failure) &&
              register_setting(&making, "varve_engine", "The varve program that serves scans", failure) &&
              register_replacement(&making, failure);
  for (size_t i = 0; well && i < FUNCTION_COUNT; i++) well = register_function(&making, &FUNCTIONS[i], failure);
  if (making.any != NULL) duckdb_v2_logical_type_destroy(&making.any);
  if (making.text != NULL) duckdb_v2_logical_type_destroy(&making.text);
  if (!well) v2_report(error, failure);
}
