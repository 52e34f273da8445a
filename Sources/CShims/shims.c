// The getters are static inline in the headers; this file lets the package manager build the target, and holds what needs
// definitions that the headers must not make.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include "CShims_files.h"
#include "CShims_hdf5.h"
#include "CShims_memory.h"
#include "CShims_mpi.h"
#include "CShims_signals.h"

int CShims_reserve(int descriptor, off_t start, off_t length) {
  // Reserving beyond the end of a file is not held against the limit that writing there meets.
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && (rlim_t)(start + length) > limit.rlim_cur) {
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

void CShims_return_large_blocks(void) {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

static volatile sig_atomic_t stop_signal = 0;

static void note_stop_signal(int number) { stop_signal = number; }

void CShims_catch_stop_signals(void) {
  struct sigaction action = {0};
  action.sa_handler = note_stop_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  // Whoever started this process may have left them blocked, as threads of a test or of a server do.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, SIGUSR2);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

int CShims_stop_signal(void) { return stop_signal; }
