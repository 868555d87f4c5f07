/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* UDP datagrams that carry a handshake. Owns the states of pairs of ends and the pieces of messages; what they mean
 * the parsers know. Nothing is looked up before a parser has recognised its protocol. */

#include "engine/proto/datagram.h"

#include <errno.h>
#include <stdlib.h>
#include <xxhash.h>

#include "common/macro.h"
#include "engine/proto/digester.h"
#include "engine/proto/phrases.h"
#include "engine/proto/quic-keys.h"

/* States: a bucket holds those of a few hashes, so that finding the oldest takes a look at each. */
#define BUCKETS 512
#define BUCKET_SIZE 4
/* Messages in pieces at a time; 18 KiB each. */
#define PIECES_MAX 64

struct ends {
        struct ip_address address[2]; /* the lesser end first */
        uint16_t port[2];
        uint16_t vlan, inner_vlan;
};

struct state {
        struct ends ends;
        uint64_t hash; /* 0: free */
        uint64_t last; /* ns of packet time */
        uint64_t data[DATAGRAM_STATE_SIZE / 8];
};

struct pieces_slot {
        struct datagram_pieces *pieces;
        uint64_t hash; /* of the ends, and the side: 0 free */
        uint64_t last;
        bool used;
};

struct datagram_table {
        struct state *states; /* BUCKETS * BUCKET_SIZE */
        struct pieces_slot pieces[PIECES_MAX];
        struct quic_crypt *crypt;
        struct digester *digester;
        struct phrases *phrases;
        struct datagram_counters counters;
        uint64_t seed;
};

struct datagram {
        struct datagram_table *table;
        struct ends ends;
        unsigned side;
        uint64_t hash, ts;
        struct state *state;
};

static const struct datagram_parser *const parsers[] = {
#define X(name) &name##_datagram_parser,
        DATAGRAM_PARSERS(X)
#undef X
};

enum parser {
#define X(name) PARSER_##name,
        DATAGRAM_PARSERS(X)
#undef X
};

_Static_assert(ELEMENTSOF(parsers) <= DATAGRAM_PARSER_MAX, "datagram_counters has too few");

const struct datagram_parser *const *datagram_parsers_get(size_t *ret_n) {
        *ret_n = ELEMENTSOF(parsers);
        return parsers;
}

int datagram_table_new(struct datagram_table **ret, uint64_t seed) {
        struct datagram_table *t = calloc(1, sizeof *t);
        int r;

        if (!t)
                return -ENOMEM;
        t->seed = seed;
        /* Not touched until used. */
        t->states = calloc(BUCKETS * BUCKET_SIZE, sizeof *t->states);
        r = t->states ? digester_new(&t->digester, seed) : -ENOMEM;
        if (r >= 0)
                r = phrases_new(&t->phrases, seed);
        if (r < 0) {
                datagram_table_free(t);
                return r;
        }
        *ret = t;
        return 0;
}

struct datagram_table *datagram_table_free(struct datagram_table *t) {
        if (!t)
                return NULL;
        for (size_t i = 0; i < PIECES_MAX; i++)
                free(t->pieces[i].pieces);
        quic_crypt_free(t->crypt);
        digester_free(t->digester);
        phrases_free(t->phrases);
        free(t->states);
        free(t);
        return NULL;
}

unsigned datagram_side(const struct datagram *d) {
        return d->side;
}

struct quic_crypt *datagram_quic_crypt(struct datagram *d) {
        /* Not before there is QUIC: libcrypto takes its time. */
        if (!d->table->crypt && quic_crypt_new(&d->table->crypt) < 0)
                return NULL;
        return d->table->crypt;
}

/* What one parser keeps of the ends is not for the others. */
static void identify(struct datagram *d, const struct packet *packet, enum parser parser) {
        d->side = packet_side(packet);
        d->ends.address[d->side] = packet->source;
        d->ends.address[!d->side] = packet->destination;
        d->ends.port[d->side] = packet->source_port;
        d->ends.port[!d->side] = packet->destination_port;
        d->ends.vlan = packet->vlan;
        d->ends.inner_vlan = packet->inner_vlan;
        d->hash = XXH3_64bits_withSeed(&d->ends, sizeof d->ends, d->table->seed + parser) | 1;
        d->ts = packet->frame->ts;
}

void *datagram_state(struct datagram *d, bool create) {
        struct state *bucket = &d->table->states[(d->hash >> 1) % BUCKETS * BUCKET_SIZE], *oldest = bucket;

        for (struct state *s = bucket; !d->state && s < bucket + BUCKET_SIZE; s++) {
                if (s->hash == d->hash && memcmp(&s->ends, &d->ends, sizeof s->ends) == 0)
                        d->state = s;
                else if (oldest->hash != 0 && (s->hash == 0 || s->last < oldest->last))
                        oldest = s;
        }
        if (!d->state && create) {
                d->table->counters.evicted += oldest->hash != 0;
                d->table->counters.states++;
                *oldest = (struct state) { .ends = d->ends, .hash = d->hash };
                d->state = oldest;
        }
        if (!d->state)
                return NULL;
        d->state->last = d->ts;
        return d->state->data;
}

static void release_pieces(struct datagram_table *t, struct pieces_slot *slot, bool whole) {
        slot->used = false;
        t->counters.unfinished--;
        t->counters.dropped += !whole;
}

static bool is_stale(const struct pieces_slot *slot, uint64_t now) {
        return slot->used && now > slot->last && now - slot->last > DATAGRAM_MESSAGE_TIME;
}

static struct pieces_slot *find_pieces(struct datagram *d) {
        uint64_t hash = d->hash ^ d->side << 1;

        for (struct pieces_slot *slot = d->table->pieces; slot < d->table->pieces + PIECES_MAX; slot++)
                if (slot->used && slot->hash == hash) {
                        if (!is_stale(slot, d->ts))
                                return slot;
                        release_pieces(d->table, slot, false);
                }
        return NULL;
}

/* A free slot, or that which waited longest. */
static struct pieces_slot *take_slot(struct datagram_table *t) {
        struct pieces_slot *best = t->pieces;

        for (struct pieces_slot *slot = t->pieces; best->used && slot < t->pieces + PIECES_MAX; slot++)
                if (!slot->used || slot->last < best->last)
                        best = slot;
        if (best->used)
                release_pieces(t, best, false);
        return best;
}

struct datagram_pieces *datagram_pieces(struct datagram *d, bool create) {
        struct datagram_counters *counters = &d->table->counters;
        struct pieces_slot *slot = find_pieces(d);

        if (!slot && !create)
                return NULL;
        if (!slot) {
                slot = take_slot(d->table);
                if (!slot->pieces)
                        slot->pieces = malloc(sizeof *slot->pieces);
                if (!slot->pieces)
                        return NULL;
                slot->hash = d->hash ^ d->side << 1;
                slot->used = true;
                slot->pieces->ready = slot->pieces->message = 0;
                memset(slot->pieces->have, 0, sizeof slot->pieces->have);
                counters->unfinished_max = MAX(counters->unfinished_max, ++counters->unfinished);
        }
        slot->last = d->ts;
        return slot->pieces;
}

void datagram_pieces_drop(struct datagram *d) {
        struct pieces_slot *slot = find_pieces(d);

        if (slot)
                release_pieces(d->table, slot, true);
}

static bool has(const struct datagram_pieces *p, size_t i) {
        return p->have[i / 8] >> i % 8 & 1;
}

int datagram_pieces_put(struct datagram_pieces *p, uint64_t offset, struct cursor data) {
        if (offset > DATAGRAM_MESSAGE_MAX || cursor_left(&data) > DATAGRAM_MESSAGE_MAX - offset)
                return -ENOBUFS;
        for (size_t i = (size_t) offset; data.data < data.end; i++, data.data++)
                if (!has(p, i)) {
                        p->data[i] = *data.data;
                        p->have[i / 8] |= (uint8_t) (1 << i % 8);
                }
        while (p->ready < DATAGRAM_MESSAGE_MAX && has(p, p->ready))
                p->ready++;
        return 0;
}

static int parse(struct datagram_table *t, enum parser i, const struct packet *packet, const struct fact_sink *sink) {
        struct datagram d = { .table = t };
        struct emitter emitter;
        int r;

        identify(&d, packet, i);
        emitter_begin(&emitter, packet, sink);
        emitter.digester = t->digester;
        emitter.phrases = t->phrases;
        r = parsers[i]->parse(&d, packet->payload, &emitter);
        if (r != 0)
                t->counters.parsers[i].packets++;
        t->counters.parsers[i].facts += emitter.facts;
        t->counters.parsers[i].malformed += r < 0;
        return r;
}

/* Each by its name: a call through a table takes longer than the look. */
bool datagram_may_be_known(struct cursor payload) {
#define X(name) name##_may_be_datagram(payload) ||
        return DATAGRAM_PARSERS(X) false;
#undef X
}

bool datagram_table_feed(struct datagram_table *t, const struct packet *packet, const struct fact_sink *sink) {
        if (packet->flags & PACKET_FRAGMENT)
                return false;
#define X(name) (name##_may_be_datagram(packet->payload) && parse(t, PARSER_##name, packet, sink) != 0) ||
        return DATAGRAM_PARSERS(X) false;
#undef X
}

void datagram_table_get_counters(const struct datagram_table *t, struct datagram_counters *ret) {
        *ret = t->counters;
}
