/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table behind the hot path: fixed size, open addressing, a bounded probe. Nearly all frames are between the same few
 * pairs of addresses, so that the slots of pairs that were met before stand in a smaller table. Both stay for the next
 * interval, in which most of them are heard again, unless there are many. */

#include "engine/inventory/sightings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A power of two. A segment has hundreds of addresses that speak within a second; a flood has more. */
#define SLOTS 4096
#define SLOTS_USED_MAX (SLOTS / 4 * 3)
/* So many stay at the most: the rest is for who is heard anew. */
#define SLOTS_KEPT_MAX 256
/* Addresses that collide more often are not counted rather than searched for. */
#define PROBES_MAX 16

struct sightings_slot {
        uint64_t address; /* word_of() it, plus a bit that is always set: 0 is an empty slot */
#define SLOT_USED (UINT64_C(1) << 63)
        uint32_t ifindex;
        bool heard;   /* in this interval: what follows counts */
        uint64_t first, last, order; /* order: of its last frame among all */
        struct device_traffic traffic;
};

struct sightings {
        struct sightings_slot slots[SLOTS];
        struct sightings_pairs pairs;
        uint16_t used[SLOTS_USED_MAX]; /* those that are heard, in order of arrival */
        size_t n_used, n_slots;        /* n_slots: with those that stayed */
        uint16_t awake[SIGHTINGS_PAIRS]; /* places of pairs that are */
        size_t n_awake;
};

int sightings_new(struct sightings **ret, uint64_t seed) {
        struct sightings *s = calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        s->pairs.multiplier = UINT64_C(0x9e3779b97f4a7c15) ^ seed << 1;
        *ret = s;
        return 0;
}

struct sightings *sightings_free(struct sightings *sightings) {
        free(sightings);
        return NULL;
}

struct sightings_pairs *sightings_pairs(struct sightings *s) {
        return &s->pairs;
}

static struct sightings_ends ends_of(const struct mac_address *from, const struct mac_address *to, uint16_t vlan) {
        uint8_t addresses[12];

        memcpy(addresses, to->bytes, sizeof to->bytes);
        memcpy(addresses + sizeof to->bytes, from->bytes, sizeof from->bytes);
        return sightings_ends_make(addresses, vlan);
}

static void split_ends(const struct sightings_ends *ends, struct mac_address *ret_from, struct mac_address *ret_to) {
        uint32_t last = (uint32_t) ends->last;
        uint8_t addresses[12];

        memcpy(addresses, &ends->first, sizeof ends->first);
        memcpy(addresses + sizeof ends->first, &last, sizeof last);
        memcpy(ret_to->bytes, addresses, sizeof ret_to->bytes);
        memcpy(ret_from->bytes, addresses + sizeof ret_to->bytes, sizeof ret_from->bytes);
}

static uint64_t word_of(const struct mac_address *mac, uint16_t vlan) {
        return (uint64_t) vlan << 48 | mac_to_word(mac);
}

static struct mac_address mac_of(uint64_t word) {
        uint32_t first = (uint32_t) word;
        uint16_t last = (uint16_t) (word >> 32);
        struct mac_address mac;

        memcpy(mac.bytes, &first, sizeof first);
        memcpy(mac.bytes + sizeof first, &last, sizeof last);
        return mac;
}

/* Its first frame of the interval. */
static struct sightings_slot *begin(struct sightings *s, struct sightings_slot *slot, uint64_t now) {
        s->used[s->n_used++] = (uint16_t) (slot - s->slots);
        slot->heard = true;
        slot->first = now;
        slot->last = slot->order = 0;
        slot->traffic = (struct device_traffic) {};
        return slot;
}

static struct sightings_slot *take_slot(struct sightings *s, struct sightings_slot *slot, uint64_t address, uint32_t ifindex,
                                        uint64_t now) {
        if (s->n_slots == SLOTS_USED_MAX)
                return NULL;
        s->n_slots++;
        slot->address = address;
        slot->ifindex = ifindex;
        return begin(s, slot, now);
}

static struct sightings_slot *find_slot(struct sightings *s, uint64_t address, uint32_t ifindex, uint64_t now) {
        /* Multiplicative hashing (Knuth, TAOCP 3, 6.4): the high bits are the mixed ones. Who does not know the odd
         * multiplier cannot choose addresses that collide (Dietzfelbinger et al., J. Algorithms 25, 1997). */
        uint64_t hash = (address ^ (uint64_t) ifindex << 20) * s->pairs.multiplier >> 52;

        for (unsigned i = 0; i < PROBES_MAX; i++) {
                struct sightings_slot *slot = &s->slots[(hash + i) % SLOTS];

                if (slot->address == 0)
                        return take_slot(s, slot, address, ifindex, now);
                if (slot->address == address && slot->ifindex == ifindex)
                        return slot->heard ? slot : begin(s, slot, now);
        }
        return NULL;
}

static bool counts(const struct mac_address *mac) {
        return !mac_is_group(mac) && !mac_is_zero(mac);
}

/* When it was heard last is what its last frame says, whatever the clock does. */
static void hear(struct sightings_slot *slot, const struct sightings_pair *pair) {
        if (pair->order < slot->order)
                return;
        slot->order = pair->order;
        slot->last = pair->ts;
}

static inline void settle(struct sightings_pair *pair) {
        struct sightings_slot *from = pair->sender, *to = pair->receiver;

        if (pair->packets == 0)
                return;
        if (from) {
                hear(from, pair);
                from->traffic.packets_sent += pair->packets;
                from->traffic.bytes_sent += pair->bytes;
        }
        if (to) {
                hear(to, pair);
                to->traffic.packets_received += pair->packets;
                to->traffic.bytes_received += pair->bytes;
        }
        pair->packets = pair->bytes = 0;
}

/* From now on it counts in this interval. */
static void set_awake(struct sightings *s, struct sightings_pair *pair, const struct sightings_ends *ends) {
        if (!(pair->ends.last & SIGHTINGS_AWAKE))
                s->awake[s->n_awake++] = (uint16_t) (pair - s->pairs.pairs);
        pair->ends = *ends;
}

/* The pair that stayed from the last interval is heard again; false: it is not there. */
static bool wake(struct sightings *s, const struct frame *frame, const struct sightings_ends *ends) {
        struct sightings_pair *pair = sightings_pair_of(&s->pairs, ends);

        if (pair->ends.first != ends->first || (pair->ends.last | SIGHTINGS_AWAKE) != ends->last || pair->ifindex != frame->ifindex)
                return false;
        if (pair->sender && !pair->sender->heard)
                begin(s, pair->sender, frame->ts);
        if (pair->receiver && !pair->receiver->heard)
                begin(s, pair->receiver, frame->ts);
        set_awake(s, pair, ends);
        sightings_pair_add(&s->pairs, pair, frame);
        return true;
}

/* The two were not counted for a while, or others took their place. */
static _noinline_ unsigned count_pair(struct sightings *s, const struct frame *frame, const struct sightings_ends *ends) {
        struct sightings_pair found = { .ends = *ends, .ifindex = frame->ifindex }, *pair = sightings_pair_of(&s->pairs, ends);
        uint16_t vlan = ends->last >> 32 & 0xfff;
        struct mac_address from, to;
        unsigned dropped = 0;

        split_ends(ends, &from, &to);
        if (counts(&from)) {
                found.sender = find_slot(s, word_of(&from, vlan) | SLOT_USED, frame->ifindex, frame->ts);
                dropped += !found.sender;
        }
        if (counts(&to)) {
                found.receiver = find_slot(s, word_of(&to, vlan) | SLOT_USED, frame->ifindex, frame->ts);
                dropped += !found.receiver;
        }
        sightings_pair_add(&s->pairs, &found, frame);
        settle(pair);
        /* Who found no room is asked for again. */
        if (dropped > 0) {
                settle(&found);
                return dropped;
        }
        set_awake(s, pair, ends);
        *pair = found;
        return 0;
}

unsigned sightings_count_ends(struct sightings *s, const struct frame *frame, const struct sightings_ends *ends) {
        return wake(s, frame, ends) ? 0 : count_pair(s, frame, ends);
}

unsigned sightings_count_frame(struct sightings *s, const struct frame *frame, uint16_t vlan, const struct mac_address *from,
                               const struct mac_address *to) {
        struct sightings_ends ends = ends_of(from, to, vlan);

        return sightings_count_ends(s, frame, &ends);
}

bool sightings_is_empty(const struct sightings *s) {
        return s->n_used == 0;
}

/* They begin anew with the next interval. */
static void rest(struct sightings *s) {
        if (s->n_slots <= SLOTS_KEPT_MAX) {
                for (size_t i = 0; i < s->n_awake; i++)
                        s->pairs.pairs[s->awake[i]].ends.last &= ~SIGHTINGS_AWAKE;
        } else {
                memset(s->slots, 0, sizeof s->slots);
                memset(s->pairs.pairs, 0, sizeof s->pairs.pairs);
                s->n_slots = 0;
        }
        s->n_used = s->n_awake = 0;
}

void sightings_tell(struct sightings *s, void (*tell)(void *userdata, const struct sighting *sighting), void *userdata) {
        for (size_t i = 0; i < s->n_awake; i++)
                settle(&s->pairs.pairs[s->awake[i]]);
        for (size_t i = 0; i < s->n_used; i++) {
                struct sightings_slot *slot = &s->slots[s->used[i]];
                struct sighting sighting = {
                        .ifindex = slot->ifindex,
                        .vlan = slot->address >> 48 & 0xfff,
                        .mac = mac_of(slot->address),
                        .first = slot->first,
                        .last = slot->last,
                        .traffic = slot->traffic,
                };

                tell(userdata, &sighting);
                slot->heard = false;
        }
        rest(s);
}

static void tell_inventory(void *userdata, const struct sighting *sighting) {
        inventory_take_sighting(userdata, sighting);
}

void sightings_drain(struct sightings *s, struct inventory *inventory) {
        sightings_tell(s, tell_inventory, inventory);
}
