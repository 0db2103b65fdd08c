/* The connections of this process, one a lake: made, greeted, and left alone by children that are forked off. */
#define _GNU_SOURCE
#include "varve.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Whoever serves welcomes at once; one that was stopped or hangs does not. */
#define WELCOME_S 10
/* Without a word for so long, an engine hangs: its own fetches give up long before. */
#define ANSWER_S 600
#define TRIES 20

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t forks = PTHREAD_ONCE_INIT;
static Link *all;

static void before_fork(void) {
  pthread_mutex_lock(&all_lock);
  interrupt_hold();
}

static void after_fork(void) {
  interrupt_loose();
  pthread_mutex_unlock(&all_lock);
}

/* A child connects anew. Its copies of the sockets would keep the engine from seeing that the parent has gone. */
static void in_child(void) {
  for (Link *link = all; link != NULL; link = link->next) {
    close(link->fd);
    link->fd = -1;
  }
  after_fork();
}

static void watch_forks(void) {
  pthread_atfork(before_fork, after_fork, in_child);
}

/* What a fork has left in a child stays as it is: its locks may be held for ever. */
static void drop(Link *link) {
  if (link->pid == getpid()) link_free(link);
}

void link_put(Link *link) {
  pthread_mutex_lock(&all_lock);
  bool last = --link->references == 0;
  pthread_mutex_unlock(&all_lock);
  if (last) drop(link);
}

static bool greet(Link *link, Stopped stopped, void *context, Failure *failure) {
  Text hello = {0};
  text_add(&hello, "{\"protocol\":%d,\"client\":\"duckdb_varve %s\"", PROTOCOL, VARVE_VERSION);
  if (link->lake[0] != 0) {
    text_put(&hello, ",\"lake\":", 8);
    text_path(&hello, link->lake, strlen(link->lake));
  }
  text_put(&hello, "}", 1);
  bool sent = hello.broken ? fail(failure, "varve: no memory is left")
                           : link_send(link, HELLO, hello.bytes, hello.length, failure);
  text_free(&hello);
  if (!sent) return false;
  link->patience = WELCOME_S;
  Frame *answer = link_wait(link, 0, stopped, context, failure);
  link->patience = ANSWER_S;
  if (answer == NULL) return false;
  Cursor cursor = {answer->body, answer->body + answer->length, false};
  uint32_t protocol = read_u32(&cursor);
  char *version = read_text(&cursor);
  if (answer->kind != WELCOME || cursor.broken) fail(failure, "varve: the engine does not answer as one");
  else if (protocol != PROTOCOL)
    fail(failure, "varve: the extension %s speaks protocol %d, the engine of varve %s protocol %u; update the older one",
         VARVE_VERSION, PROTOCOL, version, protocol);
  free(version);
  free(answer);
  return failure->text[0] == 0;
}

/* An engine that is being killed takes connections until it is gone: the next try finds, or starts, another one. */
static Link *make(const char *program, const char *lake, Stopped stopped, void *context, Failure *failure) {
  for (int tries = 0;; tries++) {
    Waiter waiter = wait_begin(stopped, context);
    int fd = engine_connect(program, &waiter, failure);
    wait_end();
    if (fd < 0) return NULL;
    Link *link = link_new(fd, lake);
    if (link == NULL) {
      fail(failure, "varve: no memory is left");
      return NULL;
    }
    if (greet(link, stopped, context, failure)) return link;
    bool lost = link->lost;
    link_free(link);
    if (!lost || tries == TRIES) return NULL;
    *failure = (Failure){0};
    poll(NULL, 0, LOOK_MS);
  }
}

/* Another thread may be starting an engine meanwhile, which takes its time. */
static bool enter(Stopped stopped, void *context, Failure *failure) {
  Waiter waiter = wait_begin(stopped, context);
  bool entered = false;
  while (!entered && wait_on(&waiter, failure)) {
    struct timespec until = next_look();
    entered = pthread_mutex_timedlock(&all_lock, &until) == 0;
  }
  wait_end();
  return entered;
}

/* The process's connection for a lake; a new one where there is none that lives. */
Link *link_get(const char *program, const char *lake, Stopped stopped, void *context, Failure *failure) {
  pthread_once(&forks, watch_forks);
  if (!enter(stopped, context, failure)) return NULL;
  Link *found = NULL, *ended = NULL;
  for (Link **at = &all; *at != NULL;) {
    Link *one = *at;
    if (!link_lives(one)) {
      *at = one->next;
      if (--one->references == 0) {
        one->next = ended;
        ended = one;
      }
      continue;
    }
    if (strcmp(one->lake, lake) == 0) found = one;
    at = &one->next;
  }
  if (found == NULL && (found = make(program, lake, stopped, context, failure)) != NULL) {
    found->next = all;
    all = found;
  }
  if (found != NULL) found->references++;
  pthread_mutex_unlock(&all_lock);
  while (ended != NULL) {
    Link *next = ended->next;
    drop(ended);
    ended = next;
  }
  return found;
}
