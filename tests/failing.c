/* A disk that fails: one call of a program on files below a folder, or all from one on.

   LD_PRELOAD=failing.so FAILING=KIND FAILING_AT=N FAILING_ERRNO=5 FAILING_BELOW=/archive
   FAILING_LOG=/log [FAILING_ON=1]

   where KIND is a letter: o open, r read, w write, t truncate, s sync, n rename, m mkdir, u unlink.
   Of every call below the folder its letter is added to the log, a capital one where it failed;
   with FAILING_ON it fails from the Nth on. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static int taken;

static int below(const char *path) {
  const char *folder = getenv("FAILING_BELOW");
  return folder && !strncmp(path, folder, strlen(folder));
}

static int opened_below(int file) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return below(path);
}

static int named_below(int at, const char *path) {
  return path[0] == '/' || at == AT_FDCWD ? below(path) : opened_below(at);
}

/* Whether this call of a kind is one that fails; errno is set then. */
static int fails(char kind, int concerned) {
  const char *which = getenv("FAILING"), *log = getenv("FAILING_LOG");
  int before = errno;
  if (!log || !concerned) { errno = before; return 0; }
  pthread_mutex_lock(&counting);
  int failed = 0;
  if (which && which[0] == kind) {
    int at = atoi(getenv("FAILING_AT"));
    taken++;
    failed = taken == at || (taken > at && getenv("FAILING_ON"));
  }
  char note = failed ? toupper(kind) : kind;
  int file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  syscall(SYS_write, file, &note, 1);
  syscall(SYS_close, file);
  pthread_mutex_unlock(&counting);
  errno = failed ? atoi(getenv("FAILING_ERRNO")) : before;
  return failed;
}

#define REAL(name, ...) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name); \
  return real(__VA_ARGS__)
#define CALL(kind, concerned, type, name, parameters, ...) \
  type name parameters { \
    if (fails(kind, concerned)) return -1; \
    REAL(name, __VA_ARGS__); }
#define OPEN(name, concerned, parameters, ...) \
  int name parameters { \
    if (fails('o', concerned)) return -1; \
    va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest); \
    REAL(name, __VA_ARGS__, mode); }

OPEN(open, named_below(AT_FDCWD, path), (const char *path, int flags, ...), path, flags)
OPEN(open64, named_below(AT_FDCWD, path), (const char *path, int flags, ...), path, flags)
OPEN(openat, named_below(at, path), (int at, const char *path, int flags, ...), at, path, flags)
OPEN(openat64, named_below(at, path), (int at, const char *path, int flags, ...), at, path, flags)

CALL('r', opened_below(file), ssize_t, read, (int file, void *into, size_t count), file, into, count)
CALL('r', opened_below(file), ssize_t, pread, (int file, void *into, size_t count, off_t from), file,
     into, count, from)
CALL('r', opened_below(file), ssize_t, pread64,
     (int file, void *into, size_t count, off64_t from), file, into, count, from)
CALL('w', opened_below(file), ssize_t, write, (int file, const void *bytes, size_t count), file,
     bytes, count)
CALL('w', opened_below(file), ssize_t, pwrite,
     (int file, const void *bytes, size_t count, off_t at), file, bytes, count, at)
CALL('w', opened_below(file), ssize_t, pwrite64,
     (int file, const void *bytes, size_t count, off64_t at), file, bytes, count, at)
CALL('t', opened_below(file), int, ftruncate, (int file, off_t size), file, size)
CALL('t', opened_below(file), int, ftruncate64, (int file, off64_t size), file, size)
CALL('s', opened_below(file), int, fsync, (int file), file)
CALL('s', opened_below(file), int, fdatasync, (int file), file)
CALL('n', below(to), int, rename, (const char *from, const char *to), from, to)
CALL('n', named_below(there, to), int, renameat,
     (int here, const char *from, int there, const char *to), here, from, there, to)
CALL('m', below(path), int, mkdir, (const char *path, mode_t mode), path, mode)
CALL('m', named_below(at, path), int, mkdirat, (int at, const char *path, mode_t mode), at, path,
     mode)
CALL('u', below(path), int, unlink, (const char *path), path)
CALL('u', named_below(at, path), int, unlinkat, (int at, const char *path, int flags), at, path,
     flags)
