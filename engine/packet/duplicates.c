/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Copies of frames, recognised by a digest of what stays the same on the way. One table of fixed size, one slot a digest:
 * a newer packet takes the place of an older one, which is then forgotten. At a million packets a second and a window of 2
 * ms about one in eight is forgotten too early, which is counted. */

#include "engine/packet/duplicates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/cursor.h"

#define SLOTS 16384
#define TAGS_MAX 3
#define LINK_ETHERNET 1

enum { TYPE_IPV4 = 0x0800, TYPE_VLAN = 0x8100, TYPE_IPV6 = 0x86dd, TYPE_QINQ = 0x88a8, TYPE_QINQ_OLD = 0x9100 };
enum { IPV4_HEADER = 20, IPV4_TTL = 8, IPV4_CHECKSUM = 10, IPV6_HEADER = 40, IPV6_HOP_LIMIT = 7 };

struct slot {
        uint64_t digest; /* 0: empty */
        uint64_t ts;     /* of the first copy */
        uint64_t link;   /* digest of the link addresses of the last one */
        uint8_t hop_limit;
};

struct duplicates {
        uint64_t window, seed;
        struct duplicates_counters counters;
        struct slot slots[SLOTS];
};

/* What makes a packet the one it is. */
struct identity {
        uint64_t digest, link;
        uint8_t hop_limit;
};

int duplicates_new(struct duplicates **ret, uint64_t window, uint64_t seed) {
        struct duplicates *d = calloc(1, sizeof *d);

        if (!d)
                return -ENOMEM;
        d->window = window;
        d->seed = seed;
        *ret = d;
        return 0;
}

struct duplicates *duplicates_free(struct duplicates *d) {
        free(d);
        return NULL;
}

void duplicates_set_window(struct duplicates *d, uint64_t window) {
        d->window = window;
}

const struct duplicates_counters *duplicates_counters(const struct duplicates *d) {
        return &d->counters;
}

static uint64_t digest_bytes(struct cursor c, uint64_t seed) {
        return XXH3_64bits_withSeed(c.data, cursor_left(&c), seed);
}

/* Steps over tags; the type of what follows them. */
static bool find_type(struct cursor *c, uint16_t *ret) {
        uint16_t type;

        for (unsigned i = 0; cursor_be16(c, &type); i++) {
                *ret = type;
                if ((type != TYPE_VLAN && type != TYPE_QINQ && type != TYPE_QINQ_OLD) || i == TAGS_MAX)
                        return true;
                if (!cursor_skip(c, 2))
                        return false;
        }
        return false;
}

/* The header with what routers change set to zero, and then the rest. Padding of short frames is of the link. */
static bool identify_ip(const struct duplicates *d, struct cursor c, uint16_t type, struct identity *ret) {
        uint8_t header[IPV6_HEADER];
        bool v4 = type == TYPE_IPV4;
        size_t size = v4 ? IPV4_HEADER : IPV6_HEADER, length;
        uint64_t seed;

        if (!cursor_copy(&c, header, size) || header[0] >> 4 != (v4 ? 4 : 6))
                return false;
        length = v4 ? load_be16(header + 2) : load_be16(header + 4) + (size_t) IPV6_HEADER;
        if (length >= size && length - size < cursor_left(&c))
                c.end = c.data + (length - size);
        ret->hop_limit = header[v4 ? IPV4_TTL : IPV6_HOP_LIMIT];
        header[v4 ? IPV4_TTL : IPV6_HOP_LIMIT] = 0;
        if (v4)
                memset(header + IPV4_CHECKSUM, 0, 2);
        seed = XXH3_64bits_withSeed(header, size, d->seed ^ type);
        ret->digest = digest_bytes(c, seed);
        return true;
}

static void identify(const struct duplicates *d, const struct frame *frame, struct identity *ret) {
        struct cursor c = cursor_make(frame->data, frame->captured), addresses;
        uint16_t type;

        *ret = (struct identity) {};
        if (frame->linktype != LINK_ETHERNET || !cursor_take(&c, 12, &addresses)) {
                ret->digest = digest_bytes(cursor_make(frame->data, frame->captured), d->seed ^ frame->linktype);
                return;
        }
        ret->link = digest_bytes(addresses, d->seed);
        if (!find_type(&c, &type))
                type = 0;
        if ((type == TYPE_IPV4 || type == TYPE_IPV6) && identify_ip(d, c, type, ret))
                return;
        ret->digest = digest_bytes(c, ret->link ^ type);
}

static enum duplicate compare(const struct slot *slot, const struct identity *new) {
        if (slot->link == new->link && slot->hop_limit == new->hop_limit)
                return DUPLICATE_EXACT;
        return abs(slot->hop_limit - new->hop_limit) <= 1 ? DUPLICATE_ROUTED : DUPLICATE_NONE;
}

static bool is_recent(const struct duplicates *d, const struct slot *slot, uint64_t ts) {
        return slot->digest != 0 && (ts > slot->ts ? ts - slot->ts : slot->ts - ts) <= d->window;
}

enum duplicate duplicates_check(struct duplicates *d, const struct frame *frame) {
        enum duplicate found = DUPLICATE_NONE;
        struct identity new;
        struct slot *slot;
        bool recent;

        if (d->window == 0)
                return DUPLICATE_NONE;
        identify(d, frame, &new);
        new.digest |= 1;
        slot = &d->slots[new.digest >> 1 & (SLOTS - 1)];
        recent = is_recent(d, slot, frame->ts);
        if (recent && slot->digest == new.digest)
                found = compare(slot, &new);
        else
                d->counters.overflow += recent;
        d->counters.exact += found == DUPLICATE_EXACT;
        d->counters.routed += found == DUPLICATE_ROUTED;
        *slot = (struct slot) { new.digest, found == DUPLICATE_NONE ? frame->ts : slot->ts, new.link, new.hop_limit };
        return found;
}
