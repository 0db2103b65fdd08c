/*
 * Ctrl-C while a query waits: the handler that was there is called as ever, and who waits is told. Where none was,
 * nothing is changed.
 */
#define _GNU_SOURCE
#include "varve.h"

#include <signal.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned waiters;
static bool installed;
static struct sigaction before;
static volatile sig_atomic_t interrupts;

static void on_interrupt(int number, siginfo_t *info, void *context) {
  interrupts++;
  if ((before.sa_flags & SA_SIGINFO) != 0) before.sa_sigaction(number, info, context);
  else before.sa_handler(number);
}

/* Nested calls on one thread are fine. */
Waiter wait_begin(Stopped stopped, void *context) {
  pthread_mutex_lock(&lock);
  if (waiters++ == 0 && sigaction(SIGINT, NULL, &before) == 0) {
    bool handled = (before.sa_flags & SA_SIGINFO) != 0 ||
                   (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN);
    struct sigaction own;
    memset(&own, 0, sizeof own);
    own.sa_sigaction = on_interrupt;
    /* Runtimes with small stacks of their own (Java, Go) need the others kept. */
    own.sa_flags = SA_SIGINFO | (before.sa_flags & (SA_ONSTACK | SA_RESTART));
    own.sa_mask = before.sa_mask;
    installed = handled && sigaction(SIGINT, &own, NULL) == 0;
  }
  pthread_mutex_unlock(&lock);
  return (Waiter){stopped, context, (unsigned)interrupts};
}

bool wait_on(const Waiter *waiter, Failure *failure) {
  if ((unsigned)interrupts == waiter->interrupts && (waiter->stopped == NULL || !waiter->stopped(waiter->context)))
    return true;
  failure->kind = INTERRUPTED;
  return fail(failure, "varve: interrupted");
}

void wait_end(void) {
  pthread_mutex_lock(&lock);
  if (--waiters == 0 && installed) {
    struct sigaction found;
    /* Somebody may have set another one meanwhile, which stays. */
    if (sigaction(SIGINT, NULL, &found) == 0 && (found.sa_flags & SA_SIGINFO) != 0 &&
        found.sa_sigaction == on_interrupt)
      sigaction(SIGINT, &before, NULL);
    installed = false;
  }
  pthread_mutex_unlock(&lock);
}

/* Around a fork: a child must not find it locked by a thread that it does not have. */
void interrupt_hold(void) {
  pthread_mutex_lock(&lock);
}

void interrupt_loose(void) {
  pthread_mutex_unlock(&lock);
}
