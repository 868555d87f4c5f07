/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs the kernel programs on single frames (BPF_PROG_TEST_RUN) and holds them against the userspace decoder:
 * a program copies a frame if and only if it is one that a dissector could learn from. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/lanscope-events.h"
#include "common/macro.h"
#include "daemon/capture-file.h"
#include "engine/packet/packet.h"
#include "lanscope.skel.h"
#include "tests/bpf/may-load.h"
#include "tests/unit/cmocka-all.h"

enum { MAX_CPUS = 1024, FRAME_MAX = 3000 };
enum { SKIP = 77 };

struct fixture {
        struct lanscope_bpf *programs;
        struct packet_decoder *decoder;
        struct ring_buffer *ring;
        struct lanscope_record last; /* of the ring */
        const uint8_t *sent;         /* whose bytes the records must have; NULL not checked */
};

struct built {
        uint8_t data[FRAME_MAX];
        size_t length;
};

/* What the maps say. */

static void read_class(const struct fixture *f, uint32_t class, struct lanscope_class_counters *ret) {
        static struct lanscope_class_counters values[MAX_CPUS];

        assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(f->programs->maps.class_counters), &class, values), 0);
        *ret = (struct lanscope_class_counters) { 0 };
        for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++) {
                ret->frames += values[cpu].frames;
                ret->rate_limited += values[cpu].rate_limited;
        }
}

static void read_counters(const struct fixture *f, struct lanscope_counters *ret) {
        static struct lanscope_processor values[MAX_CPUS];
        uint32_t zero = 0;

        assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(f->programs->maps.processors), &zero, values), 0);
        *ret = (struct lanscope_counters) { 0 };
        for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++) {
                ret->packets += values[cpu].counters.packets;
                ret->bytes += values[cpu].counters.bytes;
                ret->truncated += values[cpu].counters.truncated;
                ret->presence_full += values[cpu].counters.presence_full;
                ret->ring_full += values[cpu].counters.ring_full;
        }
}

static int run_with_context(const struct bpf_program *program, const void *frame, size_t length, struct __sk_buff *context) {
        uint8_t out[FRAME_MAX + 256];
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = (uint32_t) length, .data_out = out,
                    .data_size_out = sizeof out, .ctx_in = context, .ctx_size_in = context ? sizeof *context : 0);

        assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program), &options), 0);
        /* Whatever was decided, the frame has not been touched. */
        assert_int_equal(options.data_size_out, length);
        assert_memory_equal(out, frame, length);
        return (int) options.retval;
}

/* Copies are the frame's own bytes. */
static int remember(void *userdata, void *data, size_t size) {
        struct fixture *f = userdata;

        memcpy(&f->last, data, sizeof f->last);
        assert_true(f->last.captured <= size - sizeof f->last);
        if (f->sent && f->last.type == LANSCOPE_RECORD_FRAME)
                assert_memory_equal((uint8_t *) data + sizeof f->last, f->sent, f->last.captured);
        return 0;
}

static int run(const struct bpf_program *program, const void *frame, size_t length) {
        return run_with_context(program, frame, length, NULL);
}

/* The class that one program gave the frame. Frames over the rate count as well: the decision is the same. */
static enum lanscope_class class_in_kernel(const struct fixture *f, const struct bpf_program *program, const void *frame,
                                           size_t length) {
        struct lanscope_class_counters before[LANSCOPE_CLASS_MAX], after;
        enum lanscope_class found = LANSCOPE_NONE;

        for (uint32_t class = 0; class < LANSCOPE_CLASS_MAX; class++)
                read_class(f, class, &before[class]);
        run(program, frame, length);
        ring_buffer__consume(f->ring);
        for (uint32_t class = 0; class < LANSCOPE_CLASS_MAX; class++) {
                read_class(f, class, &after);
                if (after.frames + after.rate_limited != before[class].frames + before[class].rate_limited) {
                        assert_int_equal(found, LANSCOPE_NONE);
                        found = (enum lanscope_class) class;
                }
        }
        return found;
}

/* The same question to the decoder. */

static enum lanscope_class class_of_udp(const struct packet *p) {
        static const uint16_t ports[] = { 67, 68, 137, 138, 546, 547, 1900, 3702, 4011, 5353, 5355 };

        for (size_t i = 0; i < ELEMENTSOF(ports); i++)
                if (p->destination_port == ports[i])
                        return LANSCOPE_DISCOVERY;
        if (p->destination_port == 53)
                return LANSCOPE_DNS;
        for (size_t i = 0; i < ELEMENTSOF(ports); i++)
                if (p->source_port == ports[i])
                        return LANSCOPE_DISCOVERY;
        if (p->source_port == 53)
                return LANSCOPE_DNS;
        return cursor_left(&p->payload) >= 12 && memcmp(p->payload.data, "HTTP/1.", 7) == 0 ? LANSCOPE_DISCOVERY : LANSCOPE_NONE;
}

static enum lanscope_class class_of_icmp6(const struct packet *p) {
        uint8_t type = cursor_left(&p->payload) > 0 ? p->payload.data[0] : 0;

        return (type >= 130 && type <= 137) || type == 143 ? LANSCOPE_DISCOVERY : LANSCOPE_NONE;
}

static enum lanscope_class class_of_sctp(const struct packet *p) {
        uint8_t chunk = cursor_left(&p->payload) > 12 ? p->payload.data[12] : 0;

        return chunk == 1 || chunk == 2 ? LANSCOPE_HANDSHAKE : LANSCOPE_NONE;
}

static enum lanscope_class class_of_packet(const struct packet *p) {
        switch (p->layer) {
        case LAYER_ETHERTYPE:
                return p->network_type == 0x0806 || p->network_type == 0x8035 || p->network_type == 0x88cc || p->network_type == 0x888e ?
                               LANSCOPE_DISCOVERY : LANSCOPE_NONE;
        case LAYER_LLC_SNAP:
                return p->snap_oui == 0x00000c ? LANSCOPE_DISCOVERY : LANSCOPE_NONE;
        case LAYER_ICMP6:
                return class_of_icmp6(p);
        case LAYER_UDP:
                return class_of_udp(p);
        case LAYER_TCP:
                return p->tcp_flags & TCP_SYN ? LANSCOPE_HANDSHAKE : LANSCOPE_NONE;
        case LAYER_IP:
                return p->ip_protocol == IPPROTO_SCTP ? class_of_sctp(p) : p->ip_protocol == 2 ? LANSCOPE_DISCOVERY : LANSCOPE_NONE;
        case LAYER_NONE:
        case LAYER_LLC:
        case LAYER_ICMP:
        case _LAYER_MAX:
                break;
        }
        return LANSCOPE_NONE;
}

static enum lanscope_class class_in_userspace(const struct fixture *f, const void *data, size_t length) {
        struct frame frame = { .ts = 1, .linktype = 1, .captured = (uint32_t) length, .length = (uint32_t) length, .data = data };
        struct packet packet;

        return packet_decode(f->decoder, &frame, &packet) > 0 ? class_of_packet(&packet) : LANSCOPE_NONE;
}

/* Frames to order. */

static void add(struct built *b, const void *data, size_t length) {
        assert_true(b->length + length <= sizeof b->data);
        memcpy(b->data + b->length, data, length);
        b->length += length;
}

static void add_be16(struct built *b, uint16_t value) {
        add(b, (uint8_t[]) { (uint8_t) (value >> 8), (uint8_t) value }, 2);
}

static void begin(struct built *b, uint16_t type) {
        static const uint8_t addresses[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };

        *b = (struct built) { .length = 0 };
        add(b, addresses, sizeof addresses);
        add_be16(b, type);
}

/* IPv4 from 192.0.2.1 to 192.0.2.2 with `options` bytes of NOP; `length` of what follows. */
static void add_ipv4(struct built *b, uint8_t protocol, uint16_t fragment, unsigned options, size_t length) {
        add(b, (uint8_t[]) { (uint8_t) (0x45 + options / 4), 0 }, 2);
        add_be16(b, (uint16_t) (20 + options + length));
        add_be16(b, 77);
        add_be16(b, fragment);
        add(b, (uint8_t[]) { 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2 }, 12);
        for (unsigned i = 0; i < options; i++)
                add(b, (uint8_t[]) { 1 }, 1);
}

static void add_ipv6(struct built *b, uint8_t next, size_t length) {
        static const uint8_t addresses[32] = { 0xfe, 0x80, [15] = 1, [16] = 0xfe, 0x80, [31] = 2 };

        add(b, (uint8_t[]) { 0x60, 0, 0, 0 }, 4);
        add_be16(b, (uint16_t) length);
        add(b, (uint8_t[]) { next, 255 }, 2);
        add(b, addresses, sizeof addresses);
}

static void add_udp(struct built *b, uint16_t source, uint16_t destination, uint16_t payload) {
        add_be16(b, source);
        add_be16(b, destination);
        add_be16(b, (uint16_t) (8 + payload));
        add_be16(b, 0);
        for (uint16_t i = 0; i < payload; i++)
                add(b, (uint8_t[]) { 0 }, 1);
}

static void udp4(struct built *b, uint16_t source, uint16_t destination) {
        begin(b, 0x0800);
        add_ipv4(b, 17, 0, 0, 28);
        add_udp(b, source, destination, 20);
}

static void add_be32(struct built *b, uint32_t value) {
        add_be16(b, (uint16_t) (value >> 16));
        add_be16(b, (uint16_t) value);
}

static void add_segment(struct built *b, uint16_t source, uint16_t destination, uint32_t sequence, uint8_t flags) {
        add_be16(b, source);
        add_be16(b, destination);
        add_be32(b, sequence);
        add(b, (uint8_t[]) { 0, 0, 0, 2, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0 }, 12);
}

static void add_tcp(struct built *b, uint8_t flags) {
        add_segment(b, 40000, 443, 1, flags);
}

static void add_bytes(struct built *b, size_t n) {
        for (size_t i = 0; i < n; i++)
                add(b, (uint8_t[]) { (uint8_t) i }, 1);
}

static void add_icmp6(struct built *b, uint8_t type) {
        add(b, (uint8_t[24]) { type }, 24);
}

static void arp(struct built *b) {
        add(b, (uint8_t[28]) { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 0, 2, 1, [24] = 192, 0, 2, 2 }, 28);
}

/* Kernel and userspace agree with each other and with `expected`, whichever program is asked. */
static void assert_class(const struct fixture *f, const struct built *b, enum lanscope_class expected) {
        assert_int_equal(class_in_kernel(f, f->programs->progs.lanscope_xdp, b->data, b->length), expected);
        assert_int_equal(class_in_kernel(f, f->programs->progs.lanscope_in, b->data, b->length), expected);
        assert_int_equal(class_in_kernel(f, f->programs->progs.lanscope_out, b->data, b->length), expected);
}

static void assert_both(const struct fixture *f, const struct built *b, enum lanscope_class expected) {
        assert_class(f, b, expected);
        assert_int_equal(class_in_userspace(f, b->data, b->length), expected);
}

static void ethertypes_of_interest_are_taken(void **state) {
        static const struct {
                uint16_t type;
                enum lanscope_class class;
        } cases[] = {
                { 0x88cc, LANSCOPE_DISCOVERY }, { 0x888e, LANSCOPE_DISCOVERY }, { 0x8035, LANSCOPE_DISCOVERY },
                { 0x8863, LANSCOPE_NONE }, { 0x8864, LANSCOPE_CARRIER },      { 0x22f0, LANSCOPE_NONE },
        };
        struct fixture *f = *state;
        struct built b;

        begin(&b, 0x0806);
        arp(&b);
        assert_both(f, &b, LANSCOPE_DISCOVERY);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                begin(&b, cases[i].type);
                add(&b, (uint8_t[46]) { 2, 7, 4, 2, 0, 0, 0, 0, 1 }, 46);
                assert_class(f, &b, cases[i].class);
        }
}

static enum lanscope_class class_in_kernel_of_port(const struct fixture *f, uint16_t port) {
        struct built b;

        udp4(&b, 40000, port);
        return class_in_kernel(f, f->programs->progs.lanscope_in, b.data, b.length);
}

static void every_port_of_either_side_is_judged_alike(void **state) {
        struct fixture *f = *state;
        unsigned taken = 0;
        struct built b;

        /* Ports of tunnels are left out: the decoder looks into those. */
        for (unsigned port = 1; port < 6000; port++) {
                enum lanscope_class expected;

                if (class_in_kernel_of_port(f, (uint16_t) port) == LANSCOPE_CARRIER)
                        continue;
                udp4(&b, 40000, (uint16_t) port);
                expected = class_in_userspace(f, b.data, b.length);
                assert_int_equal(class_in_kernel(f, f->programs->progs.lanscope_in, b.data, b.length), expected);
                taken += expected != LANSCOPE_NONE;
                udp4(&b, (uint16_t) port, 40000);
                expected = class_in_userspace(f, b.data, b.length);
                assert_int_equal(class_in_kernel(f, f->programs->progs.lanscope_in, b.data, b.length), expected);
                taken += expected != LANSCOPE_NONE;
        }
        assert_int_equal(taken, 2 * 12);
}

static void discovery_goes_before_dns(void **state) {
        struct fixture *f = *state;
        struct built b;

        udp4(&b, 53, 5353);
        assert_both(f, &b, LANSCOPE_DISCOVERY);
        udp4(&b, 5353, 53);
        assert_both(f, &b, LANSCOPE_DNS);
}

static void tags_are_looked_behind(void **state) {
        static const uint16_t outer[] = { 0x8100, 0x88a8 };
        struct fixture *f = *state;
        struct built b;

        for (size_t i = 0; i < ELEMENTSOF(outer); i++) {
                begin(&b, outer[i]);
                add_be16(&b, 0x2064);
                add_be16(&b, 0x0806);
                arp(&b);
                assert_both(f, &b, LANSCOPE_DISCOVERY);
                begin(&b, outer[i]);
                add_be16(&b, 100);
                add_be16(&b, 0x8100);
                add_be16(&b, 200);
                add_be16(&b, 0x0800);
                add_ipv4(&b, 17, 0, 0, 28);
                add_udp(&b, 68, 67, 20);
                assert_both(f, &b, LANSCOPE_DISCOVERY);
        }
}

static void handshakes_are_taken_and_data_is_not(void **state) {
        struct fixture *f = *state;
        struct built b;

        for (unsigned flags = 0; flags < 64; flags++) {
                begin(&b, 0x0800);
                add_ipv4(&b, 6, 0, 0, 20);
                add_tcp(&b, (uint8_t) flags);
                assert_both(f, &b, flags & TCP_SYN ? LANSCOPE_HANDSHAKE : LANSCOPE_NONE);
        }
}

static void options_do_not_shift_the_ports(void **state) {
        struct fixture *f = *state;
        struct built b;

        for (unsigned options = 0; options <= 40; options += 4) {
                begin(&b, 0x0800);
                add_ipv4(&b, 17, 0, options, 28);
                add_udp(&b, 40000, 1900, 20);
                assert_both(f, &b, LANSCOPE_DISCOVERY);
                begin(&b, 0x0800);
                add_ipv4(&b, 17, 0, options, 28);
                add_udp(&b, 40000, 1901, 20);
                assert_both(f, &b, LANSCOPE_NONE);
        }
}

static void header_shorter_than_itself_is_no_ip(void **state) {
        struct fixture *f = *state;
        struct built b;

        udp4(&b, 40000, 1900);
        b.data[14] = 0x44;
        assert_both(f, &b, LANSCOPE_NONE);
        b.data[14] = 0x65;
        assert_both(f, &b, LANSCOPE_NONE);
}

static void fragments_of_udp_and_tcp_are_taken(void **state) {
        struct fixture *f = *state;
        struct built b;

        /* The first one has the ports, what follows has none to tell by. */
        begin(&b, 0x0800);
        add_ipv4(&b, 17, 0x2000, 0, 28);
        add_udp(&b, 40000, 5353, 20);
        assert_class(f, &b, LANSCOPE_DISCOVERY);
        begin(&b, 0x0800);
        add_ipv4(&b, 17, 0x2000, 0, 28);
        add_udp(&b, 40000, 9, 20);
        assert_class(f, &b, LANSCOPE_NONE);
        begin(&b, 0x0800);
        add_ipv4(&b, 17, 0x2010, 0, 28);
        add_udp(&b, 0, 0, 20);
        assert_class(f, &b, LANSCOPE_FRAGMENT);
        begin(&b, 0x0800);
        add_ipv4(&b, 6, 0x2010, 0, 28);
        add_udp(&b, 0, 0, 20);
        assert_class(f, &b, LANSCOPE_FRAGMENT);
        begin(&b, 0x0800);
        add_ipv4(&b, 1, 0x2010, 0, 28);
        add_udp(&b, 0, 0, 20);
        assert_class(f, &b, LANSCOPE_NONE);
        begin(&b, 0x86dd);
        add_ipv6(&b, 44, 36);
        add(&b, (uint8_t[]) { 17, 0, 0x01, 0x01, 0, 0, 0, 9 }, 8);
        add_udp(&b, 0, 0, 20);
        assert_class(f, &b, LANSCOPE_FRAGMENT);
        begin(&b, 0x86dd);
        add_ipv6(&b, 44, 36);
        add(&b, (uint8_t[]) { 17, 0, 0x00, 0x01, 0, 0, 0, 9 }, 8);
        add_udp(&b, 547, 546, 20);
        assert_class(f, &b, LANSCOPE_DISCOVERY);
}

static void icmp6_of_neighbours_is_taken(void **state) {
        struct fixture *f = *state;
        struct built b;

        for (unsigned type = 0; type < 256; type++) {
                begin(&b, 0x86dd);
                add_ipv6(&b, 58, 24);
                add_icmp6(&b, (uint8_t) type);
                assert_class(f, &b, class_in_userspace(f, b.data, b.length));
                assert_class(f, &b, (type >= 130 && type <= 137) || type == 143 ? LANSCOPE_DISCOVERY : LANSCOPE_NONE);
        }
}

static void associations_that_begin_are_taken(void **state) {
        struct fixture *f = *state;
        struct built b;

        for (unsigned type = 0; type < 256; type++) {
                begin(&b, 0x0800);
                add_ipv4(&b, IPPROTO_SCTP, 0, 0, 32);
                add(&b, (uint8_t[32]) { 0xc3, 0x50, 0x0b, 0x59, [12] = (uint8_t) type, [15] = 20 }, 32);
                assert_both(f, &b, type == 1 || type == 2 ? LANSCOPE_HANDSHAKE : LANSCOPE_NONE);
        }
        /* Too short to tell. */
        begin(&b, 0x0800);
        add_ipv4(&b, IPPROTO_SCTP, 0, 0, 12);
        add(&b, (uint8_t[12]) { 0xc3, 0x50, 0x0b, 0x59 }, 12);
        assert_both(f, &b, LANSCOPE_NONE);
}

static void extension_headers_are_looked_behind(void **state) {
        struct fixture *f = *state;
        struct built b;

        /* Hop-by-hop with a router alert, as MLD has it. */
        begin(&b, 0x86dd);
        add_ipv6(&b, 0, 32);
        add(&b, (uint8_t[]) { 58, 0, 5, 2, 0, 0, 1, 0 }, 8);
        add_icmp6(&b, 143);
        assert_both(f, &b, LANSCOPE_DISCOVERY);
        /* Hop-by-hop, destination options of 16 bytes, routing, UDP. */
        begin(&b, 0x86dd);
        add_ipv6(&b, 0, 8 + 16 + 8 + 28);
        add(&b, (uint8_t[]) { 60, 0, 1, 4, 0, 0, 0, 0 }, 8);
        add(&b, (uint8_t[16]) { 43, 1, 1, 12 }, 16);
        add(&b, (uint8_t[]) { 17, 0, 0, 0, 0, 0, 0, 0 }, 8);
        add_udp(&b, 5353, 5353, 20);
        assert_both(f, &b, LANSCOPE_DISCOVERY);
}

static void carriers_are_taken(void **state) {
        static const uint8_t protocols[] = { 4, 41, 47, 97, 137 };
        static const uint16_t ports[] = { 4789, 6081, 8472, 3544 };
        struct fixture *f = *state;
        struct built b;

        for (size_t i = 0; i < ELEMENTSOF(protocols); i++) {
                begin(&b, 0x0800);
                add_ipv4(&b, protocols[i], 0, 0, 20);
                add_tcp(&b, 0);
                assert_class(f, &b, LANSCOPE_CARRIER);
        }
        for (size_t i = 0; i < ELEMENTSOF(ports); i++) {
                udp4(&b, 40000, ports[i]);
                assert_class(f, &b, LANSCOPE_CARRIER);
        }
}

static void cisco_snap_is_taken(void **state) {
        struct fixture *f = *state;
        struct built b;

        begin(&b, 46);
        add(&b, (uint8_t[46]) { 0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 0x00, 2, 180 }, 46);
        assert_class(f, &b, LANSCOPE_DISCOVERY);
        begin(&b, 46);
        add(&b, (uint8_t[46]) { 0x42, 0x42, 0x03, 0, 0, 0 }, 46); /* spanning tree */
        assert_class(f, &b, LANSCOPE_NONE);
}

/* A cut may end a frame anywhere; the programs must stand it. Only what is left decides. */
static void every_cut_is_survived(void **state) {
        struct fixture *f = *state;
        struct built b;

        udp4(&b, 40000, 1900);
        /* The test facility wants a byte behind the Ethernet header, and for TC an IP header in whole. */
        for (size_t n = 15; n <= b.length; n++) {
                enum lanscope_class expected = n >= 14 + 20 + 4 ? LANSCOPE_DISCOVERY : LANSCOPE_NONE;

                assert_int_equal(class_in_kernel(f, f->programs->progs.lanscope_xdp, b.data, n), expected);
                if (n >= 14 + 20)
                        assert_int_equal(class_in_kernel(f, f->programs->progs.lanscope_in, b.data, n), expected);
        }
}

static void frames_go_on(void **state) {
        struct fixture *f = *state;
        struct built b;

        udp4(&b, 40000, 1900);
        assert_int_equal(run(f->programs->progs.lanscope_xdp, b.data, b.length), 2 /* XDP_PASS */);
        assert_int_equal(run(f->programs->progs.lanscope_in, b.data, b.length), -1 /* TC_ACT_UNSPEC */);
        assert_int_equal(run(f->programs->progs.lanscope_out, b.data, b.length), -1);
}

/* A super-packet of three segments: three packets, and the headers of each. */
static void segments_are_counted(void **state) {
        struct fixture *f = *state;
        struct lanscope_counters before, after;
        struct __sk_buff context = { .gso_segs = 3, .gso_size = 700 };
        struct built b;

        begin(&b, 0x0800);
        add_ipv4(&b, 6, 0, 0, 20 + 2100);
        add_tcp(&b, TCP_ACK);
        for (unsigned i = 0; i < 2100; i++)
                add(&b, (uint8_t[]) { 0 }, 1);
        read_counters(f, &before);
        run_with_context(f->programs->progs.lanscope_in, b.data, b.length, &context);
        read_counters(f, &after);
        assert_int_equal(after.packets - before.packets, 3);
        assert_int_equal(after.bytes - before.bytes, 2100 + 3 * (14 + 20 + 20));
}

static void long_frame_is_cut_and_counted(void **state) {
        struct fixture *f = *state;
        struct lanscope_counters before, after;
        struct built b;

        begin(&b, 0x0800);
        add_ipv4(&b, 17, 0, 0, 8 + 2500);
        add_udp(&b, 5353, 5353, 2500);
        read_counters(f, &before);
        assert_class(f, &b, LANSCOPE_DISCOVERY);
        read_counters(f, &after);
        assert_int_equal(after.truncated - before.truncated, 3);
        assert_int_equal(after.bytes - before.bytes, 3 * (14 + 20 + 8 + 2500));
}

static void presence_has_both_directions(void **state) {
        struct fixture *f = *state;
        struct lanscope_presence_key sender = { .mac = { 2, 0, 0, 0, 9, 1 }, .vlan = 100 },
                                     receiver = { .mac = { 2, 0, 0, 0, 9, 2 }, .vlan = 100 };
        struct lanscope_presence p;
        struct built b;
        int map = bpf_map__fd(f->programs->maps.presence_a);

        begin(&b, 0x8100);
        memcpy(b.data, receiver.mac, 6);
        memcpy(b.data + 6, sender.mac, 6);
        add_be16(&b, 100);
        add_be16(&b, 0x0806);
        arp(&b);
        run(f->programs->progs.lanscope_in, b.data, b.length);
        run(f->programs->progs.lanscope_in, b.data, b.length);
        assert_int_equal(bpf_map_lookup_elem(map, &sender, &p), 0);
        assert_int_equal(p.packets_sent, 2);
        assert_int_equal(p.bytes_sent, 2 * b.length);
        assert_int_equal(p.packets_received, 0);
        assert_true(p.first > 0 && p.last >= p.first);
        assert_int_equal(bpf_map_lookup_elem(map, &receiver, &p), 0);
        assert_int_equal(p.packets_sent, 0);
        assert_int_equal(p.packets_received, 2);
        assert_int_equal(p.first, 0);
}

static void group_addresses_are_no_devices(void **state) {
        struct fixture *f = *state;
        struct lanscope_presence_key group = { .mac = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
        struct lanscope_presence p;
        struct built b;

        begin(&b, 0x0806);
        memcpy(b.data, group.mac, 6);
        memcpy(b.data + 6, group.mac, 6);
        arp(&b);
        run(f->programs->progs.lanscope_in, b.data, b.length);
        assert_true(bpf_map_lookup_elem(bpf_map__fd(f->programs->maps.presence_a), &group, &p) < 0);
}

/* 20,000 made-up addresses: the map is bounded and what it could not hold is counted; one that was in it
 * before is still counted. */
static void presence_overflow_is_counted(void **state) {
        struct fixture *f = *state;
        struct lanscope_counters before, after;
        struct built b;

        begin(&b, 0x22f0);
        add(&b, (uint8_t[46]) { 0 }, 46);
        read_counters(f, &before);
        for (uint32_t i = 0; i < 20000; i++) {
                b.data[8] = 0x77;
                memcpy(b.data + 9, &i, 3);
                run(f->programs->progs.lanscope_in, b.data, b.length);
        }
        read_counters(f, &after);
        assert_int_equal(after.packets - before.packets, 20000);
        assert_in_range(after.presence_full - before.presence_full, 20000 - 8192, 20000 - 8192 + 64);
}

/* A floods: it is held to its share. B's frames pass all the same, and so do A's of another class. */
static void flood_silences_only_the_flooder(void **state) {
        struct fixture *f = *state;
        struct lanscope_class_counters before, after;
        struct built a, b;

        begin(&a, 0x0806);
        arp(&a);
        a.data[11] = 0xaa;
        b = a;
        b.data[11] = 0xbb;
        read_class(f, LANSCOPE_DISCOVERY, &before);
        for (unsigned i = 0; i < 20000; i++)
                run(f->programs->progs.lanscope_in, a.data, a.length);
        read_class(f, LANSCOPE_DISCOVERY, &after);
        assert_int_equal(after.frames - before.frames + after.rate_limited - before.rate_limited, 20000);
        /* Its burst, and what trickled in meanwhile. */
        assert_in_range(after.frames - before.frames, 400, 4000);
        before = after;
        for (unsigned i = 0; i < 50; i++)
                run(f->programs->progs.lanscope_in, b.data, b.length);
        read_class(f, LANSCOPE_DISCOVERY, &after);
        assert_int_equal(after.rate_limited, before.rate_limited);
        assert_int_equal(after.frames - before.frames, 50);
        begin(&a, 0x0800);
        add_ipv4(&a, 6, 0, 0, 20);
        add_tcp(&a, TCP_SYN);
        a.data[11] = 0xaa;
        read_class(f, LANSCOPE_HANDSHAKE, &before);
        run(f->programs->progs.lanscope_in, a.data, a.length);
        read_class(f, LANSCOPE_HANDSHAKE, &after);
        assert_int_equal(after.frames - before.frames, 1);
}

/* As lanscope.bpf.c has it. */
enum { LOOKS = 256, LOOK_TICKS = 32, LOOKS_AT_ONCE = 8192 };

struct look {
        uint32_t tag, next;
};

static uint64_t now_by(clockid_t clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}

/* How many looks were taken since then, of all processors, and from how many of their places. */
static unsigned count_looks(const struct fixture *f, uint64_t since, unsigned *ret_places) {
        static struct look values[MAX_CPUS][LOOKS];
        uint32_t zero = 0, begin = (uint32_t) (since >> LANSCOPE_TICK_SHIFT);
        unsigned n = 0;

        *ret_places = 0;
        assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(f->programs->maps.looks), &zero, values), 0);
        for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++)
                for (unsigned i = 0; i < LOOKS; i++) {
                        int32_t ahead = (int32_t) (values[cpu][i].next - begin);

                        if (values[cpu][i].tag == 0 || ahead <= 0)
                                continue;
                        n += (unsigned) ahead / LOOK_TICKS;
                        ++*ret_places;
                }
        return n;
}

static void run_often(const struct bpf_program *program, const struct built *b, int times) {
        uint8_t out[FRAME_MAX + 256];
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = b->data, .data_size_in = (uint32_t) b->length, .data_out = out,
                    .data_size_out = sizeof out, .repeat = times);

        assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program), &options), 0);
}

static void stay_here(cpu_set_t *ret_before) {
        cpu_set_t here;

        CPU_ZERO(&here);
        CPU_SET((unsigned) sched_getcpu(), &here);
        assert_int_equal(sched_getaffinity(0, sizeof *ret_before, ret_before), 0);
        assert_int_equal(sched_setaffinity(0, sizeof here, &here), 0);
}

/* A sends SYNs faster than they are looked at: what is beyond its share counts as held back and no more. Whoever else says
 * something meanwhile, from the same maker or A itself something else, is looked at, and so is A a moment later. */
static void flood_of_syns_is_looked_at_now_and_then(void **state) {
        enum { FLOOD = 200000, OTHERS = 64 };
        struct fixture *f = *state;
        struct lanscope_class_counters before, after;
        unsigned looks, places;
        struct built a, b;
        cpu_set_t before_here;
        uint64_t begun, later;

        stay_here(&before_here);
        begin(&a, 0x0800);
        add_ipv4(&a, 6, 0, 0, 20);
        add_tcp(&a, TCP_SYN);
        a.data[11] = 0xaa;
        read_class(f, LANSCOPE_HANDSHAKE, &before);
        begun = now_by(CLOCK_MONOTONIC_COARSE);
        run_often(f->programs->progs.lanscope_in, &a, FLOOD);
        later = now_by(CLOCK_MONOTONIC);
        read_class(f, LANSCOPE_HANDSHAKE, &after);
        assert_int_equal(after.frames - before.frames + after.rate_limited - before.rate_limited, FLOOD);
        assert_in_range(after.frames - before.frames, 1000, 1000 + FLOOD / 100); /* two seconds' worth, and what time brought */
        looks = count_looks(f, begun, &places);
        print_message("%u of %u looked at in %.1f ms\n", looks, FLOOD, (double) (later - begun) / 1e6);
        assert_int_equal(places, 1);
        assert_in_range(looks, LOOKS_AT_ONCE, LOOKS_AT_ONCE + 2 + (later - begun) / LOOK_TICKS / (1 << LANSCOPE_TICK_SHIFT));
        before = after;
        b = a;
        for (unsigned i = 0; i < OTHERS; i++) {
                b.data[11] = (uint8_t) i;
                run_often(f->programs->progs.lanscope_in, &a, 100);
                run(f->programs->progs.lanscope_in, b.data, b.length);
        }
        read_class(f, LANSCOPE_HANDSHAKE, &after);
        assert_in_range(after.frames - before.frames, OTHERS, OTHERS + FLOOD / 100);
        assert_in_range(after.rate_limited - before.rate_limited, 1, 100 * OTHERS);
        count_looks(f, begun, &places);
        assert_in_range(places, OTHERS / 2, OTHERS + 1); /* few meet at one */
        begin(&b, 0x0806);
        arp(&b);
        b.data[11] = 0xaa;
        assert_int_equal(class_in_kernel(f, f->programs->progs.lanscope_in, b.data, b.length), LANSCOPE_DISCOVERY);
        later = now_by(CLOCK_MONOTONIC) + 50000000;
        while (now_by(CLOCK_MONOTONIC_COARSE) < later)
                usleep(1000);
        read_class(f, LANSCOPE_HANDSHAKE, &before);
        run(f->programs->progs.lanscope_in, a.data, a.length);
        read_class(f, LANSCOPE_HANDSHAKE, &after);
        assert_int_equal(after.frames - before.frames, 1);
        assert_int_equal(sched_setaffinity(0, sizeof before_here, &before_here), 0);
}

/* A flood whose every frame has a new address gets no further than all newcomers together may. */
static void invented_sources_share_one_limit(void **state) {
        struct fixture *f = *state;
        struct lanscope_class_counters before, after;
        struct built b;

        begin(&b, 0x888e);
        add(&b, (uint8_t[46]) { 0 }, 46);
        read_class(f, LANSCOPE_DISCOVERY, &before);
        for (uint32_t i = 0; i < 30000; i++) {
                b.data[8] = 0x55;
                memcpy(b.data + 9, &i, 3);
                run(f->programs->progs.lanscope_in, b.data, b.length);
        }
        read_class(f, LANSCOPE_DISCOVERY, &after);
        assert_in_range(after.frames - before.frames, 1000, 15000);
        assert_true(after.rate_limited - before.rate_limited > 10000);
}

/* The first payload of flows. */

enum { FIRST_BYTES = 16384, HEADERS = 14 + 20 + 20 };

/* A segment from 40000 to 443, or back. */
static void segment(struct built *b, bool back, uint32_t sequence, uint8_t flags, uint16_t payload) {
        static const uint8_t back_addresses[8] = { 192, 0, 2, 2, 192, 0, 2, 1 };
        static const uint8_t back_macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };

        begin(b, 0x0800);
        add_ipv4(b, 6, 0, 0, 20u + payload);
        if (back) {
                memcpy(b->data, back_macs, sizeof back_macs);
                memcpy(b->data + 26, back_addresses, sizeof back_addresses);
        }
        add_segment(b, back ? 443 : 40000, back ? 40000 : 443, sequence, flags);
        add_bytes(b, payload);
}

/* How many bytes of the frame the program copied; 0 it did not. */
static uint32_t copied(struct fixture *f, const struct bpf_program *program, const struct built *b) {
        enum lanscope_class class;

        f->last = (struct lanscope_record) { 0 };
        f->sent = b->data;
        class = class_in_kernel(f, program, b->data, b->length);
        f->sent = NULL;
        if (class == LANSCOPE_NONE)
                return 0;
        assert_int_equal(f->last.class, class);
        assert_int_equal(f->last.length, b->length);
        return f->last.captured;
}

static uint32_t copied_segment(struct fixture *f, bool back, uint32_t sequence, uint16_t payload) {
        struct built b;

        segment(&b, back, sequence, TCP_ACK, payload);
        return copied(f, f->programs->progs.lanscope_in, &b);
}

static void each_direction_has_its_first_bytes(void **state) {
        struct fixture *f = *state;

        for (unsigned back = 0; back < 2; back++) {
                uint32_t sequence = 0xfffff000; /* they wrap around */
                unsigned taken = 0;

                for (unsigned i = 0; i < 20; i++, sequence += 1460)
                        taken += copied_segment(f, back, sequence, 1460) > 0;
                assert_int_equal(taken, FIRST_BYTES / 1460 + 1);
        }
        assert_int_equal(copied_segment(f, false, 1, 0), 0);
}

static void copy_ends_with_the_first_bytes(void **state) {
        struct fixture *f = *state;

        assert_int_equal(copied_segment(f, false, 1, 2800), HEADERS + 2800); /* longer than other classes' copies */
        assert_int_equal(copied_segment(f, false, 1 + FIRST_BYTES - 100, 2800), HEADERS + 100);
        assert_int_equal(copied_segment(f, false, 1 + FIRST_BYTES, 2800), 0);
}

/* One that begins with `bytes`. */
static uint32_t copied_bytes(struct fixture *f, const struct bpf_program *program, uint32_t sequence, const uint8_t *bytes, size_t n,
                             uint16_t payload) {
        struct built b;

        segment(&b, true, sequence, TCP_ACK, payload);
        if (n > 0)
                memcpy(b.data + HEADERS, bytes, n);
        return copied(f, program, &b);
}

/* A ServerHello of 90 bytes, ChangeCipherSpec; then application data of 5000. */
static const uint8_t server_hello[] = { 22, 3, 3, 0, 90, 2, 0, 0, 86, 3, 3 }, sealed[] = { 20, 3, 3, 0, 1, 1, 23, 3, 3, 0x13, 0x88 };

enum { HELLO = 5 + 90, SEALED = 6 + 5 };

static void copy_ends_where_tls_goes_on_encrypted(void **state) {
        struct fixture *f = *state;
        const struct bpf_program *programs[] = { f->programs->progs.lanscope_in, f->programs->progs.lanscope_xdp };

        for (size_t i = 0; i < ELEMENTSOF(programs); i++) {
                uint32_t begin = 1000 + (uint32_t) i * 1000000;
                uint8_t flight[HELLO + SEALED] = { 0 };
                struct built b;

                memcpy(flight, server_hello, sizeof server_hello);
                memcpy(flight + HELLO, sealed, sizeof sealed);
                segment(&b, true, begin - 1, TCP_SYN | TCP_ACK, 0);
                assert_true(copied(f, programs[i], &b) > 0);
                assert_int_equal(copied_bytes(f, programs[i], begin, flight, sizeof flight, 1460), HEADERS + HELLO + SEALED);
                assert_int_equal(copied_bytes(f, programs[i], begin + 1460, NULL, 0, 1460), 0);
                /* What was lost comes again, and is wanted. */
                assert_int_equal(copied_bytes(f, programs[i], begin, flight, sizeof flight, 1460), HEADERS + HELLO + SEALED);
        }
}

static void records_may_come_in_several_segments(void **state) {
        struct fixture *f = *state;
        const struct bpf_program *program = f->programs->progs.lanscope_in;

        assert_int_equal(copied_bytes(f, program, 1, server_hello, sizeof server_hello, 50), HEADERS + 50);
        assert_int_equal(copied_bytes(f, program, 51, NULL, 0, HELLO - 50), HEADERS + HELLO - 50);
        assert_int_equal(copied_bytes(f, program, 1 + HELLO, sealed, sizeof sealed, 1000), HEADERS + SEALED);
        assert_int_equal(copied_bytes(f, program, 1 + HELLO + 1000, NULL, 0, 1000), 0);
}

/* Nobody knows where the next record begins: all first bytes are copied. */
static void records_that_are_lost_end_nothing(void **state) {
        struct fixture *f = *state;
        const struct bpf_program *program = f->programs->progs.lanscope_in;

        /* A header in two segments. */
        assert_int_equal(copied_bytes(f, program, 1, server_hello, sizeof server_hello, HELLO + 3), HEADERS + HELLO + 3);
        assert_int_equal(copied_bytes(f, program, 1 + HELLO + 3, sealed + 3, sizeof sealed - 3, 1000), HEADERS + 1000);
        assert_int_equal(copied_bytes(f, program, 1 + HELLO + 1003, NULL, 0, 1000), HEADERS + 1000);
}

static void segments_come_again_and_mixed(void **state) {
        struct fixture *f = *state;

        assert_int_equal(copied_segment(f, false, 3001, 1000), HEADERS + 1000);
        assert_int_equal(copied_segment(f, false, 1001, 1000), HEADERS + 1000); /* before the first one seen */
        assert_int_equal(copied_segment(f, false, 3001 + FIRST_BYTES, 1000), 0);
        assert_int_equal(copied_segment(f, false, 3001, 1000), HEADERS + 1000);
        assert_int_equal(copied_segment(f, false, 3001 - FIRST_BYTES - 1, 1000), 0);
}

static void syn_begins_anew(void **state) {
        struct fixture *f = *state;
        struct built b;

        for (unsigned back = 0; back < 2; back++) {
                assert_true(copied_segment(f, back, 1, 1000) > 0);
                assert_int_equal(copied_segment(f, back, 500000, 1000), 0);
        }
        segment(&b, false, 500000, TCP_SYN, 0);
        assert_true(copied(f, f->programs->progs.lanscope_in, &b) > 0);
        for (unsigned back = 0; back < 2; back++) {
                assert_true(copied_segment(f, back, 500001, 1000) > 0);
                assert_int_equal(copied_segment(f, back, 1, 1000), 0);
        }
}

static void padding_is_no_payload(void **state) {
        struct fixture *f = *state;
        struct built b;

        segment(&b, false, 1, TCP_ACK, 0);
        add_bytes(&b, 6);
        assert_class(f, &b, LANSCOPE_NONE);
        segment(&b, false, 1, TCP_ACK, 1);
        assert_class(f, &b, LANSCOPE_STREAM);
        /* Segmentation offload leaves the length 0. */
        segment(&b, false, 1, TCP_ACK, 500);
        b.data[16] = b.data[17] = 0;
        assert_class(f, &b, LANSCOPE_STREAM);
}

static void flows_of_vlans_and_versions_are_apart(void **state) {
        struct fixture *f = *state;
        struct built b;

        for (uint32_t i = 0; i < 4; i++) {
                begin(&b, 0x88a8);
                add_be16(&b, (uint16_t) (1 + i % 2));
                add_be16(&b, 0x8100);
                add_be16(&b, (uint16_t) (1 + i / 2));
                add_be16(&b, 0x0800);
                add_ipv4(&b, 6, 0, 0, 1020);
                add_segment(&b, 40000, 443, i * 100000, TCP_ACK);
                add_bytes(&b, 1000);
                assert_int_equal(copied(f, f->programs->progs.lanscope_in, &b), b.length);
        }
        begin(&b, 0x86dd);
        add_ipv6(&b, 6, 1020);
        add_segment(&b, 40000, 443, 900000, TCP_ACK);
        add_bytes(&b, 1000);
        assert_class(f, &b, LANSCOPE_STREAM);
        begin(&b, 0x86dd);
        add_ipv6(&b, 6, 1020);
        add_segment(&b, 40000, 443, 900000 + FIRST_BYTES, TCP_ACK);
        add_bytes(&b, 1000);
        assert_class(f, &b, LANSCOPE_NONE);
}

/* 20000 flows in a moment: the source has its share, and the next source's flows are taken all the same. */
static void flood_of_flows_is_held_back(void **state) {
        struct fixture *f = *state;
        struct lanscope_class_counters stream, flow, discovery;
        struct built b;

        segment(&b, false, 1, TCP_ACK, 100);
        for (uint32_t i = 0; i < 20000; i++) {
                memcpy(b.data + 28, &i, 2); /* the source's address */
                run(f->programs->progs.lanscope_in, b.data, b.length);
        }
        read_class(f, LANSCOPE_STREAM, &stream);
        read_class(f, LANSCOPE_FLOW, &flow);
        assert_in_range(stream.frames, 500, 4000);
        assert_int_equal(flow.frames, 0);
        assert_true(flow.rate_limited + stream.rate_limited >= 16000);
        ring_buffer__consume(f->ring);
        b.data[11] = 0xbb;
        b.data[26] = 193;
        assert_true(copied(f, f->programs->progs.lanscope_in, &b) > 0);
        udp4(&b, 40000, 1900);
        assert_class(f, &b, LANSCOPE_DISCOVERY);
        read_class(f, LANSCOPE_DISCOVERY, &discovery);
        assert_int_equal(discovery.rate_limited, 0);
}

/* One flow that sends its beginning over and over. The ring is not read meanwhile: a part is left for others. */
static void flows_do_not_fill_the_ring(void **state) {
        struct fixture *f = *state;
        struct lanscope_class_counters before, after;
        struct lanscope_counters counters;
        struct built b;

        segment(&b, false, 1, TCP_ACK, 2800);
        for (unsigned i = 0; i < 1000; i++)
                run(f->programs->progs.lanscope_in, b.data, b.length);
        read_counters(f, &counters);
        assert_true(counters.ring_full > 800);
        read_class(f, LANSCOPE_DISCOVERY, &before);
        udp4(&b, 40000, 1900);
        for (unsigned i = 0; i < 100; i++)
                run(f->programs->progs.lanscope_in, b.data, b.length);
        read_class(f, LANSCOPE_DISCOVERY, &after);
        assert_int_equal(after.frames - before.frames, 100);
}

static void add_payload(struct built *b, uint16_t source, uint16_t destination, const void *payload, uint16_t n) {
        begin(b, 0x0800);
        add_ipv4(b, 17, 0, 0, 8u + n);
        add_udp(b, source, destination, n);
        memcpy(b->data + b->length - n, payload, n);
}

static void datagrams_are_told_by_their_content(void **state) {
        static const struct {
                uint8_t begin[12];
                enum lanscope_class class;
        } cases[] = {
                { { 0xc3, 0, 0, 0, 1, 8 }, LANSCOPE_DATAGRAM },                             /* QUIC 1 */
                { { 0xd3, 0x6b, 0x33, 0x43, 0xcf, 8 }, LANSCOPE_DATAGRAM },                 /* 2 */
                { { 0xc3, 0xff, 0, 0, 29, 8 }, LANSCOPE_DATAGRAM },                         /* draft */
                { { 0x80, 0, 0, 0, 0, 8 }, LANSCOPE_DATAGRAM },                             /* offer of versions */
                { { 0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8 }, LANSCOPE_DATAGRAM },                 /* made up */
                { { 0xc3, 'Q', '0', '5', '0', 8 }, LANSCOPE_DATAGRAM },                     /* Google's */
                { { 0x0d, 1, 2, 3, 4, 5, 6, 7, 8, 'Q', '0', '4' }, LANSCOPE_DATAGRAM },     /* Google's of old */
                { { 0x43, 0, 0, 0, 1, 8 }, LANSCOPE_NONE },                                 /* short header */
                { { 0x80, 0x60, 0x12, 0x34, 0, 0, 0, 1 }, LANSCOPE_NONE },                  /* RTP */
                { { 22, 0xfe, 0xfd, 0, 0 }, LANSCOPE_DATAGRAM },                            /* DTLS 1.2 */
                { { 22, 0xfe, 0xff, 0, 0 }, LANSCOPE_DATAGRAM },
                { { 22, 1, 0, 0, 0 }, LANSCOPE_DATAGRAM },
                { { 23, 0xfe, 0xfd, 0, 1 }, LANSCOPE_NONE },                                /* its data */
                { { 22, 3, 3, 0, 0 }, LANSCOPE_NONE },
                { "HTTP/1.1 200", LANSCOPE_DISCOVERY },                                     /* answer to a search */
                { "HTTP/2.0 200", LANSCOPE_NONE },
        };
        struct fixture *f = *state;
        struct built b;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                add_payload(&b, 40000, 50000, cases[i].begin, 12);
                assert_class(f, &b, cases[i].class);
        }
        add_payload(&b, 40000, 50000, cases[0].begin, 11);
        assert_class(f, &b, LANSCOPE_NONE);
}

static void each_flow_has_its_first_datagrams(void **state) {
        static const uint8_t hello[12] = { 0xc3, 0, 0, 0, 1, 8 };
        struct fixture *f = *state;
        unsigned taken = 0;
        struct built b;

        add_payload(&b, 40000, 443, hello, sizeof hello);
        for (unsigned i = 0; i < 50; i++)
                taken += copied(f, f->programs->progs.lanscope_in, &b) > 0;
        assert_int_equal(taken, 32);
        add_payload(&b, 40001, 443, hello, sizeof hello);
        assert_true(copied(f, f->programs->progs.lanscope_in, &b) > 0);
}

/* Real captures: whatever userspace would learn from, the kernel hands up. */

struct tally {
        unsigned frames, taken, carriers, flows, more;
};

static bool is_comparable(const struct frame *frame) {
        return frame->linktype == 1 && frame->captured == frame->length && frame->length >= 14 && frame->length <= FRAME_MAX;
}

static void compare_frame(const struct fixture *f, const char *path, const struct frame *frame, struct tally *tally) {
        enum lanscope_class kernel, user;
        struct packet packet;
        int r = packet_decode(f->decoder, frame, &packet);

        /* Fragments have a test of their own. */
        if (packet.flags & (PACKET_FRAGMENT | PACKET_REASSEMBLED))
                return;
        user = r > 0 ? class_of_packet(&packet) : LANSCOPE_NONE;
        kernel = class_in_kernel(f, f->programs->progs.lanscope_in, frame->data, frame->captured);
        tally->frames++;
        tally->taken += user != LANSCOPE_NONE;
        if (user == kernel)
                return;
        /* How much of a flow is taken has tests of its own. */
        if (user == LANSCOPE_NONE && (kernel == LANSCOPE_STREAM || kernel == LANSCOPE_DATAGRAM)) {
                tally->flows++;
                return;
        }
        /* What it carries is for userspace to find out. */
        if (kernel == LANSCOPE_CARRIER) {
                tally->carriers++;
                return;
        }
        /* What lies about its lengths may be taken in vain: whether it does is for userspace to find out. */
        if (user == LANSCOPE_NONE && r <= 0) {
                tally->more++;
                return;
        }
        fail_msg("%s frame %llu: kernel says %d, userspace %d", path, (unsigned long long) frame->number, kernel, user);
}

static void compare_file(const struct fixture *f, const char *path, struct tally *tally) {
        struct capture_file *file = NULL;
        struct frame frame;

        if (capture_file_open(path, &file) < 0)
                return;
        while (capture_file_next(file, &frame) > 0)
                if (is_comparable(&frame))
                        compare_frame(f, path, &frame, tally);
        capture_file_close(file);
}

static void compare_folder(const struct fixture *f, const char *path, unsigned depth, struct tally *tally) {
        DIR *folder = opendir(path);
        struct dirent *entry;
        char name[4096];

        while (folder && (entry = readdir(folder))) {
                snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
                if (entry->d_name[0] == '.')
                        continue;
                if (entry->d_type == DT_DIR && depth > 0)
                        compare_folder(f, name, depth - 1, tally);
                else if (strstr(entry->d_name, ".pcap"))
                        compare_file(f, name, tally);
        }
        if (folder)
                closedir(folder);
}

static void real_captures_agree(void **state) {
        const struct fixture *f = *state;
        const char *root = getenv("SOURCE_ROOT");
        struct tally tally = { 0 };
        char path[4096];

        snprintf(path, sizeof path, "%s/../shared/corpus", root ? root : ".");
        compare_folder(f, path, 2, &tally);
        if (tally.frames == 0) {
                print_message("no captures in %s\n", path);
                skip();
        }
        print_message("%u frames, %u of interest, %u of flows, %u carriers and %u malformed ones taken in vain\n", tally.frames,
                      tally.taken, tally.flows, tally.carriers, tally.more);
        assert_true(tally.taken > 0 && tally.more < tally.frames / 50);
}

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);

        *state = f;
        if (!f || !(f->programs = lanscope_bpf__open_and_load()))
                return -1;
        f->ring = ring_buffer__new(bpf_map__fd(f->programs->maps.ring), remember, f, NULL);
        return f->ring ? packet_decoder_new(&f->decoder) : -1;
}

static int teardown(void **state) {
        struct fixture *f = *state;

        ring_buffer__free(f->ring);
        lanscope_bpf__destroy(f->programs);
        packet_decoder_free(f->decoder);
        free(f);
        return 0;
}

/* On a mirror port the frames of others end here; our own and those for all go on. */
static void span_drop_stops_foreign_frames_only(void **state _unused_) {
        static const uint8_t own[6] = { 2, 0, 0, 0, 0, 0x99 };
        struct lanscope_bpf *programs = lanscope_bpf__open();
        struct built b;

        assert_non_null(programs);
        programs->rodata->span_drop = true;
        memcpy((void *) programs->rodata->own_mac, own, 6);
        assert_int_equal(lanscope_bpf__load(programs), 0);
        udp4(&b, 40000, 9);
        assert_int_equal(run(programs->progs.lanscope_xdp, b.data, b.length), 1 /* XDP_DROP */);
        assert_int_equal(run(programs->progs.lanscope_in, b.data, b.length), 2 /* TC_ACT_SHOT */);
        assert_int_equal(run(programs->progs.lanscope_out, b.data, b.length), -1);
        memcpy(b.data, own, 6);
        assert_int_equal(run(programs->progs.lanscope_xdp, b.data, b.length), 2);
        memset(b.data, 0xff, 6);
        assert_int_equal(run(programs->progs.lanscope_xdp, b.data, b.length), 2);
        lanscope_bpf__destroy(programs);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(ethertypes_of_interest_are_taken),
                CASE(every_port_of_either_side_is_judged_alike),
                CASE(discovery_goes_before_dns),
                CASE(tags_are_looked_behind),
                CASE(handshakes_are_taken_and_data_is_not),
                CASE(options_do_not_shift_the_ports),
                CASE(header_shorter_than_itself_is_no_ip),
                CASE(fragments_of_udp_and_tcp_are_taken),
                CASE(icmp6_of_neighbours_is_taken),
                CASE(associations_that_begin_are_taken),
                CASE(extension_headers_are_looked_behind),
                CASE(carriers_are_taken),
                CASE(cisco_snap_is_taken),
                CASE(every_cut_is_survived),
                CASE(frames_go_on),
                CASE(segments_are_counted),
                CASE(long_frame_is_cut_and_counted),
                CASE(presence_has_both_directions),
                CASE(group_addresses_are_no_devices),
                CASE(presence_overflow_is_counted),
                CASE(flood_silences_only_the_flooder),
                CASE(flood_of_syns_is_looked_at_now_and_then),
                CASE(invented_sources_share_one_limit),
                CASE(each_direction_has_its_first_bytes),
                CASE(copy_ends_with_the_first_bytes),
                CASE(copy_ends_where_tls_goes_on_encrypted),
                CASE(records_may_come_in_several_segments),
                CASE(records_that_are_lost_end_nothing),
                CASE(segments_come_again_and_mixed),
                CASE(syn_begins_anew),
                CASE(padding_is_no_payload),
                CASE(flows_of_vlans_and_versions_are_apart),
                CASE(flood_of_flows_is_held_back),
                CASE(flows_do_not_fill_the_ring),
                CASE(datagrams_are_told_by_their_content),
                CASE(each_flow_has_its_first_datagrams),
                CASE(real_captures_agree),
                cmocka_unit_test(span_drop_stops_foreign_frames_only),
        };

        if (!may_load_programs())
                return SKIP;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
