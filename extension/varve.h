/* What both entry points of the extension share: a connection to `varve engine`, what was bound, what is scanned. */
#ifndef VARVE_H
#define VARVE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <sys/types.h>

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
/* https://arrow.apache.org/docs/format/CDataInterface.html */
struct ArrowSchema {
  const char *format;
  const char *name;
  const char *metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema **children;
  struct ArrowSchema *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};
struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void **buffers;
  struct ArrowArray **children;
  struct ArrowArray *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};
#endif

#define VARVE_VERSION "0.1.0"
#define PROTOCOL 1
/* The engine keeps to 64 slots; one is always left for a batch that is copied (see scan.c). */
#define SLOTS 8

/* A sentence for the user; empty where nothing is wrong. */
typedef struct {
  char text[2048];
  enum { GENERAL, INTERRUPTED, INPUT, DENIED } kind;
} Failure;
bool fail(Failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* text.c */
typedef struct {
  char *bytes;
  size_t length, capacity;
  bool broken; /* memory ran out: what is written later is lost */
} Text;
void text_put(Text *text, const char *bytes, size_t length);
void text_add(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_json(Text *text, const char *bytes, size_t length);
void text_path(Text *text, const char *path, size_t length);
void text_free(Text *text);

/* functions.c */
typedef struct {
  const char *name;
  int positional;
  const char *optional; /* of one more argument, which may also be given by this name */
  bool paths;           /* the first argument is a path, or a list of them */
  const char *options;  /* of the engine, for an API that must be told their names */
} Function;
extern const Function FUNCTIONS[];
extern const size_t FUNCTION_COUNT;
bool is_replaced(const char *name, size_t length);

/* Whether who waits shall stop; asked every few milliseconds. */
typedef bool (*Stopped)(void *context);
typedef struct {
  Stopped stopped; /* may be NULL */
  void *context;
  unsigned interrupts; /* how many there had been when the waiting began */
} Waiter;

/* interrupt.c */
/* Who waits looks so often whether it shall stop, and when next. */
#define LOOK_MS 50
struct timespec next_look(void);
Waiter wait_begin(Stopped stopped, void *context);
/* False, with that in `failure`, when it shall stop. */
bool wait_on(const Waiter *waiter, Failure *failure);
void wait_end(void);
void interrupt_hold(void);
void interrupt_loose(void);

/* place.c */
int engine_connect(const char *program, const Waiter *waiter, Failure *failure);
int try_connect(const char *path);

/* start.c */
int engine_start(const char *program, const char *path, const char *folder, const Waiter *waiter, Failure *failure);

/* link.c: frames to and from one engine, shared by all queries of a process that use the same lake. */
enum { HELLO = 1, BIND, SCAN, OPENED, RELEASE, CLOSE, UNBIND };
enum { WELCOME = 128, BOUND, BATCH, END, ERROR };
typedef struct Link Link;
typedef struct Frame {
  struct Frame *next;
  uint32_t id;
  uint8_t kind;
  size_t length;
  uint8_t body[]; /* behind the id */
} Frame;
struct Link {
  struct Link *next;
  int fd, references;
  pid_t pid;
  char *lake;
  bool dead, reading;
  bool lost; /* dead, as the engine hung up without a word */
  char reason[1024];
  uint32_t ids;
  struct Waiting *waiting;
  pthread_mutex_t lock, sending;
  pthread_cond_t changed;
  uint8_t *held;
  size_t length, capacity;
  int patience; /* seconds without a word */
};
Link *link_new(int fd, const char *lake);
void link_free(Link *link);
bool link_lives(Link *link);
uint32_t link_open(Link *link, Failure *failure);
void link_shut(Link *link, uint32_t id);
bool link_send(Link *link, uint8_t kind, const char *body, size_t length, Failure *failure);
Frame *link_wait(Link *link, uint32_t id, Stopped stopped, void *context, Failure *failure);

/* links.c */
Link *link_get(const char *program, const char *lake, Stopped stopped, void *context, Failure *failure);
void link_put(Link *link);

/* frames.c: reads that never pass the end of what is there. */
typedef struct {
  const uint8_t *at, *end;
  bool broken;
} Cursor;
uint8_t read_u8(Cursor *cursor);
uint32_t read_u32(Cursor *cursor);
uint64_t read_u64(Cursor *cursor);
double read_f64(Cursor *cursor);
char *read_text(Cursor *cursor); /* to be freed; NULL where broken */
typedef struct Field {
  char *name, *format;
  uint32_t count;
  struct Field *children;
} Field;
bool read_field(Cursor *cursor, Field *field, int depth);
void field_free(Field *field);
bool field_schema(const Field *fields, uint32_t count, struct ArrowSchema *out);

/* bound.c */
bool answer_failure(Frame *frame, Failure *failure);
typedef struct Bound {
  Link *link;
  uint32_t id;
  Text request; /* name, args and named, to bind again where the engine has gone meanwhile */
  char *program, *lake;
  uint64_t rows;
  bool exact;
  uint32_t count;
  Field *columns;
  bool *zones;
  pthread_mutex_t lock;
  Text predicates;
  int references;
} Bound;
Bound *bound_new(const char *program, const char *lake, Text *request, Stopped stopped, void *context,
                 Failure *failure);
/* To be put: `bound` itself, or the same on another engine where its own has ended. */
Bound *bound_revive(Bound *bound, Stopped stopped, void *context, Failure *failure);
void bound_put(Bound *bound);

/* scan.c */

typedef struct Scan Scan;
typedef struct {
  struct ArrowArray array; /* a struct of the scan's columns; whoever takes it releases it */
  uint64_t ordinal;
  bool copy; /* few slots are left: its rows shall be copied, and the array released soon */
} Batch;
Scan *scan_start(Bound *bound, const uint32_t *columns, uint32_t count, Stopped stopped, void *context,
                 Failure *failure);
/* 1: a batch; 0: there is none any more; -1: failure. Threads may ask at the same time. */
int scan_next(Scan *scan, Batch *batch, Stopped stopped, void *context, Failure *failure);
const Field *scan_fields(Scan *scan);
uint32_t scan_width(Scan *scan);
double scan_progress(Scan *scan); /* 0 to 1; negative: unknown */
void scan_put(Scan *scan);

/* arrays.c */
typedef struct Mapping Mapping;
struct Mapping {
  uint8_t *bytes;
  size_t size;
  int references;
};
void mapping_put(Mapping *mapping);
typedef struct {
  Scan *scan;
  Mapping *mapping;
  uint32_t slot;
} Holder;
void holder_release(Holder *holder); /* scan.c */
int format_width(const char *format); /* bytes of one value; 0: bits; -1: none of fixed size */
bool read_array(Cursor *cursor, const Field *field, const Mapping *mapping, struct ArrowArray *out, int depth);
void array_free(struct ArrowArray *array);

#endif
