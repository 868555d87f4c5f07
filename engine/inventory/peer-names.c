/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table by client and server, and by server alone, in a queue by age. */

#include "engine/inventory/peer-names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/macro.h"
#include "common/mix.h"
#include "engine/inventory/hash-index.h"

/* What was said to the server itself counts for more than what a resolver gave: many names may lead there. */
enum rank { RANK_ANSWERED, RANK_CONTACTED };

struct key {
        struct ip_address client, server; /* client of family 0: anybody */
};

struct name {
        struct key key;
        bool again;     /* heard since it was queued: when its turn to go comes, it is queued once more instead */
        uint8_t length; /* of the text */
        enum rank rank;
        uint64_t heard; /* ns */
        struct name *prev, *next; /* older, younger */
        char text[];
};

/* The aliases of the answer that is being read: CNAME records come before what they lead to (RFC 1034 §4.3.2). */
struct alias {
        uint64_t ts;
        struct ip_address client;
        char from[PEER_NAME_TEXT_MAX + 1], to[PEER_NAME_TEXT_MAX + 1];
};

struct peer_names {
        struct hash_index index;
        struct name *oldest, *youngest;
        size_t max;
        uint64_t secret[2]; /* of the hashes */
        struct alias alias;
        struct peer_names_counters counters;
};

int peer_names_new(struct peer_names **ret, size_t max, uint64_t seed) {
        struct peer_names *n = calloc(1, sizeof *n);

        if (!n)
                return -ENOMEM;
        n->max = max;
        n->secret[0] = mix64(seed ^ UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9));
        n->secret[1] = mix64(seed ^ UINT64_C(0x94d049bb133111eb), UINT64_C(0xd6e8feb86659fd93));
        *ret = n;
        return 0;
}

static uint64_t hash_of(const struct peer_names *n, const struct key *key) {
        uint64_t words[5] = { 0 };

        _Static_assert(sizeof *key == 34, "no bytes between");
        memcpy(words, key, sizeof *key);
        return mix64(mix64(words[0] ^ n->secret[0], words[1] ^ n->secret[1]) ^ words[4],
                     mix64(words[2] ^ n->secret[1], words[3] ^ n->secret[0]) ^ n->secret[0]);
}

static void queue_remove(struct peer_names *n, struct name *name) {
        if (name->prev)
                name->prev->next = name->next;
        else
                n->oldest = name->next;
        if (name->next)
                name->next->prev = name->prev;
        else
                n->youngest = name->prev;
}

static void queue_append(struct peer_names *n, struct name *name) {
        name->prev = n->youngest;
        name->next = NULL;
        if (n->youngest)
                n->youngest->next = name;
        else
                n->oldest = name;
        n->youngest = name;
}

static void drop(struct peer_names *n, struct name *name) {
        hash_index_remove(&n->index, hash_of(n, &name->key), name);
        queue_remove(n, name);
        n->counters.names--;
        free(name);
}

struct peer_names *peer_names_free(struct peer_names *n) {
        if (!n)
                return NULL;
        while (n->oldest)
                drop(n, n->oldest);
        hash_index_clear(&n->index);
        free(n);
        return NULL;
}

static struct name *find(const struct peer_names *n, const struct key *key) {
        uint64_t hash = hash_of(n, key);
        size_t position = 0;

        for (struct name *name; (name = hash_index_next(&n->index, hash, &position));)
                if (ip_equal(&name->key.client, &key->client) && ip_equal(&name->key.server, &key->server))
                        return name;
        return NULL;
}

static bool is_over(const struct name *name, uint64_t now) {
        return now > name->heard && now - name->heard > PEER_NAME_AGE;
}

/* The name that was not heard for longest, as far as names were passed over. */
static void evict(struct peer_names *n) {
        while (n->oldest->again) {
                struct name *name = n->oldest;

                name->again = false;
                queue_remove(n, name);
                queue_append(n, name);
        }
        drop(n, n->oldest);
        n->counters.evicted++;
}

/* An address is none: those of IPv4 end with a digit, those of IPv6 have a colon. Bytes that are no name come as "hex:". */
static bool is_name(const char *text, size_t length) {
        char copy[IP_STRING_MAX];
        struct ip_address named;

        if (length >= 4 && memcmp(text, "hex:", 4) == 0)
                return false;
        if (length >= sizeof copy || (!memchr(text, ':', length) && (text[length - 1] < '0' || text[length - 1] > '9')))
                return true;
        /* Behind it a port may stand. */
        memcpy(copy, text, length);
        copy[length] = '\0';
        return ip_parse(copy, &named) < 0;
}

/* Out of memory: the name is not learned. */
static void add(struct peer_names *n, const struct key *key, enum rank rank, const char *text, size_t length,
                uint64_t now) {
        struct name *name = malloc(sizeof *name + length + 1);

        if (!name)
                return;
        *name = (struct name) { .key = *key, .length = (uint8_t) length, .rank = rank, .heard = now };
        memcpy(name->text, text, length);
        name->text[length] = '\0';
        if (hash_index_add(&n->index, hash_of(n, key), name) < 0) {
                free(name);
                return;
        }
        if (n->counters.names >= n->max)
                evict(n);
        queue_append(n, name);
        n->counters.names++;
        n->counters.learned++;
}

static void learn(struct peer_names *n, const struct key *key, enum rank rank, const char *text, size_t length,
                  uint64_t now) {
        struct name *name = find(n, key);

        if (name && name->rank > rank && !is_over(name, now))
                return;
        if (name && name->length == length && memcmp(name->text, text, length) == 0) {
                name->heard = MAX(name->heard, now);
                name->rank = rank;
                /* To move it now would touch its neighbours, whose memory nobody else asked for lately. */
                name->again = true;
                return;
        }
        if (!is_name(text, length))
                return;
        if (name)
                drop(n, name);
        add(n, key, rank, text, length, now);
}

static void learn_both(struct peer_names *n, const struct fact *fact, const struct ip_address *client,
                       const struct ip_address *server, enum rank rank, const char *text, size_t length) {
        struct key key = { .client = *client, .server = *server };

        if (length == 0 || length > PEER_NAME_TEXT_MAX || !ip_is_host(server))
                return;
        learn(n, &key, rank, text, length, fact->ts);
        key.client = (struct ip_address) {};
        learn(n, &key, rank, text, length, fact->ts);
}

/* What follows `wanted` at the front of `text`; NULL: something else stands there. */
static const char *skip(const char *text, const char *wanted) {
        while (*wanted)
                if (*text++ != *wanted++)
                        return NULL;
        return text;
}

static bool same_name(const char *a, const char *b, size_t length) {
        return strlen(a) == length && strncasecmp(a, b, length) == 0;
}

static bool alias_is_current(const struct alias *a, const struct fact *fact) {
        return a->ts == fact->ts && ip_equal(&a->client, &fact->destination);
}

static void take_alias(struct alias *a, const struct fact *fact, const char *owner, size_t length, const char *target) {
        size_t target_length = fact->value_length - (size_t) (target - fact->value);

        if (length > PEER_NAME_TEXT_MAX || target_length > PEER_NAME_TEXT_MAX)
                return;
        if (!alias_is_current(a, fact) || !same_name(a->to, owner, length)) {
                a->ts = fact->ts;
                a->client = fact->destination;
                memcpy(a->from, owner, length);
                a->from[length] = '\0';
        }
        memcpy(a->to, target, target_length);
        a->to[target_length] = '\0';
}

/* "OWNER TYPE DATA" */
static void take_answer(struct peer_names *n, const struct fact *fact) {
        const char *owner = fact->value, *type = strchrnul(owner, ' '), *target;
        size_t length = (size_t) (type - owner);
        struct ip_address server;

        if ((skip(type, " A ") || skip(type, " AAAA ")) && fact_last_ip(fact, &server)) {
                if (alias_is_current(&n->alias, fact) && same_name(n->alias.to, owner, length)) {
                        owner = n->alias.from;
                        length = strlen(owner);
                }
                learn_both(n, fact, &fact->destination, &server, RANK_ANSWERED, owner, length);
        } else if ((target = skip(type, " CNAME "))) {
                take_alias(&n->alias, fact, owner, length, target);
        }
}

void peer_names_take_fact(struct peer_names *n, const struct fact *fact) {
        size_t length;

        if (!peer_names_are_told_by(fact->kind))
                return;
        if (fact->kind == FACT_DNS_ANSWER) {
                take_answer(n, fact);
                return;
        }
        /* Behind the host of HTTP a port may follow: RFC 9110 §7.2. */
        length = fact->kind == FACT_HTTP_HOST ? strcspn(fact->value, ":[") : fact->value_length;
        learn_both(n, fact, &fact->ip, &fact->destination, RANK_CONTACTED, fact->value, length);
}

const char *peer_names_find(const struct peer_names *n, const struct ip_address *client,
                            const struct ip_address *server, uint64_t now) {
        struct key key = { .client = client ? *client : (struct ip_address) {}, .server = *server };
        const struct name *name = find(n, &key);

        if ((!name || is_over(name, now)) && client) {
                key.client = (struct ip_address) {};
                name = find(n, &key);
        }
        return name && !is_over(name, now) ? name->text : NULL;
}

void peer_names_get_counters(const struct peer_names *n, struct peer_names_counters *ret) {
        *ret = n->counters;
}
