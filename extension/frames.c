/* The engine's answers, read without ever passing their end; column types as Arrow's schemas. */
#include "varve.h"

#include <stdlib.h>
#include <string.h>

#define DEEPEST 32

static const uint8_t *take(Cursor *cursor, size_t length) {
  if (cursor->broken || (size_t)(cursor->end - cursor->at) < length) {
    cursor->broken = true;
    return NULL;
  }
  const uint8_t *found = cursor->at;
  cursor->at += length;
  return found;
}

uint8_t read_u8(Cursor *cursor) {
  const uint8_t *found = take(cursor, 1);
  return found == NULL ? 0 : *found;
}

uint32_t read_u32(Cursor *cursor) {
  uint32_t value = 0;
  const uint8_t *found = take(cursor, 4);
  if (found != NULL) memcpy(&value, found, 4);
  return value;
}

uint64_t read_u64(Cursor *cursor) {
  uint64_t value = 0;
  const uint8_t *found = take(cursor, 8);
  if (found != NULL) memcpy(&value, found, 8);
  return value;
}

double read_f64(Cursor *cursor) {
  double value = 0;
  const uint8_t *found = take(cursor, 8);
  if (found != NULL) memcpy(&value, found, 8);
  return value;
}

char *read_text(Cursor *cursor) {
  uint32_t length = read_u32(cursor);
  const uint8_t *found = take(cursor, length);
  char *text = found == NULL ? NULL : malloc((size_t)length + 1);
  if (text == NULL) {
    cursor->broken = true;
    return NULL;
  }
  memcpy(text, found, length);
  text[length] = 0;
  return text;
}

/* `field` may be freed afterwards, whether it was read or not. */
bool read_field(Cursor *cursor, Field *field, int depth) {
  *field = (Field){0};
  field->name = read_text(cursor);
  field->format = read_text(cursor);
  uint32_t count = read_u32(cursor);
  /* A field has at least 12 bytes. */
  if (cursor->broken || depth > DEEPEST || count > (size_t)(cursor->end - cursor->at) / 12) return false;
  if (count > 0 && (field->children = calloc(count, sizeof *field->children)) == NULL) return false;
  field->count = count;
  for (uint32_t i = 0; i < count; i++)
    if (!read_field(cursor, &field->children[i], depth + 1)) return false;
  return strcmp(field->format, "+l") != 0 || count == 1;
}

void field_free(Field *field) {
  for (uint32_t i = 0; i < field->count; i++) field_free(&field->children[i]);
  free(field->children);
  free(field->name);
  free(field->format);
  *field = (Field){0};
}

static void release_schema(struct ArrowSchema *schema) {
  for (int64_t i = 0; i < schema->n_children; i++) {
    struct ArrowSchema *child = schema->children[i];
    if (child != NULL && child->release != NULL) child->release(child);
    free(child);
  }
  free(schema->children);
  schema->release = NULL;
}

/* Names and formats stay the field's: a schema does not outlive what was bound. */
static bool fill(struct ArrowSchema *out, const char *name, const char *format, const Field *children,
                 uint32_t count) {
  *out = (struct ArrowSchema){.format = format, .name = name, .flags = 2, .release = release_schema};
  if (count > 0 && (out->children = calloc(count, sizeof *out->children)) == NULL) return false;
  for (uint32_t i = 0; i < count; i++) {
    struct ArrowSchema *child = calloc(1, sizeof *child);
    if (child == NULL) return false;
    out->children[i] = child;
    out->n_children = i + 1;
    if (!fill(child, children[i].name, children[i].format, children[i].children, children[i].count)) return false;
  }
  return true;
}

bool field_schema(const Field *fields, uint32_t count, struct ArrowSchema *out) {
  if (fill(out, "", "+s", fields, count)) return true;
  release_schema(out);
  return false;
}
