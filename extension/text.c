/* Text that grows, and JSON. */
#include "varve.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool fail(Failure *failure, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(failure->text, sizeof failure->text, format, arguments);
  va_end(arguments);
  return false;
}

void text_put(Text *text, const char *bytes, size_t length) {
  if (text->broken) return;
  if (text->capacity - text->length <= length) {
    size_t capacity = (text->length + length + 64) * 2;
    char *more = realloc(text->bytes, capacity);
    if (more == NULL) {
      text->broken = true;
      return;
    }
    text->bytes = more;
    text->capacity = capacity;
  }
  if (length > 0) memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
  text->bytes[text->length] = 0;
}

void text_add(Text *text, const char *format, ...) {
  char small[256];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(small, sizeof small, format, arguments);
  va_end(arguments);
  /* Only numbers and the words of the protocol are written this way. */
  if (length < 0 || (size_t)length >= sizeof small) text->broken = true;
  else text_put(text, small, (size_t)length);
}

void text_json(Text *text, const char *bytes, size_t length) {
  text_put(text, "\"", 1);
  size_t from = 0;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    text_put(text, bytes + from, i - from);
    if (c < 0x20) text_add(text, "\\u%04x", c);
    else text_add(text, "\\%c", c);
    from = i + 1;
  }
  text_put(text, bytes + from, length - from);
  text_put(text, "\"", 1);
}

static bool has_scheme(const char *path, size_t length) {
  for (size_t i = 0; i + 2 < length; i++)
    if (memcmp(path + i, "://", 3) == 0) return true;
  return false;
}

/* The engine has another working folder than this process. */
void text_path(Text *text, const char *path, size_t length) {
  char folder[4096];
  if (length == 0 || path[0] == '/' || has_scheme(path, length) || getcwd(folder, sizeof folder) == NULL) {
    text_json(text, path, length);
    return;
  }
  Text whole = {0};
  text_put(&whole, folder, strlen(folder));
  if (folder[1] != 0) text_put(&whole, "/", 1);
  text_put(&whole, path, length);
  if (whole.broken) text->broken = true;
  else text_json(text, whole.bytes, whole.length);
  text_free(&whole);
}

void text_free(Text *text) {
  free(text->bytes);
  *text = (Text){0};
}
