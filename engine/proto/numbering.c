/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The numbers of the last connections that a host began, or answered, and what rule they follow. Owns a table of fixed size:
 * four hosts a bucket, the one that was silent longest makes room. The limits below are such that random numbers pass
 * for something else less than once in a thousand times. */

#include "engine/proto/numbering.h"

#include <byteswap.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cursor.h"
#include "common/macro.h"
#include "common/mix.h"

#define BUCKETS 256
#define BUCKET_SIZE 4
/* Packets that a host may have sent between two connections: an eighth of the numbers. */
#define ID_STEP_MAX 8192
/* Pairs of connections to one peer that are enough to tell. */
#define PEER_PAIRS_MIN 3
#define ISN_STEP_MAX (UINT32_C(1) << 24)
#define ISN_STEP_BSD 64000
/* Ticks per second of a clock that numbers follow: RFC 793's has 250000. */
#define CLOCK_MIN 1000
#define CLOCK_MAX 50000000
/* Connections closer together tell nothing of a clock. */
#define CLOCK_SPAN_MIN NSEC_PER_MSEC
#define CLOCK_PAIRS_MIN 5

struct sample {
        uint64_t ts;
        uint64_t peer, connection; /* hashes */
        uint32_t isn;
        uint16_t id;
};

/* Whose a place is: apart from what is known of hosts, for under a flood of invented ones all of a bucket are looked at. */
struct owner {
        uint64_t hash; /* 0: free */
        uint64_t last;
};

struct host {
        uint8_t n;     /* samples */
        int8_t id_class, isn_class; /* as said last; -1 not yet */
        struct sample samples[NUMBERING_SAMPLES];
};

struct numbering {
        uint64_t secret;
        struct numbering_counters counters;
        struct owner owners[BUCKETS][BUCKET_SIZE];
        struct host hosts[BUCKETS][BUCKET_SIZE];
};

const char *id_class_to_string(enum id_class class) {
        static const char *const names[_ID_CLASS_MAX] = {
                "zero", "constant", "incremental", "incremental by 2", "incremental, bytes swapped", "per destination", "random",
        };

        return names[class];
}

const char *isn_class_to_string(enum isn_class class) {
        static const char *const names[_ISN_CLASS_MAX] = {
                "zero", "constant", "incremental by 64000", "time-based", "incremental", "random",
        };

        return names[class];
}

int numbering_new(struct numbering **ret, uint64_t seed) {
        struct numbering *n = calloc(1, sizeof *n);

        if (!n)
                return -ENOMEM;
        n->secret = mix64(seed ^ UINT64_C(0xa0761d6478bd642f), UINT64_C(0xe7037ed1a0b428db));
        *ret = n;
        return 0;
}

struct numbering *numbering_free(struct numbering *n) {
        free(n);
        return NULL;
}

const struct numbering_counters *numbering_counters(const struct numbering *n) {
        return &n->counters;
}

/* Is each a little more than the one before, modulo 2^16? The sum of the steps; UINT32_MAX: no. */
static uint32_t ids_grow(const struct host *host, bool swapped, bool *ret_odd) {
        uint32_t sum = 0;

        *ret_odd = false;
        for (size_t i = 1; i < NUMBERING_SAMPLES; i++) {
                uint16_t before = host->samples[i - 1].id, id = host->samples[i].id;
                uint16_t step = swapped ? (uint16_t) (bswap_16(id) - bswap_16(before)) : (uint16_t) (id - before);

                if (step == 0 || step > ID_STEP_MAX)
                        return UINT32_MAX;
                *ret_odd = *ret_odd || step & 1;
                sum += step;
        }
        return sum;
}

/* Do they grow wherever two connections in a row go to one peer, and are there enough of these? */
static bool ids_grow_by_peer(const struct host *host) {
        unsigned pairs = 0;

        for (size_t i = 1; i < NUMBERING_SAMPLES; i++)
                for (size_t k = i; k-- > 0;) {
                        uint16_t step = (uint16_t) (host->samples[i].id - host->samples[k].id);

                        if (host->samples[k].peer != host->samples[i].peer)
                                continue;
                        if (step == 0 || step > ID_STEP_MAX)
                                return false;
                        pairs++;
                        break;
                }
        return pairs >= PEER_PAIRS_MIN;
}

static enum id_class classify_ids(const struct host *host) {
        bool same = true, odd, swapped_odd;
        uint32_t steps, swapped_steps;

        for (size_t i = 1; i < NUMBERING_SAMPLES; i++)
                same = same && host->samples[i].id == host->samples[0].id;
        if (same)
                return host->samples[0].id == 0 ? ID_ZERO : ID_CONSTANT;
        /* A small step in one order is one of 256 in the other. */
        steps = ids_grow(host, false, &odd);
        swapped_steps = ids_grow(host, true, &swapped_odd);
        if (swapped_steps < steps)
                return ID_INCREMENTAL_SWAPPED;
        if (steps != UINT32_MAX)
                return odd ? ID_INCREMENTAL : ID_INCREMENTAL_BY_2;
        return ids_grow_by_peer(host) ? ID_PER_DESTINATION : ID_RANDOM;
}

/* Ticks a second between two connections; 0: they tell nothing. */
static uint64_t clock_of(const struct sample *before, const struct sample *after) {
        uint64_t span = after->ts > before->ts ? after->ts - before->ts : 0;

        if (span < CLOCK_SPAN_MIN || span > NSEC_PER_SEC * 60)
                return 0;
        return (uint64_t) (after->isn - before->isn) * NSEC_PER_SEC / span;
}

/* Is there one speed that all steps have, within a quarter? */
static bool isns_follow_a_clock(const struct host *host) {
        uint64_t slowest = UINT64_MAX, fastest = 0;
        unsigned pairs = 0;

        for (size_t i = 1; i < NUMBERING_SAMPLES; i++) {
                uint64_t ticks = clock_of(&host->samples[i - 1], &host->samples[i]);

                if (ticks == 0)
                        continue;
                slowest = MIN(slowest, ticks);
                fastest = MAX(fastest, ticks);
                pairs++;
        }
        return pairs >= CLOCK_PAIRS_MIN && slowest >= CLOCK_MIN && fastest <= CLOCK_MAX && fastest - slowest <= slowest / 4;
}

static enum isn_class classify_isns(const struct host *host) {
        bool same = true, grow = true, by_bsd = true;

        for (size_t i = 1; i < NUMBERING_SAMPLES; i++) {
                uint32_t step = host->samples[i].isn - host->samples[i - 1].isn;

                same = same && step == 0;
                grow = grow && step > 0 && step <= ISN_STEP_MAX;
                by_bsd = by_bsd && step > 0 && step <= ISN_STEP_MAX && step % ISN_STEP_BSD == 0;
        }
        if (same)
                return host->samples[0].isn == 0 ? ISN_ZERO : ISN_CONSTANT;
        if (by_bsd)
                return ISN_BY_64000;
        if (isns_follow_a_clock(host))
                return ISN_TIME_BASED;
        return grow ? ISN_INCREMENTAL : ISN_RANDOM;
}

static void say(struct numbering *n, struct emitter *e, enum fact_kind kind, bool answers, const char *class) {
        char text[64];
        struct strbuf b = STRBUF(text);

        strbuf_string(&b, answers ? "synack " : "syn ");
        strbuf_string(&b, class);
        emit_strbuf(e, kind, &b);
        n->counters.classes++;
}

static void classify(struct numbering *n, struct host *host, const struct packet *packet, bool answers,
                     const struct fact_sink *sink) {
        enum isn_class isn_class = classify_isns(host);
        enum id_class id_class = classify_ids(host);
        struct emitter emitter;

        emitter_begin(&emitter, packet, sink);
        if (packet->source.family == AF_INET && host->id_class != (int8_t) id_class) {
                host->id_class = (int8_t) id_class;
                say(n, &emitter, FACT_IP_ID_CLASS, answers, id_class_to_string(id_class));
        }
        if (host->isn_class != (int8_t) isn_class) {
                host->isn_class = (int8_t) isn_class;
                say(n, &emitter, FACT_TCP_ISN_CLASS, answers, isn_class_to_string(isn_class));
        }
}

/* Of an address; reads no wider than what wrote it. */
static uint64_t hash_ip(uint64_t secret, const struct ip_address *ip) {
        uint64_t words[2];

        if (ip->family == AF_INET)
                return mix64(secret, load_be32(ip->bytes) ^ UINT64_C(0x9e3779b97f4a7c15));
        memcpy(words, ip->bytes, sizeof words);
        return mix64(mix64(secret, words[0] ^ UINT64_C(0xd1b54a32d192ed03)), words[1] ^ UINT64_C(0x9e3779b97f4a7c15));
}

static uint64_t hash_host(const struct numbering *n, const struct packet *packet, bool answers) {
        uint64_t place = (uint64_t) packet->frame->ifindex << 32 | (uint64_t) packet->vlan << 1 | answers;
        uint64_t mac = mix64(n->secret ^ place, mac_to_word(&packet->link_source) ^ UINT64_C(0x8cb92ba72f3d8dd7));

        return hash_ip(mac, &packet->source) | 1;
}

static struct host *find_host(struct numbering *n, uint64_t hash, uint64_t ts) {
        size_t bucket = hash >> 1 & (BUCKETS - 1), oldest = 0;
        struct owner *owners = n->owners[bucket];
        struct host *host;

        for (size_t i = 0; i < BUCKET_SIZE; i++) {
                if (owners[i].hash == hash) {
                        owners[i].last = ts;
                        return &n->hosts[bucket][i];
                }
                if (owners[i].last < owners[oldest].last)
                        oldest = i;
        }
        n->counters.hosts++;
        n->counters.evicted += owners[oldest].hash != 0;
        owners[oldest] = (struct owner) { hash, ts };
        /* Not the samples: of none there is nothing to clear. */
        host = &n->hosts[bucket][oldest];
        host->n = 0;
        host->id_class = host->isn_class = -1;
        return host;
}

/* Of a connection that is asked for again the first packet counts. */
static bool is_known(const struct host *host, uint64_t connection) {
        for (size_t i = 0; i < host->n; i++)
                if (host->samples[i].connection == connection)
                        return true;
        return false;
}

/* What systems begin with: no router took one off. */
static bool is_unforwarded(const struct packet *packet) {
        return packet->hop_limit == 64 || packet->hop_limit == 128 || packet->hop_limit == 255;
}

void numbering_feed(struct numbering *n, const struct packet *packet, const struct fact_sink *sink) {
        uint32_t ports = (uint32_t) packet->source_port << 16 | packet->destination_port;
        bool answers = packet->tcp_flags & TCP_ACK;
        struct sample sample = { .ts = packet->frame->ts, .isn = packet->tcp_sequence, .id = packet->ip_id };
        struct host *host;

        if (!(packet->flags & PACKET_HAS_MAC) || packet->flags & PACKET_TUNNELLED || !is_unforwarded(packet))
                return;
        host = find_host(n, hash_host(n, packet, answers), sample.ts);
        sample.peer = hash_ip(n->secret, &packet->destination);
        sample.connection = mix64(sample.peer, ports ^ UINT64_C(0x9e3779b97f4a7c15));
        if (is_known(host, sample.connection))
                return;
        host->samples[host->n++] = sample;
        if (host->n < NUMBERING_SAMPLES)
                return;
        classify(n, host, packet, answers, sink);
        host->n = 0;
}
