/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Listening sockets. Nothing is bound to all interfaces unless that is what is written. */

#include "daemon/listen-address.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/address.h"
#include "common/cleanup.h"

#define BACKLOG 64
#define FILE_MODE 0660

static int parse_port(const char *text, uint16_t *ret) {
        char *end;
        unsigned long n;

        if (*text < '0' || *text > '9')
                return -EINVAL;
        n = strtoul(text, &end, 10);
        if (*end || n == 0 || n > UINT16_MAX)
                return -EINVAL;
        *ret = (uint16_t) n;
        return 0;
}

static int parse_path(const char *text, struct listen_address *ret) {
        size_t n = strlen(text);

        if (n >= sizeof ret->local.sun_path || text[n - 1] == '/')
                return -EINVAL;
        *ret = (struct listen_address) {};
        ret->local.sun_family = AF_UNIX;
        memcpy(ret->local.sun_path, text, n + 1);
        ret->length = sizeof ret->local;
        return 0;
}

static void set_ip(struct listen_address *ret, const struct ip_address *ip, uint16_t port) {
        *ret = (struct listen_address) {};
        if (ip->family == AF_INET) {
                struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

                memcpy(&in.sin_addr, ip->bytes, 4);
                memcpy(&ret->storage, &in, sizeof in);
                ret->length = sizeof in;
        } else {
                struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

                memcpy(&in.sin6_addr, ip->bytes, 16);
                memcpy(&ret->storage, &in, sizeof in);
                ret->length = sizeof in;
        }
}

int listen_address_parse(const char *text, struct listen_address *ret) {
        const char *colon = strrchr(text, ':'), *begin = text, *end = colon;
        char address[IP_STRING_MAX] = "127.0.0.1";
        struct ip_address ip;
        uint16_t port;
        int r;

        if (*text == '/')
                return parse_path(text, ret);
        if (*text == '[') {
                if (!colon || colon[-1] != ']')
                        return -EINVAL;
                begin++;
                end--;
        }
        if (colon) {
                if (end <= begin || (size_t) (end - begin) >= sizeof address)
                        return -EINVAL;
                memcpy(address, begin, (size_t) (end - begin));
                address[end - begin] = '\0';
        }
        r = parse_port(colon ? colon + 1 : text, &port);
        if (r >= 0)
                r = ip_parse(address, &ip);
        /* An IPv6 address needs its brackets, or its end could be the port. */
        if (r < 0 || (ip.family == AF_INET6) != (*text == '['))
                return -EINVAL;
        set_ip(ret, &ip, port);
        return 0;
}

/* What a service that was killed has left. */
static int remove_stale(const struct listen_address *a) {
        _cleanup_(closep) int fd = -1;
        struct stat st;

        if (lstat(a->local.sun_path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(st.st_mode))
                return -EADDRINUSE;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, &a->any, a->length) >= 0 || errno != ECONNREFUSED)
                return -EADDRINUSE;
        return unlink(a->local.sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

/* An address may be configured after the service starts, as at boot; a port must be free again at once. */
static void set_options(int fd, int family) {
        const int on = 1;

        (void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        (void) setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
        if (family == AF_INET6)
                (void) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
}

int listen_address_open(const struct listen_address *a) {
        bool local = a->any.sa_family == AF_UNIX;
        _cleanup_(closep) int fd = -1;
        int r = local ? remove_stale(a) : 0;

        if (r < 0)
                return r;
        fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (!local)
                set_options(fd, a->any.sa_family);
        if (bind(fd, &a->any, a->length) < 0 || (local && chmod(a->local.sun_path, FILE_MODE) < 0) || listen(fd, BACKLOG) < 0)
                return -errno;
        return TAKE_FD(fd);
}

void listen_address_unlink(const struct listen_address *a) {
        if (a->any.sa_family == AF_UNIX)
                (void) unlink(a->local.sun_path);
}
