/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/packet/packet.h"
#include "engine/packet/fragment.h"
#include "tests/unit/frame-builder.h"

/* One table, and a datagram of 64 counted bytes that is cut in pieces. */
struct fixture {
        struct fragments *fragments;
        struct packet_counters counters;
        uint8_t bytes[64];
        struct cursor whole;
        uint8_t protocol;
};

static int set_up(void **state) {
        struct fixture *f = calloc(1, sizeof *f);

        if (!f || fragments_new(&f->fragments) < 0)
                return -1;
        for (unsigned i = 0; i < sizeof f->bytes; i++)
                f->bytes[i] = (uint8_t) i;
        *state = f;
        return 0;
}

static int tear_down(void **state) {
        struct fixture *f = *state;

        fragments_free(f->fragments);
        free(f);
        return 0;
}

static struct fragment_key make_key(uint32_t source, uint32_t id) {
        struct fragment_key key = { .family = AF_INET, .id = id, .protocol = 17 };

        memcpy(key.source, &source, sizeof source);
        return key;
}

static int add_at(struct fixture *f, uint64_t ts, uint32_t source, uint32_t id, uint32_t start, uint32_t end,
                  bool more) {
        struct fragment_key key = make_key(source, id);
        struct fragment_piece piece = { .ts = ts, .offset = start, .more = more, .protocol = 17,
                                        .data = { f->bytes + start, f->bytes + end } };

        return fragments_add(f->fragments, &key, &piece, &f->counters, &f->whole, &f->protocol);
}

static int add(struct fixture *f, uint32_t start, uint32_t end, bool more) {
        return add_at(f, 1, 1, 1, start, end, more);
}

static void assert_whole(const struct fixture *f) {
        assert_int_equal(cursor_left(&f->whole), sizeof f->bytes);
        assert_memory_equal(f->whole.data, f->bytes, sizeof f->bytes);
        assert_int_equal(f->protocol, 17);
        assert_int_equal(f->counters.reassembled, 1);
}

/* All 24 orders of four pieces. */
static void pieces_in_any_order_make_the_datagram(void **state) {
        struct fixture *f = *state;

        for (unsigned order = 0; order < 24; order++) {
                unsigned left[] = { 0, 1, 2, 3 }, n = 4, code = order;

                f->counters.reassembled = 0;
                while (n > 0) {
                        unsigned pick = code % n, piece = left[pick];

                        code /= n;
                        left[pick] = left[--n];
                        assert_int_equal(add(f, piece * 16, piece * 16 + 16, piece < 3), n == 0);
                }
                assert_whole(f);
                fragments_release(f->fragments);
        }
}

static void exact_duplicate_is_no_overlap(void **state) {
        struct fixture *f = *state;

        assert_int_equal(add(f, 0, 32, true), 0);
        assert_int_equal(add(f, 0, 32, true), 0);
        assert_int_equal(add(f, 8, 16, true), 0);
        assert_int_equal(add(f, 32, 64, false), 1);
        assert_whole(f);
        assert_int_equal(f->counters.fragments_overlapping, 0);
}

static void pieces_that_overlap_and_agree_are_joined(void **state) {
        struct fixture *f = *state;

        assert_int_equal(add(f, 8, 16, true), 0);
        assert_int_equal(add(f, 24, 32, true), 0);
        assert_int_equal(add(f, 40, 64, false), 0);
        assert_int_equal(add(f, 0, 48, true), 1);
        assert_whole(f);
        assert_int_equal(f->counters.fragments_overlapping, 0);
}

/* The datagram goes, and so does what still comes of it. */
static void contradiction_refuses_the_whole_datagram(void **state) {
        struct fixture *f = *state;

        assert_int_equal(add(f, 0, 32, true), 0);
        f->bytes[31] ^= 1;
        assert_int_equal(add(f, 24, 48, true), -EBADMSG);
        f->bytes[31] ^= 1;
        assert_int_equal(add(f, 32, 64, false), -EBADMSG);
        assert_int_equal(add(f, 0, 32, true), -EBADMSG);
        assert_int_equal(f->counters.reassembled, 0);
        assert_int_equal(f->counters.fragments_overlapping, 1);
}

static void same_place_with_other_bytes_is_an_overlap(void **state) {
        struct fixture *f = *state;

        assert_int_equal(add(f, 0, 32, true), 0);
        f->bytes[5] ^= 1;
        assert_int_equal(add(f, 0, 32, true), -EBADMSG);
        assert_int_equal(f->counters.fragments_overlapping, 1);
}

static void ends_that_contradict_each_other_are_refused(void **state) {
        struct fixture *f = *state;

        assert_int_equal(add_at(f, 1, 1, 1, 32, 64, false), 0);
        assert_int_equal(add_at(f, 1, 1, 1, 0, 16, false), -EBADMSG);
        assert_int_equal(add_at(f, 1, 1, 2, 0, 32, false), 1);
        assert_int_equal(add_at(f, 1, 1, 3, 48, 64, true), 0);
        assert_int_equal(add_at(f, 1, 1, 3, 0, 16, false), -EBADMSG);
        assert_int_equal(add_at(f, 1, 1, 4, 16, 24, false), 0);
        assert_int_equal(add_at(f, 1, 1, 4, 24, 32, true), -EBADMSG);
        assert_int_equal(f->counters.fragments_overlapping, 3);
}

static void impossible_pieces_are_malformed(void **state) {
        struct fixture *f = *state;
        struct fragment_key key = make_key(1, 1);
        struct fragment_piece far_out = { .ts = 1, .offset = 65528, .data = { f->bytes, f->bytes + 8 } };

        assert_int_equal(add(f, 0, 0, true), -EBADMSG);
        assert_int_equal(add(f, 0, 12, true), -EBADMSG); /* not a multiple of eight, and more to come */
        assert_int_equal(fragments_add(f->fragments, &key, &far_out, &f->counters, &f->whole, &f->protocol), -EBADMSG);
        assert_int_equal(f->counters.fragments_malformed, 3);
        assert_int_equal(add(f, 0, 12, false), 1);
}

static void identities_do_not_mix(void **state) {
        struct fixture *f = *state;

        assert_int_equal(add_at(f, 1, 1, 1, 0, 32, true), 0);
        assert_int_equal(add_at(f, 1, 1, 2, 32, 64, false), 0);
        assert_int_equal(add_at(f, 1, 2, 1, 32, 64, false), 0);
        assert_int_equal(add_at(f, 1, 1, 1, 32, 64, false), 1);
}

static void late_pieces_find_nothing(void **state) {
        struct fixture *f = *state;

        assert_int_equal(add_at(f, 1, 1, 1, 0, 32, true), 0);
        assert_int_equal(add_at(f, 2 + FRAGMENT_TIMEOUT, 1, 1, 32, 64, false), 0);
        assert_int_equal(f->counters.fragments_timed_out, 1);
        /* a clock that goes back lets nothing expire */
        assert_int_equal(add_at(f, 0, 1, 1, 0, 32, true), 1);
}

static void one_source_evicts_only_its_own(void **state) {
        struct fixture *f = *state;

        assert_int_equal(add_at(f, 1, 1, 1, 0, 32, true), 0);
        for (uint32_t id = 0; id < 10000; id++)
                assert_int_equal(add_at(f, 1, 2, id, 0, 32, true), 0);
        assert_int_equal(f->counters.fragments_evicted, 10000 - FRAGMENT_DATAGRAMS_PER_SOURCE_MAX);
        assert_int_equal(add_at(f, 1, 1, 1, 32, 64, false), 1);
}

static void many_sources_evict_the_oldest(void **state) {
        struct fixture *f = *state;

        for (uint32_t source = 0; source < FRAGMENT_DATAGRAMS_MAX + 10; source++)
                assert_int_equal(add_at(f, 1, source, 1, 0, 32, true), 0);
        assert_int_equal(f->counters.fragments_evicted, 10);
        assert_int_equal(add_at(f, 1, FRAGMENT_DATAGRAMS_MAX + 9, 1, 32, 64, false), 1);
        assert_int_equal(add_at(f, 1, 0, 1, 32, 64, false), 0);
}

/* Pieces far out make buffers large: the bytes are bounded, not only their number. */
static void bytes_are_bounded(void **state) {
        struct fixture *f = *state;
        struct fragment_piece piece = { .ts = 1, .offset = 65000, .data = { f->bytes, f->bytes + 8 }, .more = true };

        for (uint32_t source = 0; source < 200; source++) {
                struct fragment_key key = make_key(source, 1);

                assert_int_equal(fragments_add(f->fragments, &key, &piece, &f->counters, &f->whole, &f->protocol), 0);
        }
        assert_int_equal(f->counters.fragments_evicted, 200 - FRAGMENT_BYTES_MAX / 65536);
}

static void too_many_holes_are_refused(void **state) {
        struct fixture *f = *state;
        struct fragment_key key = make_key(1, 1);
        int r = 0;

        for (uint32_t i = 0; i < 100 && r == 0; i++) {
                struct fragment_piece piece = { .ts = 1, .offset = i * 16,
                                                .data = { f->bytes, f->bytes + 8 }, .more = true };

                r = fragments_add(f->fragments, &key, &piece, &f->counters, &f->whole, &f->protocol);
        }
        assert_int_equal(r, -EBADMSG);
}

struct capture {
        struct packet_decoder *decoder;
        struct packet packet;
        struct frame frame;
};

static int decode(struct capture *c, const struct builder *b) {
        c->frame = (struct frame) { .ts = 1, .linktype = 1, .captured = (uint32_t) b->length,
                                    .length = (uint32_t) b->length, .data = b->data };
        return packet_decode(c->decoder, &c->frame, &c->packet);
}

/* UDP 1000 -> 2000 with 24 bytes, in two pieces of 16 bytes; the last one first */
static void build_ipv4_pieces(struct builder *first, struct builder *last) {
        put_ethernet(first, 0x0800);
        put_ipv4_fragment(first, 17, 16, 9, 0x2000);
        put_udp(first, 1000, 2000, 24);
        put_text(first, "01234567");
        put_ethernet(last, 0x0800);
        put_ipv4_fragment(last, 17, 16, 9, 2);
        put_text(last, "89abcdefghijklmn");
}

static void ipv4_datagram_is_dated_to_the_completing_frame(void **state _unused_) {
        struct builder first = {}, last = {};
        struct capture c = {};

        assert_int_equal(packet_decoder_new(&c.decoder), 0);
        build_ipv4_pieces(&first, &last);
        assert_int_equal(decode(&c, &last), 0);
        assert_true(c.packet.flags & PACKET_FRAGMENT);
        assert_int_equal(c.packet.flags & PACKET_HAS_TRANSPORT, 0);
        assert_int_equal(decode(&c, &first), 1);
        assert_true(c.packet.flags & PACKET_REASSEMBLED);
        assert_int_equal(c.packet.layer, LAYER_UDP);
        assert_int_equal(c.packet.source_port, 1000);
        assert_int_equal(c.packet.payload_length, 24);
        assert_memory_equal(c.packet.payload.data, "0123456789abcdefghijklmn", 24);
        packet_decoder_free(c.decoder);
}

static void ipv6_datagram_takes_the_first_pieces_next_header(void **state _unused_) {
        struct builder first = {}, last = {};
        struct capture c = {};

        assert_int_equal(packet_decoder_new(&c.decoder), 0);
        put_ethernet(&first, 0x86dd);
        put_ipv6(&first, 44, 8 + 16);
        put_hex(&first, "11 00 0001 00000009"); /* UDP, offset 0, more */
        put_udp(&first, 1000, 2000, 16);
        put_text(&first, "01234567");
        put_ethernet(&last, 0x86dd);
        put_ipv6(&last, 44, 8 + 8);
        put_hex(&last, "3c 00 0010 00000009"); /* says destination options, which RFC 8200 §4.5 ignores; offset 16 */
        put_text(&last, "89abcdef");
        assert_int_equal(decode(&c, &last), 0);
        assert_int_equal(decode(&c, &first), 1);
        assert_int_equal(c.packet.layer, LAYER_UDP);
        assert_int_equal(c.packet.payload_length, 16);
        assert_memory_equal(c.packet.payload.data, "0123456789abcdef", 16);
        packet_decoder_free(c.decoder);
}

static void first_piece_that_was_cut_still_has_its_ports(void **state _unused_) {
        struct builder first = {}, last = {};
        struct capture c = {};

        assert_int_equal(packet_decoder_new(&c.decoder), 0);
        build_ipv4_pieces(&first, &last);
        c.frame = (struct frame) { .ts = 1, .linktype = 1, .captured = 14 + 20 + 8, .length = (uint32_t) first.length,
                                   .data = first.data };
        assert_int_equal(packet_decode(c.decoder, &c.frame, &c.packet), 1);
        assert_int_equal(c.packet.source_port, 1000);
        assert_int_equal(c.packet.payload_length, 8);
        packet_decoder_free(c.decoder);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(pieces_in_any_order_make_the_datagram, set_up, tear_down),
                cmocka_unit_test_setup_teardown(exact_duplicate_is_no_overlap, set_up, tear_down),
                cmocka_unit_test_setup_teardown(pieces_that_overlap_and_agree_are_joined, set_up, tear_down),
                cmocka_unit_test_setup_teardown(contradiction_refuses_the_whole_datagram, set_up, tear_down),
                cmocka_unit_test_setup_teardown(same_place_with_other_bytes_is_an_overlap, set_up, tear_down),
                cmocka_unit_test_setup_teardown(ends_that_contradict_each_other_are_refused, set_up, tear_down),
                cmocka_unit_test_setup_teardown(impossible_pieces_are_malformed, set_up, tear_down),
                cmocka_unit_test_setup_teardown(identities_do_not_mix, set_up, tear_down),
                cmocka_unit_test_setup_teardown(late_pieces_find_nothing, set_up, tear_down),
                cmocka_unit_test_setup_teardown(one_source_evicts_only_its_own, set_up, tear_down),
                cmocka_unit_test_setup_teardown(many_sources_evict_the_oldest, set_up, tear_down),
                cmocka_unit_test_setup_teardown(bytes_are_bounded, set_up, tear_down),
                cmocka_unit_test_setup_teardown(too_many_holes_are_refused, set_up, tear_down),
                cmocka_unit_test(ipv4_datagram_is_dated_to_the_completing_frame),
                cmocka_unit_test(ipv6_datagram_takes_the_first_pieces_next_header),
                cmocka_unit_test(first_piece_that_was_cut_still_has_its_ports),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
