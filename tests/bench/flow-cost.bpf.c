// SPDX-License-Identifier: GPL-2.0-or-later

/* What the accounting of flows is measured against. `vary` turns one frame into those of many flows and hands it on to
 * the program under test, so that all of them pay for it alike. */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* The user sets them between runs. Bytes that each segment of TCP has more; 0: the same one comes over and over. */
__u32 flows_max = 1, next_packet = 0, advance = 0;

struct {
        __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, __u32);
} tested SEC(".maps");

struct plain_key {
        __u32 source, destination;
        __u16 source_port, destination_port;
        __u32 protocol;
};

struct plain_flow {
        __u64 packets, bytes, last;
};

struct {
        __uint(type, BPF_MAP_TYPE_LRU_HASH);
        __uint(max_entries, 65536);
        __type(key, struct plain_key);
        __type(value, struct plain_flow);
} plain_flows SEC(".maps");

/* Where each flow's bytes are. */
struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1 << 18);
        __type(key, __u32);
        __type(value, __u32);
} sequences SEC(".maps");

static __always_inline void set_sequence(struct iphdr *ip, void *end, __u32 flow) {
        __u32 *sequence = advance > 0 ? bpf_map_lookup_elem(&sequences, &flow) : NULL;
        __be32 *field = (void *) (ip + 1) + 4;

        if (!sequence || (void *) (field + 1) > end)
                return;
        *field = bpf_htonl(*sequence);
        *sequence += advance;
}

/* Sets the low bits of the source address, in an order that no prefetcher knows. */
static __always_inline bool set_flow(struct xdp_md *ctx) {
        void *data = (void *) (long) ctx->data, *end = (void *) (long) ctx->data_end;
        __u32 flow = (__u64) (next_packet++ * 2654435761U) * flows_max >> 32;
        struct iphdr *ip = data + ETH_HLEN;

        if ((void *) (ip + 1) > end)
                return false;
        ip->saddr = bpf_htonl(0x0a000000 | flow);
        set_sequence(ip, end, flow);
        return true;
}

SEC("xdp.frags")
int vary(struct xdp_md *ctx) {
        if (set_flow(ctx))
                bpf_tail_call(ctx, &tested, 0);
        return XDP_ABORTED;
}

/* For bench-veth: frames out of an interface, and what counts them at the other end. */
const volatile __u32 out_interface = 0, batch = 1;
const volatile __u64 batch_time = 0; /* ns from one batch to the next; 0: none */
__u64 due = 0;

#define WAIT_MAX (1 << 20) /* looks at the clock, of some 20 ns */

static long is_due(__u32 i __attribute__((unused)), void *userdata __attribute__((unused))) {
        return bpf_ktime_get_ns() >= due;
}

/* What was missed is not made up for: that would be a burst, at four times the pace that is asked for. A call for each batch
 * would take the kernel milliseconds: the pace is kept here. */
static __always_inline void keep_pace(void) {
        __u64 now = bpf_ktime_get_ns();

        if (now > due + batch_time)
                due = now;
        bpf_loop(WAIT_MAX, is_due, NULL, 0);
        due += batch_time;
}

SEC("xdp")
int generate(struct xdp_md *ctx) {
        if (batch_time > 0 && next_packet % batch == 0)
                keep_pace();
        return set_flow(ctx) ? bpf_redirect(out_interface, 0) : XDP_ABORTED;
}

/* The stack takes them as if they had arrived. */
SEC("xdp")
int inject(struct xdp_md *ctx) {
        return set_flow(ctx) ? XDP_PASS : XDP_ABORTED;
}

struct {
        __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
        __uint(max_entries, 1);
        __type(key, __u32);
        __type(value, __u64);
} counted SEC(".maps");

static __always_inline void count_one(void) {
        __u32 zero = 0;
        __u64 *n = bpf_map_lookup_elem(&counted, &zero);

        if (n)
                *n += 1;
}

SEC("xdp")
int count_xdp(struct xdp_md *ctx) {
        count_one();
        return ctx->data_end > ctx->data ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int count_tc(struct __sk_buff *skb) {
        count_one();
        return skb->len > 0 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

SEC("xdp.frags")
int empty(struct xdp_md *ctx) {
        return ctx->data_end > ctx->data ? XDP_PASS : XDP_DROP;
}

/* What one writes first: one direction, packets, bytes and the time. */
SEC("xdp.frags")
int plain(struct xdp_md *ctx) {
        void *data = (void *) (long) ctx->data, *end = (void *) (long) ctx->data_end;
        struct iphdr *ip = data + ETH_HLEN;
        __u16 *ports = (void *) (ip + 1);
        struct plain_flow *flow;
        struct plain_key key;

        if ((void *) (ports + 2) > end || ((struct ethhdr *) data)->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5)
                return XDP_PASS;
        key = (struct plain_key) { ip->saddr, ip->daddr, ports[0], ports[1], ip->protocol };
        flow = bpf_map_lookup_elem(&plain_flows, &key);
        if (flow) {
                __sync_fetch_and_add(&flow->packets, 1);
                __sync_fetch_and_add(&flow->bytes, end - data);
                flow->last = bpf_ktime_get_ns();
        } else {
                struct plain_flow fresh = { 1, end - data, bpf_ktime_get_ns() };

                bpf_map_update_elem(&plain_flows, &key, &fresh, BPF_NOEXIST);
        }
        return XDP_PASS;
}

char programs_license[] SEC("license") = "GPL";
