/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table behind the hot path: fixed size, open addressing, a bounded probe. Nearly all frames are between the same
 * two addresses as the frame before, so those two slots are tried first. */

#include "engine/inventory/sightings.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A power of two. A segment has hundreds of addresses that speak within a second; a flood has more. */
#define SLOTS 4096
#define SLOTS_USED_MAX (SLOTS / 4 * 3)
/* Addresses that collide more often are not counted rather than searched for. */
#define PROBES_MAX 16

struct slot {
        uint64_t address; /* VLAN and MAC, plus a bit that is always set: 0 is an empty slot */
        uint32_t ifindex;
        uint64_t first, last;
        struct device_traffic traffic;
};

struct sightings {
        struct slot slots[SLOTS];
        uint16_t used[SLOTS_USED_MAX]; /* in order of arrival */
        size_t n_used;
        uint64_t multiplier; /* odd */
        struct slot *sender, *receiver; /* of the frame before; never NULL */
};

int sightings_new(struct sightings **ret, uint64_t seed) {
        struct sightings *s = calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        s->sender = s->receiver = &s->slots[0];
        s->multiplier = UINT64_C(0x9e3779b97f4a7c15) ^ seed << 1;
        *ret = s;
        return 0;
}

struct sightings *sightings_free(struct sightings *sightings) {
        free(sightings);
        return NULL;
}

static inline uint64_t pack(const struct sightings_key *key) {
        uint64_t address;

        _Static_assert(offsetof(struct sightings_key, mac) == offsetof(struct sightings_key, vlan) + 2, "read as one word");
        memcpy(&address, &key->vlan, sizeof address);
        return UINT64_C(1) << 63 | (uint64_t) key->vlan << 48 | (be64toh(address) & (UINT64_MAX >> 16));
}

static struct mac_address unpack_mac(uint64_t address) {
        struct mac_address mac;

        for (int i = 5; i >= 0; i--, address >>= 8)
                mac.bytes[i] = (uint8_t) address;
        return mac;
}

static struct slot *take_slot(struct sightings *s, struct slot *slot, uint64_t address, uint32_t ifindex, uint64_t now) {
        if (s->n_used == SLOTS_USED_MAX)
                return NULL;
        s->used[s->n_used++] = (uint16_t) (slot - s->slots);
        *slot = (struct slot) { .address = address, .ifindex = ifindex, .first = now };
        return slot;
}

static __attribute__((noinline)) struct slot *find_slot(struct sightings *s, uint64_t address, uint32_t ifindex, uint64_t now) {
        /* Multiplicative hashing (Knuth, TAOCP 3, 6.4): the high bits are the mixed ones. Who does not know the odd
         * multiplier cannot choose addresses that collide (Dietzfelbinger et al., J. Algorithms 25, 1997). */
        uint64_t hash = (address ^ (uint64_t) ifindex << 20) * s->multiplier >> 52;

        for (unsigned i = 0; i < PROBES_MAX; i++) {
                struct slot *slot = &s->slots[(hash + i) % SLOTS];

                if (slot->address == 0)
                        return take_slot(s, slot, address, ifindex, now);
                if (slot->address == address && slot->ifindex == ifindex)
                        return slot;
        }
        return NULL;
}

static inline struct slot *seek(struct sightings *s, struct slot **last, const struct sightings_key *key, uint64_t now) {
        uint64_t address = pack(key);
        struct slot *slot = *last;

        if (slot->address != address || slot->ifindex != key->ifindex) {
                slot = find_slot(s, address, key->ifindex, now);
                if (!slot)
                        return NULL;
                *last = slot;
        }
        slot->last = now;
        return slot;
}

bool sightings_count_sent(struct sightings *s, const struct sightings_key *key, uint64_t now, uint32_t bytes) {
        struct slot *slot = seek(s, &s->sender, key, now);

        if (!slot)
                return false;
        slot->traffic.packets_sent++;
        slot->traffic.bytes_sent += bytes;
        return true;
}

bool sightings_count_received(struct sightings *s, const struct sightings_key *key, uint64_t now, uint32_t bytes) {
        struct slot *slot = seek(s, &s->receiver, key, now);

        if (!slot)
                return false;
        slot->traffic.packets_received++;
        slot->traffic.bytes_received += bytes;
        return true;
}

bool sightings_is_empty(const struct sightings *s) {
        return s->n_used == 0;
}

void sightings_tell(struct sightings *s, void (*tell)(void *userdata, const struct sighting *sighting), void *userdata) {
        for (size_t i = 0; i < s->n_used; i++) {
                struct slot *slot = &s->slots[s->used[i]];
                struct sighting sighting = {
                        .ifindex = slot->ifindex,
                        .vlan = slot->address >> 48 & 0xfff,
                        .mac = unpack_mac(slot->address),
                        .first = slot->first,
                        .last = slot->last,
                        .traffic = slot->traffic,
                };

                tell(userdata, &sighting);
                *slot = (struct slot) {};
        }
        s->n_used = 0;
}

static void tell_inventory(void *userdata, const struct sighting *sighting) {
        inventory_take_sighting(userdata, sighting);
}

void sightings_drain(struct sightings *s, struct inventory *inventory) {
        sightings_tell(s, tell_inventory, inventory);
}
