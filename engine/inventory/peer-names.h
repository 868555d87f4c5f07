/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/fact.h"

/* What addresses were called by those who contacted them: answers of DNS, and the names that clients send to servers
 * (TLS, QUIC, DTLS, HTTP). An address behind which many names live has, for each client, the one that it used last.
 *
 * At most `max` names, the one not heard for longest goes first, or nearly, each for PEER_NAME_AGE after it was last heard. Reading
 * changes nothing. Memory: 96 bytes a name, its text, and index space: at the default some 1.5 MB, 3 MB at the
 * worst. */

#define PEER_NAMES_MAX 8192
#define PEER_NAME_AGE (12 * 3600 * NSEC_PER_SEC)
#define PEER_NAME_TEXT_MAX 255 /* bytes; longer ones are none: RFC 1035 §2.3.4 */

struct peer_names;

struct peer_names_counters {
        uint64_t names;   /* kept now */
        uint64_t learned; /* new, or changed */
        uint64_t evicted; /* to make room */
};

int peer_names_new(struct peer_names **ret, size_t max, uint64_t seed);
struct peer_names *peer_names_free(struct peer_names *names);

/* Does the kind tell what somebody is called? Inline, as most do not. */
static inline bool peer_names_are_told_by(enum fact_kind kind) {
        static const bool told[_FACT_KIND_MAX] = {
                [FACT_DNS_ANSWER] = true, [FACT_HTTP_HOST] = true, [FACT_TLS_SNI] = true,
                [FACT_DTLS_SNI] = true, [FACT_QUIC_SNI] = true, [FACT_GQUIC_SNI] = true,
        };

        return told[kind];
}

/* Takes what it understands, passes over the rest. */
void peer_names_take_fact(struct peer_names *names, const struct fact *fact);
/* What `client` (NULL: anybody) called `server`; NULL: not known at `now` (ns since the epoch). Lives until the next
 * fact. */
const char *peer_names_find(const struct peer_names *names, const struct ip_address *client,
                            const struct ip_address *server, uint64_t now);
void peer_names_get_counters(const struct peer_names *names, struct peer_names_counters *ret);
