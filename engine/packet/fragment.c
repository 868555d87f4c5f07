/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of incomplete datagrams. Owns their bytes; never looks into them. Costs nothing while no
 * fragments come. */

#include "engine/packet/fragment.h"

#include <errno.h>
#include <stdlib.h>
#include <xxhash.h>

#include "common/macro.h"

#define BUCKETS 256
/* Holes that a datagram may have at a time. In order it has one; 64 KiB in the smallest IPv6 packets, all
 * out of order, has 26 at the most. */
#define RANGES_MAX 32
#define DATAGRAM_MAX 65535

struct range {
        uint32_t start, end; /* end exclusive */
};

struct datagram {
        struct datagram *next_in_bucket;
        struct datagram *older, *newer;
        struct fragment_key key;
        uint64_t first_ts;
        uint32_t total;  /* bytes, once the last piece is here; 0 before */
        uint8_t protocol;
        bool refused;    /* later pieces are refused as well */
        unsigned n_ranges;
        struct range ranges[RANGES_MAX]; /* sorted, apart from each other */
        uint8_t *data;
        size_t allocated;
};

struct fragments {
        struct datagram *buckets[BUCKETS];
        struct datagram *oldest, *newest;
        struct datagram *completed; /* linked by `older` */
        size_t n, bytes;
};

int fragments_new(struct fragments **ret) {
        struct fragments *f = calloc(1, sizeof *f);

        if (!f)
                return -ENOMEM;
        *ret = f;
        return 0;
}

static void datagram_free(struct datagram *g) {
        free(g->data);
        free(g);
}

static struct datagram **bucket_of(struct fragments *f, const struct fragment_key *key) {
        return &f->buckets[XXH3_64bits(key, sizeof *key) % BUCKETS];
}

static void unlink_datagram(struct fragments *f, struct datagram *g) {
        struct datagram **at = bucket_of(f, &g->key);

        while (*at != g)
                at = &(*at)->next_in_bucket;
        *at = g->next_in_bucket;
        *(g->older ? &g->older->newer : &f->oldest) = g->newer;
        *(g->newer ? &g->newer->older : &f->newest) = g->older;
        f->n--;
        f->bytes -= g->allocated;
}

static void give_up(struct fragments *f, struct datagram *g, uint64_t *counter) {
        if (!g->refused)
                (*counter)++;
        unlink_datagram(f, g);
        datagram_free(g);
}

struct fragments *fragments_free(struct fragments *f) {
        uint64_t uncounted = 0;

        if (!f)
                return NULL;
        while (f->oldest)
                give_up(f, f->oldest, &uncounted);
        fragments_release(f);
        free(f);
        return NULL;
}

void fragments_release(struct fragments *f) {
        while (f->completed) {
                struct datagram *g = f->completed;

                f->completed = g->older;
                datagram_free(g);
        }
}

static struct datagram *datagram_find(struct fragments *f, const struct fragment_key *key) {
        for (struct datagram *g = *bucket_of(f, key); g; g = g->next_in_bucket)
                if (memcmp(&g->key, key, sizeof *key) == 0)
                        return g;
        return NULL;
}

/* Nobody fills the table alone: a source over its share loses its own oldest datagram. */
static void make_room(struct fragments *f, const struct fragment_key *key, struct packet_counters *counters) {
        struct datagram *victim = NULL;
        unsigned n = 0;

        for (struct datagram *g = f->newest; g; g = g->older)
                if (g->key.family == key->family && memcmp(g->key.source, key->source, sizeof key->source) == 0) {
                        victim = g;
                        n++;
                }
        if (n >= FRAGMENT_DATAGRAMS_PER_SOURCE_MAX)
                give_up(f, victim, &counters->fragments_evicted);
        else if (f->n >= FRAGMENT_DATAGRAMS_MAX)
                give_up(f, f->oldest, &counters->fragments_evicted);
}

static struct datagram *datagram_new(struct fragments *f, const struct fragment_key *key, uint64_t ts,
                                     struct packet_counters *counters) {
        struct datagram **bucket = bucket_of(f, key);
        struct datagram *g;

        make_room(f, key, counters);
        g = calloc(1, sizeof *g);
        if (!g)
                return NULL;
        g->key = *key;
        g->first_ts = ts;
        g->next_in_bucket = *bucket;
        *bucket = g;
        g->older = f->newest;
        *(f->newest ? &f->newest->newer : &f->oldest) = g;
        f->newest = g;
        f->n++;
        return g;
}

static void expire(struct fragments *f, uint64_t now, struct packet_counters *counters) {
        while (f->oldest && now > f->oldest->first_ts && now - f->oldest->first_ts > FRAGMENT_TIMEOUT)
                give_up(f, f->oldest, &counters->fragments_timed_out);
}

/* Keeps the entry, so that what still comes of the datagram is refused too, but none of its bytes. */
static int refuse(struct fragments *f, struct datagram *g, struct packet_counters *counters) {
        counters->fragments_overlapping++;
        g->refused = true;
        free(g->data);
        g->data = NULL;
        f->bytes -= g->allocated;
        g->allocated = 0;
        return -EBADMSG;
}

static int reserve(struct fragments *f, struct datagram *g, size_t size, struct packet_counters *counters) {
        size_t wanted = 2048;
        uint8_t *grown;

        while (wanted < size)
                wanted *= 2;
        if (wanted <= g->allocated)
                return 0;
        while (f->bytes + wanted - g->allocated > FRAGMENT_BYTES_MAX) {
                struct datagram *victim = f->oldest == g ? g->newer : f->oldest;

                /* The limit is far above one datagram's size: there are others. */
                give_up(f, victim, &counters->fragments_evicted);
        }
        grown = realloc(g->data, wanted);
        if (!grown)
                return -ENOMEM;
        f->bytes += wanted - g->allocated;
        g->data = grown;
        g->allocated = wanted;
        return 0;
}

/* Does the piece say of bytes that are there already what they are? */
static bool overlaps_agree(const struct datagram *g, const struct fragment_piece *piece, uint32_t end) {
        for (unsigned i = 0; i < g->n_ranges; i++) {
                uint32_t from = MAX(g->ranges[i].start, piece->offset), to = MIN(g->ranges[i].end, end);

                if (from < to && memcmp(g->data + from, piece->data.data + (from - piece->offset), to - from) != 0)
                        return false;
        }
        return true;
}

/* Adds [start, end), joining it with all that it overlaps or touches. False: too many holes. */
static bool range_add(struct datagram *g, uint32_t start, uint32_t end) {
        unsigned i = 0, behind;

        while (i < g->n_ranges && g->ranges[i].end < start)
                i++;
        for (behind = i; behind < g->n_ranges && g->ranges[behind].start <= end; behind++) {
                start = MIN(start, g->ranges[behind].start);
                end = MAX(end, g->ranges[behind].end);
        }
        if (behind == i && g->n_ranges == RANGES_MAX)
                return false;
        memmove(&g->ranges[i + 1], &g->ranges[behind], (g->n_ranges - behind) * sizeof g->ranges[0]);
        g->n_ranges = g->n_ranges - (behind - i) + 1;
        g->ranges[i] = (struct range) { start, end };
        return true;
}

/* Ends that contradict each other are as bad as bytes that do. */
static bool end_is_consistent(const struct datagram *g, uint32_t end, bool more) {
        uint32_t furthest = g->n_ranges > 0 ? g->ranges[g->n_ranges - 1].end : 0;

        if (!more && (furthest > end || (g->total > 0 && g->total != end)))
                return false;
        return g->total == 0 || end <= g->total;
}

static bool is_complete(const struct datagram *g) {
        return g->total > 0 && g->n_ranges == 1 && g->ranges[0].start == 0 && g->ranges[0].end == g->total;
}

static int datagram_add(struct fragments *f, struct datagram *g, const struct fragment_piece *piece,
                        struct packet_counters *counters) {
        uint32_t end = piece->offset + (uint32_t) cursor_left(&piece->data);
        int r;

        if (!overlaps_agree(g, piece, end) || !end_is_consistent(g, end, piece->more))
                return refuse(f, g, counters);
        r = reserve(f, g, end, counters);
        if (r < 0)
                return r;
        if (!range_add(g, piece->offset, end))
                return refuse(f, g, counters);
        memcpy(g->data + piece->offset, piece->data.data, cursor_left(&piece->data));
        if (piece->offset == 0)
                g->protocol = piece->protocol;
        if (!piece->more)
                g->total = end;
        return is_complete(g);
}

int fragments_add(struct fragments *f, const struct fragment_key *key, const struct fragment_piece *piece,
                  struct packet_counters *counters, struct cursor *ret, uint8_t *ret_protocol) {
        size_t length = cursor_left(&piece->data);
        struct datagram *g;
        int r;

        counters->fragments++;
        /* RFC 8200 §4.5: all but the last are multiples of eight bytes, and the whole fits 16 bits. */
        if (length == 0 || (piece->more && length % 8 != 0) || piece->offset + length > DATAGRAM_MAX) {
                counters->fragments_malformed++;
                return -EBADMSG;
        }
        expire(f, piece->ts, counters);
        g = datagram_find(f, key) ?: datagram_new(f, key, piece->ts, counters);
        if (!g)
                return -ENOMEM;
        r = g->refused ? -EBADMSG : datagram_add(f, g, piece, counters);
        if (r <= 0)
                return r;
        counters->reassembled++;
        unlink_datagram(f, g);
        g->older = f->completed;
        f->completed = g;
        *ret = cursor_make(g->data, g->total);
        *ret_protocol = g->protocol;
        return 1;
}
