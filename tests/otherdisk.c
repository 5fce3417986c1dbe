/* What other disks answer, without one.

   LD_PRELOAD=otherdisk.so OTHERDISK=WORDS OTHERDISK_ROOT=FOLDER, where below FOLDER
   nosync    a folder can't be synced (SMB, sshfs), or not as it is opened (badsync)
   noflock   there is no flock (NFS without lockd)
   nolock    there is none, and no byte range can be locked
   short     names have 143 bytes at most (eCryptfs), and pathconf doesn't know
   nomap     files give no common memory */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name, ...) \
  static __typeof__(__VA_ARGS__) real; \
  if (!real) real = (__typeof__(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int on(const char *word) {
  const char *words = getenv("OTHERDISK");
  return words && strstr(words, word);
}

static int below(int file) {
  const char *root = getenv("OTHERDISK_ROOT");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0 || !root) return 0;
  path[length] = 0;
  return !strncmp(path, root, strlen(root));
}

static int refused(int number) {
  errno = number;
  return -1;
}

int fsync(int file) {
  REAL("fsync", int (*)(int));
  struct stat found;
  int bad = on("badsync") ? EBADF : on("nosync") ? EINVAL : 0;
  if (bad && !fstat(file, &found) && S_ISDIR(found.st_mode) && below(file)) return refused(bad);
  return real(file);
}

int flock(int file, int how) {
  REAL("flock", int (*)(int, int));
  return (on("noflock") || on("nolock")) && below(file) ? refused(ENOLCK) : real(file, how);
}

#define FCNTL(name) \
  int name(int file, int what, ...) { \
    REAL(#name, int (*)(int, int, void *)); \
    va_list rest; va_start(rest, what); void *with = va_arg(rest, void *); va_end(rest); \
    int locks = what == F_OFD_SETLK || what == F_OFD_GETLK; \
    return on("nolock") && locks && below(file) ? refused(ENOLCK) : real(file, what, with); }
FCNTL(fcntl)
FCNTL(fcntl64)

static int is_long(int at, const char *path) {
  const char *root = getenv("OTHERDISK_ROOT"), *name = strrchr(path, '/');
  int inside = path[0] == '/' ? root && !strncmp(path, root, strlen(root)) : below(at);
  return on("short") && inside && strlen(name ? name + 1 : path) > 143;
}

int rename(const char *old, const char *new) {
  REAL("rename", int (*)(const char *, const char *));
  return is_long(AT_FDCWD, new) ? refused(ENAMETOOLONG) : real(old, new);
}

int renameat(int from, const char *old, int to, const char *new) {
  REAL("renameat", int (*)(int, const char *, int, const char *));
  return is_long(to, new) ? refused(ENAMETOOLONG) : real(from, old, to, new);
}

#define MMAP(name) \
  void *name(void *at, size_t size, int may, int how, int file, off_t from) { \
    REAL(#name, void *(*)(void *, size_t, int, int, int, off_t)); \
    if (on("nomap") && file >= 0 && (how & MAP_SHARED) && below(file)) { \
      errno = ENODEV; \
      return MAP_FAILED; \
    } \
    return real(at, size, may, how, file, from); }
MMAP(mmap)
MMAP(mmap64)
