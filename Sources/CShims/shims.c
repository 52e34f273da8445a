// The getters are static inline in the headers; this file lets the package manager build the target, and holds what
// needs definitions that the headers must not make.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include "CShims_files.h"
#include "CShims_hdf5.h"
#include "CShims_memory.h"
#include "CShims_mpi.h"
#include "CShims_signals.h"

int CShims_reserve(int descriptor, off_t start, off_t length) {
  // Reserving beyond the end of a file is not held against the limit that writing there meets.
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      (rlim_t)(start + length) > limit.rlim_cur) {
    errno = EFBIG;
    return -1;
  }
#ifdef FALLOC_FL_KEEP_SIZE
  return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, start, length);
#else
  (void)descriptor, (void)start, (void)length;
  errno = EOPNOTSUPP;
  return -1;
#endif
}

void CShims_write_lines(void) { setvbuf(stdout, NULL, _IOLBF, BUFSIZ); }

void CShims_return_large_blocks(void) {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

static volatile sig_atomic_t stop_signal = 0;

static void note_stop_signal(int number) { stop_signal = number; }

static void catch_signal(int number, int flags) {
  struct sigaction action = {0};
  action.sa_handler = note_stop_signal;
  action.sa_flags = SA_RESTART | flags;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, NULL);
  // Whoever started this process may have left it blocked, as threads of a test or of a server do.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, number);
  pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

void CShims_note_stop_signals(void) {
  catch_signal(SIGUSR1, 0);
  catch_signal(SIGUSR2, 0);
  catch_signal(SIGTERM, 0);
}

void CShims_release_termination(void) {
  signal(SIGTERM, SIG_DFL);
  if (stop_signal == SIGTERM) raise(SIGTERM);
}

void CShims_catch_stop_signals(void) {
  CShims_note_stop_signals();
  // A program in the background of a script may have been told to ignore the keyboard.
  struct sigaction present;
  if (sigaction(SIGINT, NULL, &present) == 0 && present.sa_handler != SIG_IGN) catch_signal(SIGINT, SA_RESETHAND);
}

int CShims_stop_signal(void) { return stop_signal; }
