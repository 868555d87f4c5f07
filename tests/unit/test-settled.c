/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the short way leaves out must make no difference: the same packets go to tables that see all of them and to tables
 * that see only what is not settled. */

#include "tests/unit/cmocka-all.h"

#include <netinet/in.h>

#include "engine/flow/contact.h"
#include "engine/flow/flow-frame.h"
#include "engine/flow/flow-hash.h"
#include "engine/proto/session.h"
#include "tests/unit/fact-log.h"
#include "tests/unit/frame-builder.h"

struct segment {
        unsigned connection, side;
        uint8_t flags;
        uint32_t sequence, acknowledgement;
        const char *text;
};

struct watcher {
        struct session_table *sessions;
        struct contact_table *table;
        struct fact_log log;
        unsigned contacts[_CONTACT_KIND_MAX];
};

struct both {
        struct packet_decoder *decoder;
        struct watcher all, rest; /* what the second one sees is what the short way leaves */
        struct flow_hash_secret secret;
        uint64_t ts, settled;
};

static void put_ends(struct builder *b, unsigned connection, unsigned side, uint8_t protocol, size_t n) {
        static const char *const ipv4[] = { "0000 0a000001 0a000002", "0000 0a000002 0a000001" };
        static const char *const ipv6[] = { "fe800000000000000000000000000001 fe800000000000000000000000000002",
                                            "fe800000000000000000000000000002 fe800000000000000000000000000001" };

        put_hex(b, "020000000002 020000000001");
        if (connection == 1)
                put_hex(b, "8100 0064");
        if (connection == 2) {
                put_hex(b, "86dd 60000000");
                put_be16(b, n);
                put_bytes(b, (uint8_t[]) { protocol, 64 }, 2);
                put_hex(b, ipv6[side]);
                return;
        }
        put_hex(b, "0800 4500");
        put_be16(b, 20 + n);
        put_hex(b, "0007 0000");
        put_bytes(b, (uint8_t[]) { 64, protocol }, 2);
        put_hex(b, ipv4[side]);
}

static struct builder build(const struct segment *s) {
        struct builder b = {};

        put_ends(&b, s->connection, s->side, IPPROTO_TCP, 20 + strlen(s->text));
        put_be16(&b, s->side ? 80 : 1000);
        put_be16(&b, s->side ? 1000 : 80);
        put_be16(&b, s->sequence >> 16);
        put_be16(&b, s->sequence & 0xffff);
        put_be16(&b, s->acknowledgement >> 16);
        put_be16(&b, s->acknowledgement & 0xffff);
        put_bytes(&b, (uint8_t[]) { 0x50, s->flags }, 2);
        put_hex(&b, "0400 0000 0000");
        put_text(&b, s->text);
        return b;
}

static void watch(struct watcher *w, const struct packet *packet) {
        struct fact_sink sink = { fact_log_take, &w->log };

        if (packet->layer == LAYER_TCP)
                session_table_feed(w->sessions, packet, &sink);
}

static void watch_contact(struct watcher *w, const struct packet *packet) {
        struct contact contact;

        if (contact_from_packet(w->table, packet, &contact))
                w->contacts[contact.kind]++;
}

static bool is_settled(struct watcher *w, const struct flow_observation *o) {
        int kind = contact_kind_of(w->table, o);

        if (kind >= 0)
                w->contacts[kind]++;
        return kind < 0 && (!(o->flags & OBSERVATION_TCP) || session_table_is_settled(w->sessions, o) ||
                            (o->news & (NEWS_OF_ACK | NEWS_OF_DATA) && session_table_pass(w->sessions, o)));
}

/* Returns whether it was settled. */
static bool say(struct both *both, const struct builder *b) {
        struct frame frame = { .ts = both->ts, .linktype = 1, .captured = (uint32_t) b->length, .length = (uint32_t) b->length,
                               .data = b->data };
        struct flow_observation o;
        struct packet packet;
        bool settled;

        assert_true(flow_observation_from_frame(&frame, &o));
        flow_hash_set(&both->secret, &o);
        assert_int_equal(packet_decode(both->decoder, &frame, &packet), 1);
        settled = is_settled(&both->rest, &o);
        watch_contact(&both->all, &packet);
        watch(&both->all, &packet);
        if (!settled)
                watch(&both->rest, &packet);
        both->settled += settled;
        return settled;
}

static bool say_tcp(struct both *both, struct segment s) {
        struct builder b;

        s.text = s.text ?: "";
        b = build(&s);
        return say(both, &b);
}

static void begin(struct both *both) {
        *both = (struct both) { .secret = flow_hash_secret_make(3), .ts = 1000 * NSEC_PER_SEC };
        assert_int_equal(packet_decoder_new(&both->decoder), 0);
        for (unsigned i = 0; i < 2; i++) {
                struct watcher *w = i ? &both->rest : &both->all;

                assert_int_equal(session_table_new(&w->sessions, 64, 1 << 20, 3), 0);
                assert_int_equal(contact_table_new(&w->table, 3), 0);
        }
}

static void finish(struct both *both) {
        struct session_counters a, b;

        session_table_get_counters(both->all.sessions, &a);
        session_table_get_counters(both->rest.sessions, &b);
        assert_memory_equal(&a, &b, sizeof a);
        assert_string_equal(both->all.log.text, both->rest.log.text);
        assert_memory_equal(both->all.contacts, both->rest.contacts, sizeof both->all.contacts);
        packet_decoder_free(both->decoder);
        for (unsigned i = 0; i < 2; i++) {
                session_table_free(i ? both->rest.sessions : both->all.sessions);
                contact_table_free(i ? both->rest.table : both->all.table);
        }
}

static void what_is_settled(void **state _unused_) {
        struct both both;

        for (unsigned c = 0; c < 3; c++) {
                begin(&both);
                assert_false(say_tcp(&both, (struct segment) { c, 0, TCP_SYN, 100, 0 }));
                assert_false(say_tcp(&both, (struct segment) { c, 1, TCP_SYN | TCP_ACK, 500, 101 }));
                /* No session: acknowledgements are nothing, data is. */
                assert_true(say_tcp(&both, (struct segment) { c, 0, TCP_ACK, 101, 501 }));
                assert_false(say_tcp(&both, (struct segment) { c, 0, TCP_ACK, 101, 501, "GET / HTTP/1.1\r\nHost: a\r\n\r\n" }));
                assert_true(say_tcp(&both, (struct segment) { c, 1, TCP_ACK, 501, 128 }));
                /* Came too early: what acknowledges it gives up the hole. */
                assert_false(say_tcp(&both, (struct segment) { c, 0, TCP_ACK, 200, 501, "GET /late HTTP/1.1\r\nHost: b\r\n\r\n" }));
                assert_false(say_tcp(&both, (struct segment) { c, 1, TCP_ACK, 501, 230 }));
                assert_true(say_tcp(&both, (struct segment) { c, 1, TCP_ACK, 501, 230 }));
                /* Nonsense: one answer, and the side is done. */
                assert_false(say_tcp(&both, (struct segment) { c, 1, TCP_ACK, 501, 230, "\001\002 no HTTP" }));
                /* An end that brings nothing else is noted without more ado, whatever is still wanted. */
                assert_true(say_tcp(&both, (struct segment) { c, 0, TCP_ACK | TCP_FIN, 230, 511 }));
                assert_false(say_tcp(&both, (struct segment) { c, 0, TCP_ACK | TCP_FIN, 230, 511, "more" }));
                /* Resets, and what no connection has, are contacts. */
                assert_false(say_tcp(&both, (struct segment) { c, 1, TCP_RST, 501, 230 }));
                assert_false(say_tcp(&both, (struct segment) { c, 1, TCP_FIN, 501, 230 }));
                assert_non_null(strstr(both.rest.log.text, "http.request GET /late"));
                finish(&both);
        }
}

/* Of a body that nobody wants, what comes in order. */
static void bodies_are_settled(void **state _unused_) {
        struct both both;

        begin(&both);
        assert_false(say_tcp(&both, (struct segment) { 0, 1, TCP_SYN | TCP_ACK, 99, 0 }));
        assert_false(say_tcp(&both, (struct segment) { 0, 1, TCP_ACK, 100, 0,
                                                       "HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 40\r\n\r\n" }));
        assert_true(say_tcp(&both, (struct segment) { 0, 1, TCP_ACK, 150, 0, "0123456789" }));
        assert_false(say_tcp(&both, (struct segment) { 0, 1, TCP_ACK, 170, 0, "0123456789" })); /* too early */
        assert_false(say_tcp(&both, (struct segment) { 0, 1, TCP_ACK, 160, 0, "0123456789" }));
        /* The last of it, and the next head. */
        assert_false(say_tcp(&both, (struct segment) { 0, 1, TCP_ACK, 180, 0, "0123456789HTTP/1.1 200 OK\r\nServer: b\r\n\r\n" }));
        assert_string_equal(both.rest.log.text, "http.status 200\nhttp.server a\nhttp.status 200\nhttp.server b\n");
        finish(&both);
}

static void datagrams_are_settled_until_their_ends_were_silent(void **state _unused_) {
        struct both both;

        begin(&both);
        for (unsigned c = 0; c < 3; c++)
                for (unsigned i = 0; i < 6; i++) {
                        struct builder b = {};

                        both.ts += i == 4 ? 200 * NSEC_PER_SEC : NSEC_PER_SEC;
                        put_ends(&b, c, i % 2, IPPROTO_UDP, 8 + 4);
                        put_udp(&b, i % 2 ? 5000 : 4000, i % 2 ? 4000 : 5000, 4);
                        put_zeros(&b, 4);
                        assert_int_equal(say(&both, &b), i == 2 || i == 3); /* the first answer tells something, too */
                }
        finish(&both);
}

/* To a group there are no contacts. */
static void streams_to_groups_are_settled(void **state _unused_) {
        struct both both;

        begin(&both);
        for (unsigned i = 0; i < 3; i++) {
                struct builder b = {};

                both.ts += NSEC_PER_SEC;
                put_hex(&b, "01005e010101 020000000001 0800 4500 0020 0007 0000 40 11 0000 0a000001 ef010101");
                put_udp(&b, 4000, 5000, 4);
                put_zeros(&b, 4);
                assert_true(say(&both, &b));
        }
        finish(&both);
}

static uint32_t next_random(uint64_t *state) {
        *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
        return (uint32_t) (*state >> 33);
}

/* Any segments in any order, of a few connections. */
static void nothing_settled_makes_a_difference(void **state _unused_) {
        static const char *const texts[] = { "", "", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\001\002\003", "SSH-2.0-x\r\n",
                                             "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 0\r\n\r\n", "\026\003\001\002",
                                             "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 70\r\n\r\n", "0123456789" };
        static const uint8_t flags[] = { TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK | TCP_FIN, TCP_SYN, TCP_SYN | TCP_ACK };
        uint64_t random = 7;
        struct both both;

        for (unsigned round = 0; round < 300; round++) {
                begin(&both);
                for (unsigned i = 0; i < 200; i++) {
                        struct segment s = { .connection = next_random(&random) % 3, .side = next_random(&random) & 1 };

                        s.flags = flags[next_random(&random) % ELEMENTSOF(flags)];
                        s.text = texts[next_random(&random) % ELEMENTSOF(texts)];
                        s.sequence = 100 + next_random(&random) % 8 * 10;
                        s.acknowledgement = 100 + next_random(&random) % 5 * 10;
                        both.ts += NSEC_PER_MSEC;
                        say_tcp(&both, s);
                }
                assert_true(both.settled > 10);
                finish(&both);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_settled),
                cmocka_unit_test(bodies_are_settled),
                cmocka_unit_test(datagrams_are_settled_until_their_ends_were_silent),
                cmocka_unit_test(streams_to_groups_are_settled),
                cmocka_unit_test(nothing_settled_makes_a_difference),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
