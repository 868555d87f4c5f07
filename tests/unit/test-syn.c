/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"
#include "tests/unit/frame-builder.h"

enum { DONT_FRAGMENT = 0x4000, SYN = 0x002, SYN_ACK = 0x012 };

/* IPv4 10.0.0.1 -> 10.0.0.2, hop limit 64; TCP with window 1024, and `payload` bytes behind the options */
static struct builder segment(uint16_t id, uint16_t fragment, uint16_t flags, const char *options, size_t payload) {
        struct builder b = {}, o = {};

        put_hex(&o, options);
        put_ethernet(&b, 0x0800);
        put_hex(&b, "4500");
        put_be16(&b, 20 + 20 + o.length + payload);
        put_be16(&b, id);
        put_be16(&b, fragment);
        put_hex(&b, "40 06 0000 0a000001 0a000002  03e8 0050 00000001 00000000");
        put_be16(&b, (20 + o.length) / 4 << 12 | flags);
        put_hex(&b, "0400 0000 0000");
        put_bytes(&b, o.data, o.length);
        put_zeros(&b, payload);
        return b;
}

static void expect(const struct builder *b, const char *value) {
        char expected[512];
        struct fact_log log;

        fact_log_frame(&log, b->data, b->length);
        snprintf(expected, sizeof expected, "tcp.syn_sig %s\ntcp.raw_sig ", value);
        assert_memory_equal(log.text, expected, strlen(expected));
}

static void expect_raw(const struct builder *b, const char *value) {
        char expected[512];
        struct fact_log log;

        fact_log_frame(&log, b->data, b->length);
        snprintf(expected, sizeof expected, "\ntcp.raw_sig %s\n", value);
        assert_non_null(strstr(log.text, expected));
}

static void a_syn_shows_its_system(void **state _unused_) {
        struct builder b = segment(7, DONT_FRAGMENT, SYN, "020405b4 0402 080a0000000100000000 01 030307", 0);

        expect(&b, "{\"v\":4,\"kind\":\"syn\",\"ttl\":64,\"df\":1,\"id0\":0,\"win\":1024,\"mss\":1460,\"ws\":7,"
                   "\"opts\":\"mss,sok,ts,nop,ws\",\"payload\":0,\"flags\":\"0x002\"}");
}

static void a_syn_ack_shows_its_system(void **state _unused_) {
        struct builder b = segment(0, 0, SYN_ACK, "", 0);

        expect(&b, "{\"v\":4,\"kind\":\"synack\",\"ttl\":64,\"df\":0,\"id0\":1,\"win\":1024,\"mss\":null,\"ws\":null,"
                   "\"opts\":\"\",\"payload\":0,\"flags\":\"0x012\"}");
}

static void reserved_flags_and_data_are_told(void **state _unused_) {
        struct builder b = segment(7, 0, 0xfc2, "", 5);

        expect(&b, "{\"v\":4,\"kind\":\"syn\",\"ttl\":64,\"df\":0,\"id0\":0,\"win\":1024,\"mss\":null,\"ws\":null,"
                   "\"opts\":\"\",\"payload\":5,\"flags\":\"0xfc2\"}");
}

static void ipv6_has_no_identification(void **state _unused_) {
        struct builder b = {};

        put_ethernet(&b, 0x86dd);
        put_hex(&b, "60000000 0014 06 80 fe800000000000000000000000000001 fe800000000000000000000000000002"
                    "03e8 0050 00000001 00000000 5002 ffff 0000 0000");
        expect(&b, "{\"v\":6,\"kind\":\"syn\",\"ttl\":128,\"df\":null,\"id0\":null,\"win\":65535,\"mss\":null,\"ws\":null,"
                   "\"opts\":\"\",\"payload\":0,\"flags\":\"0x002\"}");
}

/* The list of options alone, and the two values. */
static void expect_options(const char *hex, const char *options, const char *mss, const char *scale) {
        struct builder b = segment(7, 0, SYN, hex, 0);
        char expected[512];

        snprintf(expected, sizeof expected,
                 "{\"v\":4,\"kind\":\"syn\",\"ttl\":64,\"df\":0,\"id0\":0,\"win\":1024,\"mss\":%s,\"ws\":%s,\"opts\":\"%s\","
                 "\"payload\":0,\"flags\":\"0x002\"}", mss, scale, options);
        expect(&b, expected);
}

static void options_end_with_their_padding(void **state _unused_) {
        expect_options("020405b4 00 000000", "mss,eol,eol,eol,eol", "1460", "null");
        expect_options("020405b4 00 010203", "mss,eol", "1460", "null");
}

static void impossible_lengths_end_the_list(void **state _unused_) {
        expect_options("020405b4 09000101", "mss", "1460", "null");
        expect_options("020405b4 09010101", "mss", "1460", "null");
        expect_options("020405b4 09140101", "mss", "1460", "null");
        expect_options("020405b4 0101011e", "mss,nop,nop,nop", "1460", "null");
}

static void values_of_another_size_are_none(void **state _unused_) {
        expect_options("02030501 01010101", "mss,nop,nop,nop,nop,nop", "null", "null");
        expect_options("03040701 02050102 01010101", "ws,mss,nop,nop,nop", "null", "null");
}

static void the_first_of_two_counts(void **state _unused_) {
        expect_options("020405b4 02040102 030307 030309 0101", "mss,mss,ws,ws,nop,nop", "1460", "7");
}

static void unknown_kinds_go_by_number(void **state _unused_) {
        expect_options("fe040102 2202 1e04 0000 0101", "?254,tfo,mptcp,nop,nop", "null", "null");
}

static void the_raw_signature_is_as_p0f_writes_it(void **state _unused_) {
        struct builder b = segment(7, DONT_FRAGMENT, SYN, "020405b4 0402 080a0000000100000000 01 030307", 0);

        expect_raw(&b, "syn 4:64:0:1460:1024,7:mss,sok,ts,nop,ws:df,id+:0 60");
        b = segment(0, 0, SYN_ACK, "", 0);
        expect_raw(&b, "synack 4:64:0:0:1024,0::id-,ack-:0 40");
        b = segment(0, DONT_FRAGMENT, SYN, "020405b4 01 030306 0101 080a0000000100000000 0402 00 00", 3);
        expect_raw(&b, "syn 4:64:0:1460:1024,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:+ 64");
}

static void the_raw_signature_has_all_quirks(void **state _unused_) {
        struct builder b = segment(7, 0xc000, 0x0ea, "020405b4 03030f 080a0000000000000005 1e04 0000 00 01 00", 0);

        b.data[15] = 1; /* explicit congestion notification */
        b.data[41] = 0; /* sequence number */
        b.data[45] = 9; /* acknowledgement number */
        expect_raw(&b, "syn 4:64:0:1460:1024,15:mss,ws,ts,?30,eol+2:df,id+,ecn,0+,seq-,ack+,urgf+,pushf+,ts1-,ts2+,opt+,exws:0 64");
        b = segment(7, 0, SYN, "020405b4 09000101", 0);
        b.data[53] = 1; /* urgent pointer */
        expect_raw(&b, "syn 4:64:0:1460:1024,0:mss:uptr+,bad:0 48");
}

static void one_that_also_ends_has_no_raw_signature(void **state _unused_) {
        struct builder b = segment(7, 0, 0x003, "", 0);
        struct fact_log log;

        fact_log_frame(&log, b.data, b.length);
        assert_int_equal(log.count, 1);
        b = segment(7, 0, 0x006, "", 0);
        fact_log_frame(&log, b.data, b.length);
        assert_int_equal(log.count, 1);
}

static void other_segments_say_nothing(void **state _unused_) {
        static const uint16_t flags[] = { 0x010, 0x018, 0x011, 0x004, 0x000 };
        struct fact_log log;

        for (size_t i = 0; i < ELEMENTSOF(flags); i++) {
                struct builder b = segment(7, 0, flags[i], "", 0);

                fact_log_frame(&log, b.data, b.length);
                assert_int_equal(log.count, 0);
        }
}

static void half_of_the_options_is_no_signature(void **state _unused_) {
        struct builder b = segment(7, 0, SYN, "020405b4 0402 080a0000000100000000 01 030307", 0);
        struct fact_log log;

        for (size_t n = 0; n < b.length; n++) {
                fact_log_frame(&log, b.data, n);
                assert_int_equal(log.count, 0);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_syn_shows_its_system),
                cmocka_unit_test(a_syn_ack_shows_its_system),
                cmocka_unit_test(reserved_flags_and_data_are_told),
                cmocka_unit_test(ipv6_has_no_identification),
                cmocka_unit_test(options_end_with_their_padding),
                cmocka_unit_test(impossible_lengths_end_the_list),
                cmocka_unit_test(values_of_another_size_are_none),
                cmocka_unit_test(the_first_of_two_counts),
                cmocka_unit_test(unknown_kinds_go_by_number),
                cmocka_unit_test(the_raw_signature_is_as_p0f_writes_it),
                cmocka_unit_test(the_raw_signature_has_all_quirks),
                cmocka_unit_test(one_that_also_ends_has_no_raw_signature),
                cmocka_unit_test(other_segments_say_nothing),
                cmocka_unit_test(half_of_the_options_is_no_signature),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
