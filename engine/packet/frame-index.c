/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Each section has a chain, which goes from record to record and writes down where they begin. All chains go on in turns,
 * so that their waits for memory overlap, and fetch what the reader of the frames will look at. Then they are put
 * together: one that does not begin where the chain before it has come to was a wrong guess, and from there on the first
 * chain goes on alone. Guesses need not be good, but cheap: a packet may well contain what looks like records, which costs
 * time and nothing else. */

#include "engine/packet/frame-index.h"

#include <stdbool.h>
#include <string.h>

#define LIKELY 3            /* records in a row that look like some, for a guess */
#define SEARCHED 16384      /* bytes in which a section has to begin: of Ethernet's frames ten of the longest */
#define STRIDE 8            /* records at a turn: fewer cost more turns, and as many are waited for at a time */
#define FETCHED 64          /* bytes behind a record's first that the reader wants, too: headers up to TCP's */

struct chain {
        const uint8_t *begin, *end; /* it begins with this record, and goes on until it has come to `end` */
        const uint8_t **starts;     /* what it wrote down */
        const uint8_t **next;       /* behind that, the record that is next */
};

/* A header as one would expect it in a file in which the seconds have this upper byte, as they have for half a year. */
static bool is_likely(const uint8_t *p, uint8_t upper, uint32_t *ret_captured) {
        uint32_t captured = once_le32(p + 8), length = once_le32(p + 12);

        *ret_captured = captured;
        return once_u8(p + 3) == upper && once_le32(p + 4) < NSEC_PER_SEC && captured <= length &&
               length <= FRAME_RUN_FRAME_MAX;
}

static bool begins_records(const uint8_t *p, const uint8_t *end, uint8_t upper) {
        for (unsigned i = 0; i < LIKELY; i++) {
                uint32_t captured;

                if (end - p < FRAME_RUN_HEADER || !is_likely(p, upper, &captured) || end - p - FRAME_RUN_HEADER < captured)
                        return false;
                p += FRAME_RUN_HEADER + captured;
        }
        return true;
}

/* Where from `from` on the first record seems to begin, before `end`, where the memory ends; NULL: nowhere. */
static const uint8_t *guess(const uint8_t *from, const uint8_t *end, uint8_t upper) {
        const uint8_t *last = end - FRAME_RUN_HEADER;

        last = last - from > SEARCHED ? from + SEARCHED : last;
        while (from < last) {
                const uint8_t *found = memchr(from + 3, upper, (size_t) (last - from));

                if (!found)
                        return NULL;
                if (begins_records(found - 3, end, upper))
                        return found - 3;
                from = found - 2;
        }
        return NULL;
}

/* Was the last one no record? No other can have been, for a chain is no longer than a frame may be. */
static bool is_astray(const struct chain *c) {
        return (uintptr_t) c->next[0] - (uintptr_t) c->next[-1] > FRAME_RUN_HEADER + FRAME_RUN_FRAME_MAX;
}

/* Where a chain ends that begins at `begin` and has to come to `end`. */
static const uint8_t *limit(const uint8_t *begin, const uint8_t *end) {
        return end - begin > (ptrdiff_t) FRAME_RUN_FRAME_MAX ? begin + FRAME_RUN_FRAME_MAX : end;
}

/* A few records further. False: the chain has come to its end. Addresses are numbers here, for the last may be none: with
 * pointers of 32 bits the last there is stands for what lies behind it, so that nothing leads round to what came before. */
static bool go_on(struct chain *c) {
        const uint64_t end = (uintptr_t) c->end;
        uint64_t at = (uintptr_t) *c->next;

#pragma GCC unroll 8
        for (unsigned i = 1; i <= STRIDE; i++) {
                at += FRAME_RUN_HEADER + (uint64_t) once_le32((const uint8_t *) (uintptr_t) at + 8);
                __builtin_prefetch((const uint8_t *) (uintptr_t) (at + FETCHED));
                c->next[i] = (const uint8_t *) (uintptr_t) MIN(at, (uint64_t) UINTPTR_MAX);
                if (at >= end) {
                        c->next += i;
                        return false;
                }
        }
        c->next += STRIDE;
        return true;
}

/* All of them to their ends, in turns. */
static void walk_chains(struct chain *chains, unsigned n) {
        struct chain *left[FRAME_INDEX_SECTIONS_MAX];

        for (unsigned i = 0; i < n; i++)
                left[i] = &chains[i];
        while (n > 0)
                for (unsigned i = 0; i < n;)
                        if (go_on(left[i]))
                                i++;
                        else
                                left[i] = left[--n];
}

/* Those after the first begin at a guess, each of them where the one before it ends; the last one at `end`. Between two
 * records are 16 bytes at least: so much room has each chain for what it writes down, and for two more. */
static unsigned begin_chains(const uint8_t *bytes, uint32_t size, unsigned sections, const uint8_t *end,
                             const uint8_t **starts, struct chain *chains) {
        unsigned n = 1;

        chains[0] = (struct chain) { .begin = bytes, .end = limit(bytes, end), .starts = starts };
        for (unsigned i = 1; i < sections; i++) {
                const uint8_t *at = guess(MAX(bytes + size / sections * i, chains[n - 1].begin + 1), bytes + size, bytes[3]);

                if (!at)
                        continue;
                chains[n - 1].end = limit(chains[n - 1].begin, at);
                chains[n] = (struct chain) { .begin = at, .end = limit(at, end),
                                             .starts = starts + (at - bytes) / FRAME_RUN_HEADER + 2 * n };
                n++;
        }
        for (unsigned i = 0; i < n; i++) {
                chains[i].next = chains[i].starts;
                *chains[i].next = chains[i].begin;
        }
        return n;
}

/* Adds the others to the first, as long as each begins where the one before it has come to. */
static void join(struct chain *chains, unsigned n) {
        struct chain *first = &chains[0];

        for (unsigned i = 1; i < n && !is_astray(first) && *first->next == chains[i].begin; i++) {
                size_t found = (size_t) (chains[i].next - chains[i].starts);

                memmove(first->next, chains[i].starts, (found + 1) * sizeof *first->next);
                first->next += found;
        }
}

size_t frame_index_find(const uint8_t *bytes, uint32_t size, unsigned sections, const uint8_t **starts) {
        struct chain chains[FRAME_INDEX_SECTIONS_MAX], *first = &chains[0];
        const uint8_t *end;
        unsigned n;

        starts[0] = bytes;
        if (size < FRAME_RUN_HEADER)
                return 0;
        end = bytes + size - FRAME_RUN_HEADER + 1; /* there no record can begin any more */
        n = begin_chains(bytes, size, sections, end, starts, chains);
        walk_chains(chains, n);
        join(chains, n);
        while (*first->next < end && !is_astray(first)) {
                first->end = limit(*first->next, end);
                walk_chains(first, 1);
        }
        if (is_astray(first) || *first->next > bytes + size)
                first->next--;
        return (size_t) (first->next - starts);
}
