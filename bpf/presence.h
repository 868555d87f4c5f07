/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "lanscope-events.h"

/* Who was there, of what no flow's record tells: frames of no flow, and records that were evicted. */

#define PRESENCE_MAX 8192

/* Which presence map is written; the daemon reads the other one, in which nothing changes then. */
__u32 active_map = 0;

/* Plain hash maps and not LRU: they are emptied every second, an overflow is counted, and a flood of made-up
 * addresses does not push out the real ones (nor cost the search for a victim). */
struct presence_map {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, PRESENCE_MAX);
        __type(key, struct lanscope_presence_key);
        __type(value, struct lanscope_presence);
} presence_a SEC(".maps"), presence_b SEC(".maps");

static const struct lanscope_presence presence_none = {};

struct presence_sum {
        struct lanscope_presence_key key;
        __u64 packets_sent, bytes_sent, packets_received, bytes_received;
};

static __always_inline struct lanscope_presence *presence_get(const struct lanscope_presence_key *key) {
        /* Read once: the daemon may change it meanwhile. */
        bool b = *(volatile __u32 *) &active_map;
        struct lanscope_presence *p;

        p = b ? bpf_map_lookup_elem(&presence_b, key) : bpf_map_lookup_elem(&presence_a, key);
        if (p)
                return p;
        /* Another CPU may put it in first (-EEXIST): then that one is found below. */
        if (b)
                bpf_map_update_elem(&presence_b, key, &presence_none, BPF_NOEXIST);
        else
                bpf_map_update_elem(&presence_a, key, &presence_none, BPF_NOEXIST);
        return b ? bpf_map_lookup_elem(&presence_b, key) : bpf_map_lookup_elem(&presence_a, key);
}

static __always_inline bool presence_is_device(const __u8 mac[6]) {
        return !(mac[0] & 1) && (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]);
}

static __always_inline void presence_add(struct lanscope_counters *c, const struct presence_sum *sum) {
        struct lanscope_presence *p;

        if (!presence_is_device(sum->key.mac))
                return;
        p = presence_get(&sum->key);
        if (!p) {
                c->presence_full++;
                return;
        }
        if (sum->packets_received > 0) {
                __sync_fetch_and_add(&p->packets_received, sum->packets_received);
                __sync_fetch_and_add(&p->bytes_received, sum->bytes_received);
        }
        if (sum->packets_sent == 0)
                return;
        __sync_fetch_and_add(&p->packets_sent, sum->packets_sent);
        __sync_fetch_and_add(&p->bytes_sent, sum->bytes_sent);
        p->last = bpf_ktime_get_boot_ns();
        if (p->first == 0)
                p->first = p->last;
}
