/* A batch in shared memory as Arrow arrays over it: every place is checked, no byte is copied. */
#include "varve.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DEEPEST 32

void mapping_put(Mapping *mapping) {
  if (mapping == NULL || __atomic_sub_fetch(&mapping->references, 1, __ATOMIC_ACQ_REL) > 0) return;
  munmap(mapping->bytes, mapping->size);
  free(mapping);
}

void array_free(struct ArrowArray *array) {
  for (int64_t i = 0; i < array->n_children; i++) {
    struct ArrowArray *child = array->children[i];
    if (child != NULL && child->release != NULL) child->release(child);
    free(child);
  }
  free(array->children);
  free(array->buffers);
  array->release = NULL;
}

int format_width(const char *format) {
  switch (format[0]) {
    case 'b': return 0;
    case 'c':
    case 'C': return 1;
    case 's':
    case 'S': return 2;
    case 'i':
    case 'I':
    case 'f': return 4;
    case 'l':
    case 'L':
    case 'g': return 8;
    case 'd': return 16;
    case 't': return strcmp(format, "tdD") == 0 ? 4 : 8;
    default: return -1;
  }
}

static bool holds(const int32_t *offsets, uint64_t rows, uint64_t limit) {
  int32_t falls = 0;
  for (uint64_t i = 0; i < rows; i++) falls |= offsets[i + 1] < offsets[i];
  return falls == 0 && offsets[0] >= 0 && (uint64_t)offsets[rows] <= limit;
}

static const int32_t NO_OFFSETS[16] = {0};

/* The buffers that the type needs, each as long as the rows want it. */
static bool fits(const Field *field, struct ArrowArray *out, const uint64_t *lengths) {
  uint64_t rows = (uint64_t)out->length;
  if (out->buffers[0] != NULL && lengths[0] < (rows + 7) / 8) return false;
  const char *format = field->format;
  if (strcmp(format, "+s") == 0) {
    for (int64_t i = 0; i < out->n_children; i++)
      if (out->children[i]->length < out->length) return false;
    return out->n_buffers == 1;
  }
  if (strcmp(format, "u") == 0 || strcmp(format, "z") == 0 || strcmp(format, "+l") == 0) {
    bool list = format[0] == '+';
    if (out->n_buffers != (list ? 2 : 3)) return false;
    if (rows == 0 && lengths[1] < 4) {
      out->buffers[1] = NO_OFFSETS;
      return true;
    }
    if (out->buffers[1] == NULL || lengths[1] < (rows + 1) * 4) return false;
    return holds(out->buffers[1], rows, list ? (uint64_t)out->children[0]->length : lengths[2]);
  }
  int width = format_width(format);
  if (width < 0 || out->n_buffers != 2) return false;
  return rows == 0 || (out->buffers[1] != NULL && lengths[1] >= (width == 0 ? (rows + 7) / 8 : rows * (uint64_t)width));
}

/* `out` may be freed afterwards, whether it was read or not. `mapping->size` is how much of it may be read. */
bool read_array(Cursor *cursor, const Field *field, const Mapping *mapping, struct ArrowArray *out, int depth) {
  *out = (struct ArrowArray){.release = array_free};
  uint64_t rows = read_u64(cursor), lengths[3] = {0};
  uint32_t buffers = read_u32(cursor);
  if (cursor->broken || rows > (1u << 31) || buffers < 1 || buffers > 3 || depth > DEEPEST) return false;
  if ((out->buffers = calloc(3, sizeof *out->buffers)) == NULL) return false;
  out->length = (int64_t)rows;
  out->n_buffers = buffers;
  for (uint32_t i = 0; i < buffers; i++) {
    uint64_t offset = read_u64(cursor);
    lengths[i] = read_u64(cursor);
    if (offset == UINT64_MAX) continue;
    if (offset % 64 != 0 || offset > mapping->size || lengths[i] > mapping->size - offset) return false;
    out->buffers[i] = mapping->bytes + offset;
  }
  out->null_count = out->buffers[0] == NULL ? 0 : -1;
  uint32_t count = read_u32(cursor);
  if (cursor->broken || count != field->count) return false;
  if (count > 0 && (out->children = calloc(count, sizeof *out->children)) == NULL) return false;
  for (uint32_t i = 0; i < count; i++) {
    struct ArrowArray *child = calloc(1, sizeof *child);
    if (child == NULL) return false;
    out->children[i] = child;
    out->n_children = i + 1;
    if (!read_array(cursor, &field->children[i], mapping, child, depth + 1)) return false;
  }
  return fits(field, out, lengths);
}
