/* Starting an engine that stays when this process ends. */
#define _GNU_SOURCE
#include "varve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define PATIENCE_S 20
#define STEP_MS 20
/* Of the shell that starts the engine, where the engine finds it open and leaves it so. */
#define ALIVE 3

/* The last line that the engine wrote, as far as it fits; it says what is wrong. */
static void last_line(const char *log, char *out, size_t size) {
  FILE *file = fopen(log, "re");
  char line[512];
  out[0] = 0;
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = 0;
    if (line[0] != 0) snprintf(out, size, ": %s", line);
  }
  if (file != NULL) fclose(file);
}

/* By way of a shell, so that the engine is no child of this process. `alive` is closed when it has ended. */
static bool spawn(const char *program, const char *path, const char *log, int alive, Failure *failure) {
  static const char SCRIPT[] = "log=$1; shift; \"$@\" </dev/null >\"$log\" 2>&1 &";
  char *words = strdup(program), *arguments[32];
  if (words == NULL) return fail(failure, "varve: no memory is left");
  size_t n = 0;
  const char *const head[] = {"/bin/sh", "-c", SCRIPT, "varve", log};
  for (size_t i = 0; i < 5; i++) arguments[n++] = (char *)head[i];
  /* A path may have blanks; what is no file is a command with arguments. */
  if (access(program, X_OK) == 0) arguments[n++] = words;
  else
    for (char *rest = words, *word; (word = strtok_r(rest, " ", &rest)) != NULL && n < 24;) arguments[n++] = word;
  const char *const tail[] = {"engine", "--socket", path, "--idle", "600"};
  for (size_t i = 0; i < 5; i++) arguments[n++] = (char *)tail[i];
  arguments[n] = NULL;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_init(&actions);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
  posix_spawn_file_actions_adddup2(&actions, alive, ALIVE);
  pid_t pid;
  int error = posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  free(words);
  if (error != 0) return fail(failure, "varve: the engine could not be started: %s", strerror(error));
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
  return true;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A connection to the engine that it starts, or to another one that was first. -1 on failure. */
int engine_start(const char *program, const char *path, const char *folder, const Waiter *waiter, Failure *failure) {
  char log[PATH_MAX + 16], said[600];
  int alive[2];
  snprintf(log, sizeof log, "%s/engine.log", folder);
  if (pipe2(alive, O_CLOEXEC) != 0) {
    fail(failure, "varve: the engine could not be started: %s", strerror(errno));
    return -1;
  }
  bool started = spawn(program, path, log, alive[1], failure);
  close(alive[1]);
  bool ended = false;
  int fd = -1;
  for (double end = now() + PATIENCE_S; started && now() < end && wait_on(waiter, failure);) {
    /* Whoever ends because another engine serves already ends after that one does. */
    fd = try_connect(path);
    if (fd >= 0 || ended) break;
    struct pollfd life = {.fd = alive[0]};
    ended = poll(&life, 1, STEP_MS) > 0;
  }
  close(alive[0]);
  if (fd >= 0 || failure->text[0] != 0) return fd;
  last_line(log, said, sizeof said);
  if (ended) fail(failure, "varve: the engine, started as \"%s\", has ended%s (all it said is in %s)", program, said, log);
  else
    fail(failure, "varve: the engine, started as \"%s\", did not answer at %s within %d s%s (all it said is in %s)",
         program, path, PATIENCE_S, said, log);
  return -1;
}
