/* Scans: batches in order, in slots that go back to the engine when nobody needs them. */
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

Scan *scan_start(Bound *given, const uint32_t *columns, uint32_t count, Stopped stopped, void *context,
                 Failure *failure) {
  Bound *bound = bound_revive(given, stopped, context, failure);
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
