/* Notes whom a process asks over the network, and what files it makes: LD_PRELOAD it, with
   OUTGOING=FILE in the environment. Libraries in C are seen too. Whoever is not of this computer is
   noted and not asked, so that a program which would call somebody is caught and calls nobody. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void note(const char *what, const char *whom) {
    const char *file = getenv("OUTGOING");
    char line[2 * PATH_MAX];
    int before = errno, length = snprintf(line, sizeof line, "%s %s\n", what, whom);
    int log = file ? NEXT(open)(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (log < 0 || write(log, line, length) != length) abort();
    close(log);
    errno = before;
}

/* Asking */

static int leaves(const char *how, const struct sockaddr *to) {
    char text[INET6_ADDRSTRLEN] = "";
    if (!to) return 0;
    if (to->sa_family == AF_INET) {
        const struct in_addr *four = &((const struct sockaddr_in *)to)->sin_addr;
        if (ntohl(four->s_addr) >> 24 == 127) return 0;
        inet_ntop(AF_INET, four, text, sizeof text);
    } else if (to->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)to)->sin6_addr;
        if (IN6_IS_ADDR_LOOPBACK(six)) return 0;
        inet_ntop(AF_INET6, six, text, sizeof text);
    } else if (to->sa_family == AF_UNIX) {
        strncpy(text, ((const struct sockaddr_un *)to)->sun_path, sizeof text - 1);
    } else {
        return 0;
    }
    note(how, text);
    errno = ENETUNREACH;
    return 1;
}

int connect(int at, const struct sockaddr *to, socklen_t length) {
    return leaves("connect", to) ? -1 : NEXT(connect)(at, to, length);
}

ssize_t sendto(int at, const void *data, size_t bytes, int flags, const struct sockaddr *to,
               socklen_t length) {
    return leaves("sendto", to) ? -1 : NEXT(sendto)(at, data, bytes, flags, to, length);
}

ssize_t sendmsg(int at, const struct msghdr *message, int flags) {
    return leaves("sendmsg", message->msg_name) ? -1 : NEXT(sendmsg)(at, message, flags);
}

int sendmmsg(int at, struct mmsghdr *messages, unsigned int count, int flags) {
    for (unsigned int each = 0; each < count; each++)
        if (leaves("sendmmsg", messages[each].msg_hdr.msg_name)) return -1;
    return NEXT(sendmmsg)(at, messages, count, flags);
}

static int is_number(const char *host) {
    unsigned char number[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, number) == 1 || inet_pton(AF_INET6, host, number) == 1;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
    if (host && !strcmp(host, "six.test")) host = "::1"; /* a name with an IPv6 address alone */
    if (!host || is_number(host) || !strcmp(host, "localhost"))
        return NEXT(getaddrinfo)(host, service, hints, found);
    note("getaddrinfo", host);
    return EAI_FAIL;
}

int getnameinfo(const struct sockaddr *of, socklen_t length, char *host, socklen_t hosts,
                char *service, socklen_t services, int flags) {
    if (!(flags & NI_NUMERICHOST) && leaves("getnameinfo", of)) return EAI_FAIL;
    return NEXT(getnameinfo)(of, length, host, hosts, service, services, flags);
}

struct hostent *gethostbyname(const char *host) {
    note("gethostbyname", host);
    return NULL;
}

int gethostbyname_r(const char *host, struct hostent *made, char *room, size_t rooms,
                    struct hostent **found, int *problem) {
    (void)made, (void)room, (void)rooms;
    note("gethostbyname_r", host);
    *found = NULL;
    *problem = HOST_NOT_FOUND;
    return 0;
}

int gethostbyaddr_r(const void *address, socklen_t length, int family, struct hostent *made,
                    char *room, size_t rooms, struct hostent **found, int *problem) {
    /* Python's HTTP server looks up the name of its own address, which the hosts file has. */
    if (family == AF_INET && *(const unsigned char *)address == 127)
        return NEXT(gethostbyaddr_r)(address, length, family, made, room, rooms, found, problem);
    note("gethostbyaddr_r", "an address");
    *found = NULL;
    *problem = HOST_NOT_FOUND;
    return 0;
}

/* Making files */

static void makes(int folder, const char *path) {
    char from[PATH_MAX] = "", whole[2 * PATH_MAX - 64], link[64];
    ssize_t length = 0;
    if (path[0] != '/') {
        snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d",
                 folder);
        length = readlink(link, from, sizeof from - 1);
        from[length < 0 ? 0 : length] = '\0';
    }
    snprintf(whole, sizeof whole, "%s%s%s", from, *from ? "/" : "", path);
    note("makes", whole);
}

#define OPENS(name)                                                 \
    int name(const char *path, int flags, ...) {                    \
        va_list more;                                               \
        va_start(more, flags);                                      \
        mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;   \
        va_end(more);                                               \
        if (flags & O_CREAT) makes(AT_FDCWD, path);                 \
        return NEXT(name)(path, flags, mode);                       \
    }
#define OPENS_AT(name)                                              \
    int name(int folder, const char *path, int flags, ...) {        \
        va_list more;                                               \
        va_start(more, flags);                                      \
        mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;   \
        va_end(more);                                               \
        if (flags & O_CREAT) makes(folder, path);                   \
        return NEXT(name)(folder, path, flags, mode);               \
    }
#define OPENS_STREAM(name)                                          \
    FILE *name(const char *path, const char *mode) {                \
        if (mode[0] != 'r') makes(AT_FDCWD, path);                  \
        return NEXT(name)(path, mode);                              \
    }
OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)
OPENS_STREAM(fopen)
OPENS_STREAM(fopen64)

int mkdir(const char *path, mode_t mode) {
    makes(AT_FDCWD, path);
    return NEXT(mkdir)(path, mode);
}

int mkdirat(int folder, const char *path, mode_t mode) {
    makes(folder, path);
    return NEXT(mkdirat)(folder, path, mode);
}
