/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts that name addresses, a line each: a letter for the kind ('a' an answer, 's' what a server was told), a digit for
 * the client, then the value. Whatever comes, the table stays within its bounds, and names are names. */

#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/inventory/peer-names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NAMES_MAX = 8 };

static void check(const struct peer_names *names, const struct ip_address *server, uint64_t now) {
        const char *name = peer_names_find(names, NULL, server, now);
        struct peer_names_counters counters;

        peer_names_get_counters(names, &counters);
        if (counters.names > NAMES_MAX || (name && (*name == '\0' || strlen(name) > PEER_NAME_TEXT_MAX)))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *at = (const char *) data, *end = at + size;
        struct peer_names *names;
        uint64_t now = NSEC_PER_SEC;

        if (peer_names_new(&names, NAMES_MAX, 0) < 0)
                return 0;
        while (at < end) {
                const char *newline = memchr(at, '\n', (size_t) (end - at));
                size_t n = (size_t) ((newline ? newline : end) - at);
                /* As facts have it: a NUL behind the value, none within. */
                char *value = n > 2 ? strndup(at + 2, n - 2) : NULL;
                uint8_t client = n > 1 ? (uint8_t) at[1] : 0;
                struct fact fact = { .ts = now, .kind = *at == 's' ? FACT_HTTP_HOST : FACT_DNS_ANSWER };

                at = newline ? newline + 1 : end;
                if (!value)
                        continue;
                fact.ip = fact.destination = (struct ip_address) { AF_INET, { 192, 0, 2, client } };
                fact.value = value;
                fact.value_length = (uint32_t) strlen(value);
                peer_names_take_fact(names, &fact);
                check(names, &fact.destination, now);
                free(value);
                now += NSEC_PER_SEC / 4;
        }
        peer_names_free(names);
        return 0;
}
