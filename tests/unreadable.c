/* A disk that answers with an error at some files, without one.

   LD_PRELOAD=unreadable.so UNREADABLE=PART UNREADABLE_CALL=open|read|stat UNREADABLE_ERRNO=5
   where PART is in the path of the files that can't be read. Only reading fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fails(const char *call, const char *path) {
  const char *part = getenv("UNREADABLE"), *which = getenv("UNREADABLE_CALL");
  if (!part || !which || !path || strcmp(which, call) || !strstr(path, part)) return 0;
  errno = atoi(getenv("UNREADABLE_ERRNO"));
  return 1;
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    static int (*real)(const char *, int, ...); \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest); \
    if ((flags & O_ACCMODE) == O_RDONLY && fails("open", path)) return -1; \
    return real(path, flags, mode); }
OPEN(open)
OPEN(open64)

/* A name in an open folder has the path of that folder before it. */
static const char *whole(int at, const char *path, char *into, size_t room) {
  char link[64], folder[4096];
  if (path[0] == '/' || at == AT_FDCWD) return path;
  snprintf(link, sizeof link, "/proc/self/fd/%d", at);
  ssize_t length = readlink(link, folder, sizeof folder - 1);
  if (length < 0) return path;
  folder[length] = 0;
  snprintf(into, room, "%s/%s", folder, path);
  return into;
}

#define OPENAT(name) \
  int name(int at, const char *path, int flags, ...) { \
    static int (*real)(int, const char *, int, ...); \
    char room[8192]; \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest); \
    if ((flags & O_ACCMODE) == O_RDONLY && fails("open", whole(at, path, room, sizeof room))) \
      return -1; \
    return real(at, path, flags, mode); }
OPENAT(openat)
OPENAT(openat64)

ssize_t read(int file, void *into, size_t count) {
  static ssize_t (*real)(int, void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "read");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length > 0) { path[length] = 0; if (fails("read", path)) return -1; }
  return real(file, into, count);
}

#define STAT(name, type) \
  int name(int at, const char *path, struct type *found, int flags) { \
    static int (*real)(int, const char *, struct type *, int); \
    char room[8192]; \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    if (fails("stat", whole(at, path, room, sizeof room))) return -1; \
    return real(at, path, found, flags); }
STAT(fstatat, stat)
STAT(fstatat64, stat64)
#define LSTAT(name, type) \
  int name(const char *path, struct type *found) { \
    static int (*real)(const char *, struct type *); \
    if (!real) real = dlsym(RTLD_NEXT, #name); \
    return fails("stat", path) ? -1 : real(path, found); }
LSTAT(stat, stat)
LSTAT(stat64, stat64)
LSTAT(lstat, stat)
LSTAT(lstat64, stat64)
