/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <string.h>

#include "common/mix.h"
#include "engine/flow/flow-observation.h"

/* A hash of the ends of a flow, the same in both directions: made once for a packet, for the flow table and the small ones beside
 * it, which have the same seed. With a secret that nobody knows nobody can choose ends that collide. */

struct flow_hash_secret {
        uint64_t words[2];
};

static inline struct flow_hash_secret flow_hash_secret_make(uint64_t seed) {
        return (struct flow_hash_secret) { {
                mix64(seed ^ UINT64_C(0xe7037ed1a0b428db), UINT64_C(0x8ebc6af09c88c6e3)),
                mix64(seed ^ UINT64_C(0x589965cc75374cc3), UINT64_C(0x1d8e4e27c47d124f)),
        } };
}

/* `addresses` and `rest` as in struct flow_observation. */
static inline uint64_t flow_hash_ipv4(const struct flow_hash_secret *s, uint64_t addresses, uint64_t rest) {
        return mix64(addresses ^ s->words[0], rest ^ s->words[1]);
}

/* Takes the place of the addresses of IPv4. */
static inline uint64_t flow_hash_pair(const struct flow_hash_secret *s, const uint8_t *low, const uint8_t *high) {
        uint64_t words[4];

        /* The same on all machines: flows are known by it in lanscope-events(5). */
        memcpy(words, low, 16);
        memcpy(words + 2, high, 16);
        for (size_t i = 0; i < 4; i++)
                words[i] = le64toh(words[i]);
        return mix64(words[0] ^ s->words[1], words[1] ^ s->words[0]) ^ mix64(words[2] ^ s->words[0], words[3] ^ s->words[1]);
}

static inline uint64_t flow_hash_ipv6(const struct flow_hash_secret *s, const uint8_t *low, const uint8_t *high, uint64_t rest) {
        return flow_hash_ipv4(s, flow_hash_pair(s, low, high), rest);
}

/* Sets what of an observation is a hash. */
static inline void flow_hash_set(const struct flow_hash_secret *s, struct flow_observation *o) {
        uint64_t key = o->addresses;

        if (o->flags & OBSERVATION_IPV6) {
                key = flow_hash_pair(s, o->ends[0], o->ends[1]);
                /* Never what a pair of IPv4 addresses can be: its upper half is the greater one. */
                o->addresses = (key | UINT64_C(1) << 63) & ~(UINT64_C(1) << 31);
        }
        o->hash = flow_hash_ipv4(s, key, o->rest);
}

/* Of a packet between `low` and `high`, in canonical order; ports in host order. */
static inline uint64_t flow_hash_ends(const struct flow_hash_secret *s, const struct ip_address *low, const struct ip_address *high,
                                      uint64_t rest) {
        if (low->family == AF_INET6)
                return flow_hash_ipv6(s, low->bytes, high->bytes, rest);
        return flow_hash_ipv4(s, (uint64_t) load_be32(low->bytes) << 32 | load_be32(high->bytes), rest);
}

static inline uint64_t flow_hash_rest(uint16_t low_port, uint16_t high_port, uint8_t protocol, uint16_t vlan, uint16_t inner_vlan) {
        return (uint64_t) low_port << 48 | (uint64_t) high_port << 32 | (uint64_t) protocol << 24 |
               (uint64_t) (vlan & 0xfff) << 12 | (inner_vlan & 0xfff);
}
