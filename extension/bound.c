/* What was bound: columns and how many rows, kept until the last scan of it has ended. */
#define _GNU_SOURCE
#include "varve.h"

#include <stdlib.h>
#include <string.h>

/* Puts an answer that is an error into `failure`, and gives false. */
bool answer_failure(Frame *frame, Failure *failure) {
  Cursor cursor = {frame->body, frame->body + frame->length, false};
  char *code = read_text(&cursor), *message = read_text(&cursor);
  fail(failure, "%s", message == NULL ? "varve: the engine failed without a reason" : message);
  if (code != NULL && strcmp(code, "invalid-input") == 0) failure->kind = INPUT;
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
    } else if ((bound->link = link_get(program, lake, stopped, context, failure)) == NULL) attempt = 2;
    else if (bind_on(bound, stopped, context, failure)) {
      text_free(request);
      return bound;
    } else if (failure->kind == INTERRUPTED || link_lives(bound->link)) attempt = 2;
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

/* A prepared statement may run when the engine that bound it has ended. */
Bound *bound_revive(Bound *bound, Stopped stopped, void *context, Failure *failure) {
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
