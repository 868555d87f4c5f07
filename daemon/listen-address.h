/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

/* Where the service may listen, as an administrator writes it: "127.0.0.1:9817", "[::1]:9817", "9817" (on 127.0.0.1),
 * or the path of a socket. Names are not looked up. */

struct listen_address {
        union {
                struct sockaddr any;
                struct sockaddr_storage storage;
                struct sockaddr_un local;
        };
        socklen_t length;
};

/* 0, or -EINVAL. */
int listen_address_parse(const char *text, struct listen_address *ret);
/* A socket that listens there, non-blocking: the caller's. A socket file that nobody listens on any more is replaced; a
 * new one has the mode 0660. -errno: -EADDRINUSE where somebody listens, or where something else has that path. */
int listen_address_open(const struct listen_address *address);
/* Removes the file of a socket that listen_address_open() made. */
void listen_address_unlink(const struct listen_address *address);
