/*
 * One connection to an engine, on which all queries of this process talk at once. Whoever waits for an answer reads
 * the socket for all of them when nobody else does: no thread of its own is needed.
 */
#define _GNU_SOURCE
#include "varve.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define LONGEST (64u << 20)

typedef struct Waiting {
  struct Waiting *next;
  uint32_t id;
  Frame *first, **last;
} Waiting;

static void die(Link *link, const char *reason) {
  if (link->dead) return;
  link->dead = true;
  snprintf(link->reason, sizeof link->reason, "%s", reason);
  /* The engine frees this client's slots at once; a forked child leaves its parent's connection alone. */
  if (link->pid == getpid()) shutdown(link->fd, SHUT_RDWR);
}

static Waiting *find(Link *link, uint32_t id) {
  Waiting *one = link->waiting;
  while (one != NULL && one->id != id) one = one->next;
  return one;
}

static void drop_frames(Waiting *one) {
  for (Frame *frame = one->first, *next; frame != NULL; frame = next) {
    next = frame->next;
    free(frame);
  }
  free(one);
}

static void deliver(Link *link, uint8_t kind, const uint8_t *body, size_t length) {
  Cursor cursor = {body, body + length, false};
  uint32_t id = kind == WELCOME ? 0 : read_u32(&cursor);
  if (kind == ERROR && id == 0) {
    free(read_text(&cursor));
    char *message = read_text(&cursor);
    die(link, message == NULL ? "varve: the engine refused without a reason" : message);
    free(message);
    return;
  }
  Waiting *one = find(link, id);
  if (one == NULL) return; /* of a scan that was closed meanwhile */
  length = kind == WELCOME ? length : (size_t)(cursor.end - cursor.at);
  Frame *frame = cursor.broken ? NULL : malloc(sizeof *frame + length);
  if (frame == NULL) {
    die(link, "varve: an answer of the engine cannot be taken");
    return;
  }
  *frame = (Frame){NULL, id, kind, length};
  if (length > 0) memcpy(frame->body, kind == WELCOME ? body : cursor.at, length);
  *one->last = frame;
  one->last = &frame->next;
}

/* What has come whole, to whom it is for. */
static void cut(Link *link) {
  size_t at = 0;
  while (link->length - at >= 4 && !link->dead) {
    uint32_t length;
    memcpy(&length, link->held + at, 4);
    if (length == 0 || length > LONGEST) {
      die(link, "varve: the engine sent what is no answer");
      return;
    }
    if (link->length - at - 4 < length) break;
    deliver(link, link->held[at + 4], link->held + at + 5, length - 1);
    at += 4 + (size_t)length;
  }
  memmove(link->held, link->held + at, link->length - at);
  link->length -= at;
}

static void gone(Link *link) {
  if (!link->dead) link->lost = true;
  die(link, "varve: the engine has gone away; run the query again, and a new one is started");
}

/* Called without the lock, by the one thread that reads. */
static ssize_t receive(Link *link) {
  struct pollfd wanted = {.fd = link->fd, .events = POLLIN};
  if (poll(&wanted, 1, LOOK_MS) <= 0) return -1;
  if (link->capacity - link->length < (1u << 16)) {
    uint8_t *more = realloc(link->held, link->capacity * 2 + (1u << 17));
    if (more == NULL) return 0;
    link->held = more;
    link->capacity = link->capacity * 2 + (1u << 17);
  }
  ssize_t got = recv(link->fd, link->held + link->length, link->capacity - link->length, MSG_DONTWAIT);
  if (got < 0 && errno != EAGAIN && errno != EINTR) return 0;
  return got;
}

struct timespec next_look(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  time.tv_nsec += LOOK_MS * 1000000L;
  if (time.tv_nsec >= 1000000000L) {
    time.tv_sec++;
    time.tv_nsec -= 1000000000L;
  }
  return time;
}

/* The next answer to `id`; NULL on failure. Answers are the caller's to free. */
Frame *link_wait(Link *link, uint32_t id, Stopped stopped, void *context, Failure *failure) {
  Frame *frame = NULL;
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  Waiter waiter = wait_begin(stopped, context);
  pthread_mutex_lock(&link->lock);
  for (;;) {
    Waiting *one = find(link, id);
    if (one == NULL) {
      fail(failure, "varve: nothing was asked as %u", id);
      break;
    }
    if ((frame = one->first) != NULL) {
      one->first = frame->next;
      if (one->first == NULL) one->last = &one->first;
      break;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (link->dead) fail(failure, "%s", link->reason);
    else if (wait_on(&waiter, failure) && now.tv_sec - start.tv_sec > link->patience)
      fail(failure, "varve: the engine has not answered for %d s", link->patience);
    if (failure->text[0] != 0) break;
    if (link->reading) {
      struct timespec until = next_look();
      pthread_cond_timedwait(&link->changed, &link->lock, &until);
      continue;
    }
    link->reading = true;
    pthread_mutex_unlock(&link->lock);
    ssize_t got = receive(link);
    pthread_mutex_lock(&link->lock);
    link->reading = false;
    if (got > 0) {
      link->length += (size_t)got;
      cut(link);
    } else if (got == 0) gone(link);
    pthread_cond_broadcast(&link->changed);
  }
  pthread_mutex_unlock(&link->lock);
  wait_end();
  return frame;
}

bool link_send(Link *link, uint8_t kind, const char *body, size_t length, Failure *failure) {
  if (link->pid != getpid()) return fail(failure, "varve: a connection of another process; run the query again");
  if (length >= (16u << 20)) return fail(failure, "varve: a request has %zu bytes, expected at most 16 MiB", length);
  uint8_t head[5];
  uint32_t size = (uint32_t)length + 1;
  memcpy(head, &size, 4);
  head[4] = kind;
  struct iovec parts[2] = {{head, 5}, {(void *)body, length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  bool sent = true;
  pthread_mutex_lock(&link->sending);
  while (parts[0].iov_len + parts[1].iov_len > 0) {
    ssize_t wrote = sendmsg(link->fd, &message, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      sent = false;
      break;
    }
    for (int i = 0; i < 2; i++) {
      size_t part = (size_t)wrote < parts[i].iov_len ? (size_t)wrote : parts[i].iov_len;
      parts[i].iov_base = (char *)parts[i].iov_base + part;
      parts[i].iov_len -= part;
      wrote -= (ssize_t)part;
    }
  }
  pthread_mutex_unlock(&link->sending);
  if (sent) return true;
  pthread_mutex_lock(&link->lock);
  /* Why it hung up may be on its way still. */
  ssize_t got = link->dead || link->reading ? 0 : receive(link);
  if (got > 0) {
    link->length += (size_t)got;
    cut(link);
  }
  gone(link);
  fail(failure, "%s", link->reason);
  pthread_mutex_unlock(&link->lock);
  return false;
}

static bool await(Link *link, uint32_t id) {
  Waiting *one = calloc(1, sizeof *one);
  if (one == NULL) return false;
  one->id = id;
  one->last = &one->first;
  one->next = link->waiting;
  link->waiting = one;
  return true;
}

/* A number for a bind or scan, whose answers are kept from now on. 0 on failure. */
uint32_t link_open(Link *link, Failure *failure) {
  pthread_mutex_lock(&link->lock);
  uint32_t id = ++link->ids;
  if (!await(link, id)) id = 0;
  pthread_mutex_unlock(&link->lock);
  if (id == 0) fail(failure, "varve: no memory is left");
  return id;
}

void link_shut(Link *link, uint32_t id) {
  /* In a forked child, a thread that it does not have may hold the lock. */
  if (link->pid != getpid()) return;
  pthread_mutex_lock(&link->lock);
  for (Waiting **at = &link->waiting; *at != NULL; at = &(*at)->next) {
    Waiting *one = *at;
    if (one->id != id) continue;
    *at = one->next;
    drop_frames(one);
    break;
  }
  pthread_mutex_unlock(&link->lock);
}

bool link_lives(Link *link) {
  if (link->pid != getpid()) return false;
  pthread_mutex_lock(&link->lock);
  /* An engine that has ended since the last query is noticed here, not by the next one's failure. */
  struct pollfd ended = {.fd = link->fd, .events = POLLRDHUP};
  if (!link->dead && !link->reading && poll(&ended, 1, 0) > 0) gone(link);
  bool lives = !link->dead;
  pthread_mutex_unlock(&link->lock);
  return lives;
}

void link_free(Link *link) {
  close(link->fd);
  while (link->waiting != NULL) {
    Waiting *one = link->waiting;
    link->waiting = one->next;
    drop_frames(one);
  }
  pthread_mutex_destroy(&link->lock);
  pthread_mutex_destroy(&link->sending);
  pthread_cond_destroy(&link->changed);
  free(link->held);
  free(link->lake);
  free(link);
}

/* NULL where no memory is left; the socket is the link's then, and closed. Answers to 0, the hello, are kept. */
Link *link_new(int fd, const char *lake) {
  Link *link = calloc(1, sizeof *link);
  if (link == NULL) {
    close(fd);
    return NULL;
  }
  link->fd = fd;
  link->pid = getpid();
  link->references = 1;
  pthread_mutex_init(&link->lock, NULL);
  pthread_mutex_init(&link->sending, NULL);
  pthread_cond_init(&link->changed, NULL);
  link->lake = strdup(lake);
  if (link->lake != NULL && await(link, 0)) return link;
  link_free(link);
  return NULL;
}
