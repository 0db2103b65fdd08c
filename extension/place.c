/* Where the engine's socket is, as src/bridge/place.ts has it, and who may be behind it. */
#define _GNU_SOURCE
#include "varve.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *set(const char *name) {
  const char *value = getenv(name);
  return value != NULL && value[0] != 0 ? value : NULL;
}

static void temporary(char *out, size_t size) {
  const char *found = set("TMPDIR");
  if (found == NULL) found = set("TMP");
  if (found == NULL) found = set("TEMP");
  if (found == NULL) found = "/tmp";
  size_t length = strlen(found);
  if (length > 1 && found[length - 1] == '/') length--;
  snprintf(out, size, "%.*s", (int)length, found);
}

static bool socket_path(char *out, size_t size, Failure *failure) {
  char folder[PATH_MAX];
  const char *given = set("VARVE_ENGINE"), *runtime = set("XDG_RUNTIME_DIR");
  int length;
  if (given != NULL) length = snprintf(out, size, "%s", given);
  else if (runtime != NULL) length = snprintf(out, size, "%s/varve/engine.sock", runtime);
  else {
    temporary(folder, sizeof folder);
    length = snprintf(out, size, "%s/varve-%u/engine.sock", folder, (unsigned)getuid());
  }
  if (length > 0 && (size_t)length < size && length <= 100) return true;
  return fail(failure, "varve: the path of the engine's socket has %d bytes, expected at most 100; set VARVE_ENGINE",
              length);
}

static bool folder_of(const char *path, char *out, size_t size) {
  const char *slash = strrchr(path, '/');
  int length = slash == NULL ? snprintf(out, size, ".")
                             : snprintf(out, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
  return length > 0 && (size_t)length < size;
}

/* Another user could otherwise answer in the engine's place. 1: safe, 0: there is no such folder, -1: failure. */
static int check_folder(const char *folder, Failure *failure) {
  struct stat found;
  if (lstat(folder, &found) != 0) {
    if (errno == ENOENT) return 0;
    fail(failure, "varve: the folder of the engine's socket, %s, cannot be read: %s", folder, strerror(errno));
  } else if (!S_ISDIR(found.st_mode)) fail(failure, "varve: the engine's socket is in %s, which is no folder", folder);
  else if (found.st_uid != getuid())
    fail(failure, "varve: the engine's socket is in %s, which belongs to user %u, expected %u", folder,
         (unsigned)found.st_uid, (unsigned)getuid());
  else if ((found.st_mode & 077) != 0)
    fail(failure, "varve: the engine's socket is in %s, which others can enter (mode %o), expected 700", folder,
         (unsigned)(found.st_mode & 0777));
  else return 1;
  return -1;
}

/* Or -1, with errno. */
int try_connect(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, path, strlen(path) + 1);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static bool on_path(const char *name) {
  const char *folders = getenv("PATH");
  char file[PATH_MAX];
  while (folders != NULL && *folders != 0) {
    size_t length = strcspn(folders, ":");
    int written = snprintf(file, sizeof file, "%.*s/%s", (int)length, folders, name);
    if (written > 0 && (size_t)written < sizeof file && access(file, X_OK) == 0) return true;
    folders += length + (folders[length] == ':');
  }
  return false;
}

/* A connection to this user's engine, which is started where none serves. -1 on failure. */
int engine_connect(const char *program, const Waiter *waiter, Failure *failure) {
  char path[PATH_MAX], folder[PATH_MAX];
  if (!socket_path(path, sizeof path, failure) || !folder_of(path, folder, sizeof folder)) return -1;
  int safe = check_folder(folder, failure);
  if (safe < 0) return -1;
  int fd = safe == 1 ? try_connect(path) : -1;
  if (fd >= 0) return fd;
  if (safe == 1 && errno != ENOENT && errno != ECONNREFUSED) {
    fail(failure, "varve: the engine's socket %s cannot be reached: %s", path, strerror(errno));
    return -1;
  }
  if (program[0] == 0) {
    if (!on_path("varve")) {
      fail(failure,
           "varve: no engine is running, and there is no program \"varve\" on the PATH to start one with: install "
           "varve (npm install -g varve), or tell where it is: SET varve_engine = '/path/to/varve'");
      return -1;
    }
    program = "varve";
  }
  if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
    fail(failure, "varve: the folder %s for the engine's socket cannot be made: %s", folder, strerror(errno));
    return -1;
  }
  return check_folder(folder, failure) == 1 ? engine_start(program, path, folder, waiter, failure) : -1;
}
