/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rtnetlink socket: subscribes, asks for dumps, and starts over when the kernel had to drop messages. */

#include "daemon/links.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"

/* The kernel fills dump datagrams up to 32 KiB when the reader offers that much (netlink_dump()). */
#define DATAGRAM_MAX 32768
/* One dispatch reads so many datagrams at most, to leave the loop to others. */
#define BATCH_MAX 64

struct links {
        struct link_table *table;
        sd_event_source *source;
        int fd;
        uint32_t sequence;
        uint64_t resyncs;
        uint8_t *buffer; /* DATAGRAM_MAX */
};

static int open_socket(void) {
        struct sockaddr_nl address = {
                .nl_family = AF_NETLINK,
                .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
        };
        _cleanup_(closep) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

        if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof address) < 0)
                return -errno;
        return TAKE_FD(fd);
}

/* Reads one datagram into the table. 1: a dump ended. 0: not yet. -EAGAIN: nothing there. -ENOBUFS: the
 * kernel dropped messages. What comes from another process than the kernel is skipped. */
static int read_datagram(struct links *l) {
        struct sockaddr_nl sender = { 0 };
        struct iovec iov = { l->buffer, DATAGRAM_MAX };
        struct msghdr message = { .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &iov, .msg_iovlen = 1 };
        ssize_t n = recvmsg(l->fd, &message, 0);
        int r;

        if (n < 0)
                return errno == EINTR ? 0 : -errno;
        if (sender.nl_pid != 0)
                return 0;
        if (message.msg_flags & MSG_TRUNC)
                return -ENOBUFS;
        r = link_table_read(l->table, l->buffer, (size_t) n);
        return r == -EBADMSG ? 0 : r;
}

static int request_dump(struct links *l, uint16_t type, uint8_t family) {
        struct {
                struct nlmsghdr header;
                struct rtmsg body; /* the longest of those that a dump may begin with; only the family is read */
        } request = {
                .header = {
                        .nlmsg_type = type,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                        .nlmsg_seq = ++l->sequence,
                },
                .body.rtm_family = family,
        };
        struct ifinfomsg link = { .ifi_family = family };
        struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        struct iovec iov[] = {
                { &request.header, sizeof request.header },
                type == RTM_GETLINK ? (struct iovec) { &link, sizeof link }
                                    : (struct iovec) { &request.body, sizeof request.body },
        };
        struct msghdr message = { .msg_name = &kernel, .msg_namelen = sizeof kernel, .msg_iov = iov, .msg_iovlen = 2 };

        request.header.nlmsg_len = (uint32_t) (iov[0].iov_len + iov[1].iov_len);
        return sendmsg(l->fd, &message, 0) < 0 ? -errno : 0;
}

/* Asks for one kind and reads until the kernel has said all. It answers at once, from this machine; the
 * time limit is only there not to hang on a kernel that does not. */
static int dump(struct links *l, uint16_t type, uint8_t family) {
        int r = request_dump(l, type, family);

        if (r < 0)
                return r;
        for (;;) {
                struct pollfd p = { .fd = l->fd, .events = POLLIN };

                r = read_datagram(l);
                if (r != 0 && r != -EAGAIN)
                        return r < 0 ? r : 0;
                if (r == -EAGAIN && poll(&p, 1, 2000) == 0)
                        return -ETIMEDOUT;
        }
}

static int read_all(struct links *l) {
        static const struct {
                uint16_t type;
                uint8_t family;
        } dumps[] = {
                { RTM_GETLINK, AF_UNSPEC },
                { RTM_GETADDR, AF_UNSPEC },
                { RTM_GETROUTE, AF_INET },
                { RTM_GETROUTE, AF_INET6 },
        };

        link_table_begin_sync(l->table);
        for (size_t i = 0; i < ELEMENTSOF(dumps); i++) {
                int r = dump(l, dumps[i].type, dumps[i].family);

                /* A kernel without IPv6 has no such routes. */
                if (r < 0 && !(dumps[i].family == AF_INET6 && (r == -EAFNOSUPPORT || r == -EOPNOTSUPP)))
                        return r;
        }
        return link_table_end_sync(l->table);
}

/* Each try has a socket of its own, so that nothing of an earlier dump can be taken for the new one. */
static int synchronise(struct links *l) {
        int r = -EINTR;

        /* Messages may get lost again while everything is read; a few tries outlast any burst. */
        for (unsigned i = 0; i < 4 && (r == -ENOBUFS || r == -EINTR); i++) {
                int fd = open_socket();

                if (fd < 0)
                        return fd;
                if (l->source && (r = sd_event_source_set_io_fd(l->source, fd)) < 0) {
                        close(fd);
                        return r;
                }
                if (l->fd >= 0)
                        close(l->fd);
                l->fd = fd;
                r = read_all(l);
        }
        link_table_commit(l->table);
        return r;
}

static int on_readable(sd_event_source *source _unused_, int fd _unused_, uint32_t events _unused_, void *userdata) {
        struct links *l = userdata;
        int r = 0;

        for (unsigned i = 0; i < BATCH_MAX && r >= 0; i++)
                r = read_datagram(l);
        if (r == -ENOBUFS) {
                l->resyncs++;
                /* On failure what is known stays, and the next message is the next occasion. */
                (void) synchronise(l);
                return 0;
        }
        link_table_commit(l->table);
        return 0;
}

int links_new(struct links **ret, sd_event *event, const struct link_ops *ops) {
        struct links *l = calloc(1, sizeof *l);
        int r;

        if (!l)
                return -ENOMEM;
        l->fd = -1;
        l->buffer = malloc(DATAGRAM_MAX);
        r = l->buffer ? link_table_new(&l->table, ops) : -ENOMEM;
        if (r >= 0)
                r = synchronise(l);
        if (r >= 0)
                r = sd_event_add_io(event, &l->source, l->fd, EPOLLIN, on_readable, l);
        if (r < 0) {
                links_free(l);
                return r;
        }
        sd_event_source_set_description(l->source, "links");
        *ret = l;
        return 0;
}

struct links *links_free(struct links *l) {
        if (!l)
                return NULL;
        sd_event_source_disable_unref(l->source);
        if (l->fd >= 0)
                close(l->fd);
        link_table_free(l->table);
        free(l->buffer);
        free(l);
        return NULL;
}

const struct link_table *links_table(const struct links *l) {
        return l->table;
}

uint64_t links_resyncs(const struct links *l) {
        return l->resyncs;
}
