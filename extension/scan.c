/* What was bound, and its scans: batches in order, in slots that go back to the engine when nobody needs them. */
#define _GNU_SOURCE
#include "varve.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct Scan {
  Bound *bound;
  Link *link;
  uint32_t id, count;
  Field *fields; /* borrowed from `bound`, in the order of the scan */
  struct {
    int fd;
    Mapping *mapping;
  } slots[SLOTS];
  bool ended;
  Failure failure;
  double done, total;
  int references, held;
  pthread_mutex_t lock;
};

static bool answer_failure(Frame *frame, Failure *failure) {
  Cursor cursor = {frame->body, frame->body + frame->length, false};
  char *code = read_text(&cursor), *message = read_text(&cursor);
  fail(failure, "%s", message == NULL ? "varve: the engine failed without a reason" : message);
  free(code);
  free(message);
  return false;
}

static bool read_bound(Bound *bound, Frame *frame) {
  Cursor cursor = {frame->body, frame->body + frame->length, false};
  bound->rows = read_u64(&cursor);
  bound->exact = read_u8(&cursor) == 1;
  uint32_t count = read_u32(&cursor);
  if (cursor.broken || count == 0 || count > (size_t)(cursor.end - cursor.at) / 13) return false;
  bound->columns = calloc(count, sizeof *bound->columns);
  bound->zones = calloc(count, sizeof *bound->zones);
  if (bound->columns == NULL || bound->zones == NULL) return false;
  bound->count = count;
  for (uint32_t i = 0; i < count; i++) {
    bound->zones[i] = read_u8(&cursor) == 1;
    if (!read_field(&cursor, &bound->columns[i], 0)) return false;
  }
  return true;
}

static bool bind_on(Bound *bound, Stopped stopped, void *context, Failure *failure) {
  bound->id = link_open(bound->link, failure);
  if (bound->id == 0) return false;
  Text body = {0};
  text_add(&body, "{\"id\":%u,", bound->id);
  text_put(&body, bound->request.bytes, bound->request.length);
  bool sent = body.broken ? fail(failure, "varve: no memory is left")
                          : link_send(bound->link, BIND, body.bytes, body.length, failure);
  text_free(&body);
  Frame *frame = sent ? link_wait(bound->link, bound->id, stopped, context, failure) : NULL;
  if (frame == NULL) return false;
  bool well = frame->kind == BOUND ? read_bound(bound, frame) || fail(failure, "varve: columns that cannot be read")
                                   : answer_failure(frame, failure);
  free(frame);
  return well;
}

/* `request` is taken: `"name":…,"args":…,"named":…}`. */
Bound *bound_new(const char *program, const char *lake, Text *request, Stopped stopped, void *context,
                 Failure *failure) {
  /* An engine that ended since the last query is noticed only now. */
  for (int attempt = 0; attempt < 2; attempt++) {
    *failure = (Failure){0};
    Bound *bound = calloc(1, sizeof *bound);
    if (bound == NULL) break;
    bound->references = 1;
    pthread_mutex_init(&bound->lock, NULL);
    bound->program = strdup(program);
    bound->lake = strdup(lake);
    text_put(&bound->request, request->bytes, request->length);
    if (bound->program == NULL || bound->lake == NULL || request->broken || bound->request.broken) {
      fail(failure, "varve: no memory is left");
      attempt = 2;
    } else if ((bound->link = link_get(program, lake, failure)) == NULL) attempt = 2;
    else if (bind_on(bound, stopped, context, failure)) {
      text_free(request);
      return bound;
    } else if (link_lives(bound->link)) attempt = 2;
    bound_put(bound);
  }
  text_free(request);
  return NULL;
}

void bound_put(Bound *bound) {
  if (__atomic_sub_fetch(&bound->references, 1, __ATOMIC_ACQ_REL) > 0) return;
  if (bound->link != NULL) {
    Failure ignored = {0};
    Text body = {0};
    text_add(&body, "{\"id\":%u}", bound->id);
    if (bound->id != 0 && link_lives(bound->link)) link_send(bound->link, UNBIND, body.bytes, body.length, &ignored);
    text_free(&body);
    link_shut(bound->link, bound->id);
    link_put(bound->link);
  }
  for (uint32_t i = 0; i < bound->count; i++) field_free(&bound->columns[i]);
  free(bound->columns);
  free(bound->zones);
  free(bound->program);
  free(bound->lake);
  text_free(&bound->request);
  text_free(&bound->predicates);
  pthread_mutex_destroy(&bound->lock);
  free(bound);
}

static void say(Scan *scan, uint8_t kind, const uint32_t *slot) {
  Failure ignored = {0};
  Text body = {0};
  text_add(&body, "{\"id\":%u", scan->id);
  if (slot != NULL) text_add(&body, ",\"slot\":%u", *slot);
  text_put(&body, "}", 1);
  /* An engine that is gone needs not be told; who reads next learns of it. */
  if (!body.broken && link_lives(scan->link)) link_send(scan->link, kind, body.bytes, body.length, &ignored);
  text_free(&body);
}

/* A prepared statement may run when the engine that bound it has ended. */
static Bound *revive(Bound *bound, Stopped stopped, void *context, Failure *failure) {
  if (link_lives(bound->link)) {
    __atomic_add_fetch(&bound->references, 1, __ATOMIC_ACQ_REL);
    return bound;
  }
  Text request = {0};
  text_put(&request, bound->request.bytes, bound->request.length);
  Bound *again = bound_new(bound->program, bound->lake, &request, stopped, context, failure);
  if (again == NULL) return NULL;
  bool same = again->count == bound->count;
  for (uint32_t i = 0; same && i < bound->count; i++)
    same = strcmp(again->columns[i].name, bound->columns[i].name) == 0 &&
           strcmp(again->columns[i].format, bound->columns[i].format) == 0;
  if (same) return again;
  bound_put(again);
  fail(failure, "varve: the columns have changed since the statement was prepared");
  return NULL;
}

Scan *scan_start(Bound *given, const uint32_t *columns, uint32_t count, Stopped stopped, void *context,
                 Failure *failure) {
  Bound *bound = revive(given, stopped, context, failure);
  if (bound == NULL) return NULL;
  Scan *scan = calloc(1, sizeof *scan);
  if (scan == NULL) {
    bound_put(bound);
    fail(failure, "varve: no memory is left");
    return NULL;
  }
  scan->bound = bound;
  scan->link = bound->link;
  scan->references = 1;
  scan->count = count;
  scan->fields = calloc(count + 1, sizeof *scan->fields);
  pthread_mutex_init(&scan->lock, NULL);
  for (int i = 0; i < SLOTS; i++) scan->slots[i].fd = -1;
  scan->id = link_open(scan->link, failure);
  Text body = {0};
  text_add(&body, "{\"id\":%u,\"bound\":%u,\"slots\":%d,\"columns\":[", scan->id, bound->id, SLOTS);
  for (uint32_t i = 0; i < count && scan->fields != NULL; i++) {
    if (columns[i] >= bound->count) {
      fail(failure, "varve: there is no column %u", columns[i]);
      break;
    }
    scan->fields[i] = bound->columns[columns[i]];
    text_add(&body, i == 0 ? "%u" : ",%u", columns[i]);
  }
  text_put(&body, "],\"predicates\":[", 16);
  pthread_mutex_lock(&given->lock);
  text_put(&body, given->predicates.bytes, given->predicates.length);
  pthread_mutex_unlock(&given->lock);
  text_put(&body, "]}", 2);
  if (body.broken || scan->fields == NULL) fail(failure, "varve: no memory is left");
  bool sent = failure->text[0] == 0 && link_send(scan->link, SCAN, body.bytes, body.length, failure);
  text_free(&body);
  if (sent) return scan;
  scan_put(scan);
  return NULL;
}

static void scan_free(Scan *scan) {
  link_shut(scan->link, scan->id);
  for (int i = 0; i < SLOTS; i++) {
    if (scan->slots[i].fd >= 0) close(scan->slots[i].fd);
    mapping_put(scan->slots[i].mapping);
  }
  free(scan->fields);
  pthread_mutex_destroy(&scan->lock);
  bound_put(scan->bound);
  free(scan);
}

static void scan_unref(Scan *scan) {
  if (__atomic_sub_fetch(&scan->references, 1, __ATOMIC_ACQ_REL) == 0) scan_free(scan);
}

/* The fetch stops; batches that are still held stay readable. */
void scan_put(Scan *scan) {
  pthread_mutex_lock(&scan->lock);
  scan->ended = true;
  pthread_mutex_unlock(&scan->lock);
  if (scan->id != 0) say(scan, CLOSE, NULL);
  scan_unref(scan);
}

void holder_release(Holder *holder) {
  Scan *scan = holder->scan;
  mapping_put(holder->mapping);
  __atomic_sub_fetch(&scan->held, 1, __ATOMIC_ACQ_REL);
  say(scan, RELEASE, &holder->slot);
  scan_unref(scan);
  free(holder);
}

static void release_batch(struct ArrowArray *array) {
  Holder *holder = array->private_data;
  array_free(array);
  holder_release(holder);
}

/* The slot's file, as the engine names it, with `size` bytes of room. */
static bool map_slot(Scan *scan, uint32_t slot, const char *path, uint64_t size, Failure *failure) {
  if (scan->slots[slot].fd >= 0) close(scan->slots[slot].fd);
  mapping_put(scan->slots[slot].mapping);
  scan->slots[slot].mapping = NULL;
  int fd = scan->slots[slot].fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  struct stat found;
  if (fd < 0 || fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || found.st_uid != getuid())
    return fail(failure, "varve: the engine's shared memory %s cannot be opened", path);
  Mapping *mapping = malloc(sizeof *mapping);
  void *bytes = mapping == NULL ? MAP_FAILED : mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  if (bytes == MAP_FAILED) {
    free(mapping);
    return fail(failure, "varve: %llu bytes of shared memory cannot be mapped", (unsigned long long)size);
  }
  *mapping = (Mapping){bytes, size, 1};
  scan->slots[slot].mapping = mapping;
  say(scan, OPENED, &slot);
  return true;
}

static bool read_batch(Scan *scan, Frame *frame, Batch *batch, Failure *failure) {
  Cursor cursor = {frame->body, frame->body + frame->length, false};
  batch->ordinal = read_u64(&cursor);
  uint64_t rows = read_u64(&cursor);
  scan->done = read_f64(&cursor);
  scan->total = read_f64(&cursor);
  uint32_t slot = read_u32(&cursor);
  char *path = read_text(&cursor);
  uint64_t size = read_u64(&cursor);
  uint32_t count = read_u32(&cursor);
  bool well = !cursor.broken && slot < SLOTS && count == scan->count && rows < (1u << 31) && size > 0;
  if (well && path[0] != 0 && !map_slot(scan, slot, path, size, failure)) well = false;
  free(path);
  Mapping *mapping = well ? scan->slots[slot].mapping : NULL;
  struct stat found;
  if (mapping == NULL || fstat(scan->slots[slot].fd, &found) != 0)
    return failure->text[0] == 0 ? fail(failure, "varve: a batch that cannot be read") : false;
  /* Past the file's end memory is mapped, but not there. */
  Mapping readable = {mapping->bytes, mapping->size, 0};
  if ((uint64_t)found.st_size < readable.size) readable.size = (size_t)found.st_size;
  struct ArrowArray *array = &batch->array;
  *array = (struct ArrowArray){.length = (int64_t)rows, .n_buffers = 1, .release = array_free};
  Holder *holder = malloc(sizeof *holder);
  array->buffers = calloc(1, sizeof *array->buffers);
  array->children = calloc(count + 1, sizeof *array->children);
  well = holder != NULL && array->buffers != NULL && array->children != NULL;
  for (uint32_t i = 0; well && i < count; i++) {
    struct ArrowArray *child = array->children[i] = calloc(1, sizeof *child);
    array->n_children = i + 1;
    well = child != NULL && read_array(&cursor, &scan->fields[i], &readable, child, 0) &&
           (uint64_t)child->length == rows;
  }
  if (!well) {
    array_free(array);
    free(holder);
    return fail(failure, "varve: a batch that cannot be read");
  }
  __atomic_add_fetch(&mapping->references, 1, __ATOMIC_ACQ_REL);
  __atomic_add_fetch(&scan->references, 1, __ATOMIC_ACQ_REL);
  /* With all slots in somebody's hands, the scan would stand still for ever. */
  batch->copy = __atomic_add_fetch(&scan->held, 1, __ATOMIC_ACQ_REL) >= SLOTS / 2;
  *holder = (Holder){scan, mapping, slot};
  array->private_data = holder;
  array->release = release_batch;
  return true;
}

int scan_next(Scan *scan, Batch *batch, Stopped stopped, void *context, Failure *failure) {
  pthread_mutex_lock(&scan->lock);
  int got = 0;
  if (!scan->ended) {
    Frame *frame = link_wait(scan->link, scan->id, stopped, context, &scan->failure);
    if (frame != NULL && frame->kind == BATCH) got = read_batch(scan, frame, batch, &scan->failure) ? 1 : -1;
    else if (frame != NULL && frame->kind == END) {
      scan->done = scan->total;
      scan->ended = true;
    } else {
      if (frame != NULL) answer_failure(frame, &scan->failure);
      got = -1;
    }
    free(frame);
  }
  if (scan->failure.text[0] != 0) {
    scan->ended = true;
    *failure = scan->failure;
    got = -1;
  }
  pthread_mutex_unlock(&scan->lock);
  return got;
}

const Field *scan_fields(Scan *scan) {
  return scan->fields;
}

uint32_t scan_width(Scan *scan) {
  return scan->count;
}

double scan_progress(Scan *scan) {
  return scan->total > 0 ? scan->done / scan->total : -1;
}
