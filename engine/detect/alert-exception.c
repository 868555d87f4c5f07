/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an exception holds for. */

#include "engine/detect/alert-exception.h"

#include <string.h>

/* The peer of an alert is "ADDRESS" or "ADDRESS:PORT" ("[ADDRESS]:PORT" of IPv6), either with " (NAME)" behind. */
static bool peer_matches(const char *wanted, const char *peer) {
        size_t length = strlen(wanted);
        bool takes_port;

        if (peer[0] == '[' && wanted[0] != '[' && strncmp(peer + 1, wanted, length) == 0 && peer[length + 1] == ']')
                return true;
        if (strncmp(peer, wanted, length) != 0)
                return false;
        takes_port = !strchr(wanted, ':') || wanted[length - 1] == ']';
        return peer[length] == '\0' || peer[length] == ' ' || (peer[length] == ':' && takes_port);
}

bool alert_exception_matches(const struct alert_exception *e, const struct alert *alert, uint64_t now) {
        if (e->expires != 0 && now >= e->expires)
                return false;
        if (e->kind != _ALERT_KIND_INVALID && e->kind != alert->kind)
                return false;
        if (e->device != 0 && e->device != alert->device)
                return false;
        return *e->peer == '\0' || peer_matches(e->peer, alert->peer);
}
