/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/classify/os-signature.h"
#include "engine/classify/os-signatures.h"

struct complaints {
        unsigned n, line;
};

static void take_complaint(void *userdata, const char *file, unsigned line, const char *message) {
        struct complaints *c = userdata;

        assert_string_equal(file, "test.fp");
        assert_true(*message != '\0');
        c->line = line;
        c->n++;
}

static struct os_signatures *load(const char *text, struct complaints *complaints, int expected) {
        _cleanup_(fclosep) FILE *f = fmemopen((char *) text, strlen(text), "r");
        struct os_signatures *set;

        assert_non_null(f);
        assert_int_equal(os_signatures_new(&set), 0);
        assert_int_equal(os_signatures_load(set, "test.fp", f, take_complaint, complaints), expected);
        return set;
}

/* The only signature of a set, as a SYN's. */
static struct os_verdict match_one(const char *label, const char *signature, const char *raw) {
        struct complaints complaints = {};
        _cleanup_(os_signatures_freep) struct os_signatures *set = NULL;
        struct os_verdict verdict = {};
        char text[512];

        snprintf(text, sizeof text, "[tcp:request]\nlabel = %s\nsig = %s\n", label, signature);
        set = load(text, &complaints, 1);
        assert_int_equal(complaints.n, 0);
        assert_int_equal(os_signatures_match(set, raw, &verdict), 0);
        return verdict;
}

static void expect(const char *signature, const char *raw, enum os_match match) {
        assert_int_equal(match_one("s:unix:Test:", signature, raw).match, match);
}

static void what_is_the_same_matches(void **state _unused_) {
        static const char known[] = "4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0";

        expect(known, "syn 4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0 60", OS_MATCH_EXACT);
        expect(known, "synack 4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0 60", OS_MATCH_NONE);
        expect(known, "syn 6:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0 60", OS_MATCH_NONE);
        expect(known, "syn 4:64:4:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0 60", OS_MATCH_NONE);
        expect(known, "syn 4:64:0:1440:29200,7:mss,sok,ts,nop,ws:df,id+:0 60", OS_MATCH_NONE);
        expect(known, "syn 4:64:0:1460:29201,7:mss,sok,ts,nop,ws:df,id+:0 60", OS_MATCH_NONE);
        expect(known, "syn 4:64:0:1460:29200,8:mss,sok,ts,nop,ws:df,id+:0 60", OS_MATCH_NONE);
        expect(known, "syn 4:64:0:1460:29200,7:mss,sok,nop,ts,ws:df,id+:0 60", OS_MATCH_NONE);
        expect(known, "syn 4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+,seq-:0 60", OS_MATCH_NONE);
        expect(known, "syn 4:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:+ 60", OS_MATCH_NONE);
        expect("4:64:0:0:512,0:eol+2::0", "syn 4:64:0:0:512,0:eol+2::0 44", OS_MATCH_EXACT);
        expect("4:64:0:0:512,0:eol+2::0", "syn 4:64:0:0:512,0:eol+3::0 44", OS_MATCH_NONE);
}

static void what_is_left_open_matches_anything(void **state _unused_) {
        expect("*:64:0:*:*,*:mss:df:*", "syn 4:64:0:1460:1,7:mss:df:+ 44", OS_MATCH_EXACT);
        expect("*:64:0:*:*,*:mss:df:*", "syn 4:64:0:5:65535,0:mss:df:0 44", OS_MATCH_EXACT);
        expect("*:64:0:*:*,*:mss:df:*", "syn 4:64:0:5:65535,0:nop:df:0 44", OS_MATCH_NONE);
}

static void windows_are_multiples(void **state _unused_) {
        expect("*:64:0:*:mss*20,7:mss::0", "syn 4:64:0:1460:29200,7:mss::0 44", OS_MATCH_EXACT);
        expect("*:64:0:*:mss*20,7:mss::0", "syn 4:64:0:1400:28000,7:mss::0 44", OS_MATCH_EXACT);
        expect("*:64:0:*:mss*20,7:mss::0", "syn 4:64:0:1400:28001,7:mss::0 44", OS_MATCH_NONE);
        /* 1448 bytes are left beside timestamps, unless those are zero */
        expect("*:64:0:*:mss*20,7:mss,ts::0", "syn 4:64:0:1460:28960,7:mss,ts::0 56", OS_MATCH_EXACT);
        expect("*:64:0:*:mss*9,7:mss,ts:ts1-:0", "syn 4:64:0:1300:11592,7:mss,ts:ts1-:0 56", OS_MATCH_NONE);
        expect("*:64:0:*:mss*9,7:mss,ts::0", "syn 4:64:0:1300:11592,7:mss,ts::0 56", OS_MATCH_EXACT);
        /* of Ethernet, whatever the link */
        expect("*:64:0:*:mss*4,7:mss::0", "syn 4:64:0:1380:5840,7:mss::0 44", OS_MATCH_EXACT);
        expect("*:64:0:*:mss*4,7:mss::0", "syn 6:64:0:1340:5760,7:mss::0 64", OS_MATCH_EXACT);
        /* packets, not segments */
        expect("*:64:0:*:mtu*4,0:mss::0", "syn 4:64:0:1300:5360,0:mss::0 44", OS_MATCH_EXACT);
        expect("*:64:0:*:mtu*4,0:mss::0", "syn 4:64:0:1300:5376,0:mss::0 44", OS_MATCH_EXACT);
        expect("*:64:0:*:mtu*4,0:mss::0", "syn 4:64:0:1300:5200,0:mss::0 44", OS_MATCH_NONE);
        expect("*:64:0:*:%8192,0:mss::0", "syn 4:64:0:1300:24576,0:mss::0 44", OS_MATCH_EXACT);
        expect("*:64:0:*:%8192,0:mss::0", "syn 4:64:0:1300:24577,0:mss::0 44", OS_MATCH_NONE);
        /* a segment of nothing */
        expect("*:64:0:*:mss*4,0:mss::0", "syn 4:64:0:0:5840,0:mss::0 44", OS_MATCH_NONE);
        expect("*:64:0:*:mss*4,0:mss::0", "syn 4:64:0:1460:0,0:mss::0 44", OS_MATCH_NONE);
}

static void routers_may_change_a_little(void **state _unused_) {
        expect("4:64:0:*:*,0:mss:df,id+:0", "syn 4:64:0:1460:9,0:mss::0 44", OS_MATCH_FUZZY);
        expect("4:64:0:*:*,0:mss:df,id+:0", "syn 4:64:0:1460:9,0:mss:id-:0 44", OS_MATCH_FUZZY);
        expect("4:64:0:*:*,0:mss:df,id+:0", "syn 4:64:0:1460:9,0:mss:df,id+,ecn:0 44", OS_MATCH_FUZZY);
        expect("4:64:0:*:*,0:mss::0", "syn 4:64:0:1460:9,0:mss:df:0 44", OS_MATCH_NONE);
        expect("4:64:0:*:*,0:mss:ecn:0", "syn 4:64:0:1460:9,0:mss::0 44", OS_MATCH_NONE);
        /* a program makes what it makes */
        assert_int_equal(match_one("s:!:Scan:", "4:64:0:*:*,0:mss:df:0", "syn 4:64:0:1460:9,0:mss::0 44").match, OS_MATCH_NONE);
}

static void quirks_of_the_other_protocol_do_not_count(void **state _unused_) {
        expect("*:64:0:*:*,0:mss:df,id+:0", "syn 6:64:0:1440:9,0:mss::0 64", OS_MATCH_EXACT);
        expect("*:64:0:*:*,0:mss:df,id+,flow:0", "syn 4:64:0:1460:9,0:mss:df,id+:0 44", OS_MATCH_EXACT);
        expect("*:64:0:*:*,0:mss:df,id+,flow:0", "syn 6:64:0:1440:9,0:mss::0 64", OS_MATCH_NONE);
}

static void the_hop_limit_gives_the_distance(void **state _unused_) {
        struct os_verdict v = match_one("s:unix:A:", "4:64:0:*:*,0:mss::0", "syn 4:64:0:1460:9,0:mss::0 44");

        assert_int_equal(v.distance, 0);
        v = match_one("s:unix:A:", "4:64:0:*:*,0:mss::0", "syn 4:29:0:1460:9,0:mss::0 44");
        assert_int_equal(v.match, OS_MATCH_EXACT);
        assert_int_equal(v.distance, 35);
        /* too far, or from beyond the start: then it is guessed */
        v = match_one("s:unix:A:", "4:64:0:*:*,0:mss::0", "syn 4:28:0:1460:9,0:mss::0 44");
        assert_int_equal(v.match, OS_MATCH_FUZZY);
        assert_int_equal(v.distance, 4);
        v = match_one("s:unix:A:", "4:64:0:*:*,0:mss::0", "syn 4:120:0:1460:9,0:mss::0 44");
        assert_int_equal(v.match, OS_MATCH_FUZZY);
        assert_int_equal(v.distance, 8);
        v = match_one("s:unix:A:", "4:64:0:*:*,0:mss::0", "syn 4:200:0:1460:9,0:ws::0 44");
        assert_int_equal(v.match, OS_MATCH_NONE);
        assert_int_equal(v.distance, 55);
        assert_null(v.name);
}

static void a_random_hop_limit_gives_none(void **state _unused_) {
        struct os_verdict v = match_one("s:!:Scan:", "4:64-:0:*:*,0:mss::0", "syn 4:5:0:1460:9,0:mss::0 44");

        assert_int_equal(v.match, OS_MATCH_EXACT);
        assert_true(v.ttl_random && v.is_program);
        assert_int_equal(match_one("s:!:Scan:", "4:64-:0:*:*,0:mss::0", "syn 4:65:0:1460:9,0:mss::0 44").match, OS_MATCH_NONE);
}

static void the_best_of_several_wins(void **state _unused_) {
        static const char text[] = "classes = win,unix\n[mtu]\nlabel = Ethernet\nsig = 1500\n[tcp:request]\n"
                                   "label = g:unix:Generic:\nsig = 4:64:0:*:*,*:mss:df,id+:0\n"
                                   "label = s:unix:Fuzzy:1.x\nsig = 4:128:0:*:1000,*:mss:df,id+:0\n"
                                   "label = s:unix:First:2.x\nsys = Linux\nsig = 4:64:0:*:1000,*:mss:df,id+:0\n"
                                   "; a comment\n"
                                   "label = s:unix:Second:\nsig = 4:64:0:*:1000,*:mss:df,id+:0\n"
                                   "[http:request]\nlabel = s:!:Browser:\nsig = 1:Host,User-Agent:Accept:x\n";
        struct complaints complaints = {};
        _cleanup_(os_signatures_freep) struct os_signatures *set = load(text, &complaints, 4);
        struct os_verdict v;

        assert_int_equal(complaints.n, 0);
        assert_int_equal(os_signatures_count(set), 4);
        assert_int_equal(os_signatures_match(set, "syn 4:64:0:1460:1000,7:mss:df,id+:0 44", &v), 0);
        assert_string_equal(v.name, "First 2.x");
        assert_string_equal(v.signature, "4:64:0:*:1000,*:mss:df,id+:0");
        assert_int_equal(os_signatures_match(set, "syn 4:64:0:1460:1001,7:mss:df,id+:0 44", &v), 0);
        assert_string_equal(v.name, "Generic");
        assert_int_equal(v.match, OS_MATCH_GENERIC);
        assert_int_equal(os_signatures_match(set, "syn 4:128:0:1460:1000,7:mss:df:0 44", &v), 0);
        assert_int_equal(v.match, OS_MATCH_FUZZY);
        assert_string_equal(v.name, "Generic");
}

static void mistakes_are_told_with_their_line(void **state _unused_) {
        static const char *const texts[] = {
                "[tcp:request]\nlabel = s:unix:A\n",                       /* too few parts */
                "[tcp:request]\nlabel = x:unix:A:B\n",                     /* neither s nor g */
                "[tcp:request]\nlabel = s:unix::B\n",                      /* no name */
                "[tcp:request]\nsig = 4:64:0:*:*,*:mss:df:0\n",            /* no label */
                "[tcp:request]\nnonsense\n",
                "[tcp:request]\nother = key\n",
                "[mtu]\n[tcp:request\n",
        };
        static const char *const signatures[] = {
                "", "4", "4:64:0:*:*,*:mss:df", "4:64:0:*:*,*:mss:df:0:0", "5:64:0:*:*,*:mss:df:0", "4:256:0:*:*,*:mss:df:0",
                "4::0:*:*,*:mss:df:0", "4:64+300:0:*:*,*:mss:df:0", "4:64:x:*:*,*:mss:df:0", "4:64:0:65536:*,*:mss:df:0",
                "4:64:0:*:*:mss:df:0", "4:64:0:*:mss*0,*:mss:df:0", "4:64:0:*:%0,*:mss:df:0", "4:64:0:*:mss*,*:mss:df:0",
                "4:64:0:*:*,256:mss:df:0", "4:64:0:*:*,*:mss,:df:0", "4:64:0:*:*,*:foo:df:0", "4:64:0:*:*,*:?256:df:0",
                "4:64:0:*:*,*:eol+1,nop:df:0", "4:64:0:*:*,*:eol+41:df:0", "4:64:0:*:*,*:mss:dff:0", "4:64:0:*:*,*:mss:df:x",
                "4:64:0:-1:*,*:mss:df:0",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                struct complaints complaints = {};

                os_signatures_free(load(texts[i], &complaints, 0));
                assert_int_equal(complaints.n, 1);
                assert_int_equal(complaints.line, 2);
        }
        for (size_t i = 0; i < ELEMENTSOF(signatures); i++) {
                struct complaints complaints = {};
                char text[256];

                snprintf(text, sizeof text, "[tcp:response]\nlabel = s:unix:A:\nsig = %s\nsig = *:64:0:*:*,*::df:0\n", signatures[i]);
                os_signatures_free(load(text, &complaints, 1));
                assert_int_equal(complaints.n, 1);
                assert_int_equal(complaints.line, 3);
        }
}

static void signatures_of_a_bad_label_are_not_the_last_ones(void **state _unused_) {
        struct complaints complaints = {};

        os_signatures_free(load("[tcp:request]\nlabel = s:unix:A:\nlabel = bad\nsig = *:64:0:*:*,*::df:0\n", &complaints, 0));
        assert_int_equal(complaints.n, 2);
}

static void files_are_bounded(void **state _unused_) {
        _cleanup_(freep) char *text = NULL;
        struct complaints complaints = {};
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        fprintf(f, "[tcp:request]\nlabel = s:unix:%0200d:\nlabel = s:unix:A:\n", 0);
        for (unsigned i = 0; i < 9000; i++)
                fprintf(f, "sig = *:64:0:%u:*,*::df:0\n", i);
        fprintf(f, "sig = *:64:0:*:*,*::df:0 %01000d\nsig = \xff\n", 0);
        fclose(f);
        os_signatures_free(load(text, &complaints, 8192));
        assert_int_equal(complaints.n, 1 + (9000 - 8192) + 2);
        free(text);
        complaints.n = 0;
        f = open_memstream(&text, &size);
        assert_non_null(f);
        fputs("[tcp:request]\n", f);
        for (unsigned i = 0; i < 2100; i++)
                fprintf(f, "label = s:unix:A:%u\n", i);
        fclose(f);
        os_signatures_free(load(text, &complaints, 0));
        assert_int_equal(complaints.n, 2100 - 2048);
}

static void what_was_not_seen_is_no_signature(void **state _unused_) {
        static const char *const raws[] = {
                "", "syn", "syn ", "fin 4:64:0:1460:9,0:mss::0 44", "4:64:0:1460:9,0:mss::0 44", "syn *:64:0:1460:9,0:mss::0 44",
                "syn 4:64-:0:1460:9,0:mss::0 44", "syn 4:64:0:*:9,0:mss::0 44", "syn 4:64:0:1460:*,0:mss::0 44",
                "syn 4:64:0:1460:mss*4,0:mss::0 44", "syn 4:64:0:1460:9,*:mss::0 44", "syn 4:64:0:1460:9,0:mss::* 44",
        };
        struct complaints complaints = {};
        _cleanup_(os_signatures_freep) struct os_signatures *set = load("[tcp:request]\n", &complaints, 0);
        struct os_verdict v;
        char longest[1024];

        for (size_t i = 0; i < ELEMENTSOF(raws); i++)
                assert_int_equal(os_signatures_match(set, raws[i], &v), -EINVAL);
        snprintf(longest, sizeof longest, "syn %0900d", 0);
        assert_int_equal(os_signatures_match(set, longest, &v), -EINVAL);
}

static void the_shipped_file_is_sound(void **state _unused_) {
        const char *root = getenv("SOURCE_ROOT");
        const char *paths[] = { "/nonexistent/p0f.fp", NULL, NULL };
        struct complaints complaints = {};
        _cleanup_(os_signatures_freep) struct os_signatures *set = NULL;
        struct os_verdict v;
        char path[512];

        snprintf(path, sizeof path, "%s/data/os-signatures.fp", root ? root : ".");
        paths[1] = path;
        assert_int_equal(os_signatures_new(&set), 0);
        assert_true(os_signatures_load_first(set, paths, take_complaint, &complaints, NULL) > 100);
        assert_int_equal(complaints.n, 0);
        assert_int_equal(os_signatures_match(set, "syn 4:64:0:1460:64240,7:mss,sok,ts,nop,ws:df,id+:0 60", &v), 0);
        assert_string_equal(v.name, "Linux 4.20 and newer");
        assert_int_equal(os_signatures_match(set, "syn 4:128:0:1460:64240,8:mss,nop,ws,nop,nop,sok:df,id+:0 52", &v), 0);
        assert_string_equal(v.name, "Windows 10 or 11");
        assert_int_equal(os_signatures_match(set, "syn 4:51:0:1460:1024,0:mss::0 44", &v), 0);
        assert_true(v.is_program);
}

static void a_file_that_is_there_but_cannot_be_read_is_told(void **state _unused_) {
        const char *paths[] = { "/", "/etc/passwd", NULL }, *failed = NULL;
        _cleanup_(os_signatures_freep) struct os_signatures *set = NULL;

        assert_int_equal(os_signatures_new(&set), 0);
        assert_int_equal(os_signatures_load_first(set, paths, NULL, NULL, &failed), -EISDIR);
        assert_string_equal(failed, "/");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_the_same_matches),
                cmocka_unit_test(what_is_left_open_matches_anything),
                cmocka_unit_test(windows_are_multiples),
                cmocka_unit_test(routers_may_change_a_little),
                cmocka_unit_test(quirks_of_the_other_protocol_do_not_count),
                cmocka_unit_test(the_hop_limit_gives_the_distance),
                cmocka_unit_test(a_random_hop_limit_gives_none),
                cmocka_unit_test(the_best_of_several_wins),
                cmocka_unit_test(mistakes_are_told_with_their_line),
                cmocka_unit_test(signatures_of_a_bad_label_are_not_the_last_ones),
                cmocka_unit_test(files_are_bounded),
                cmocka_unit_test(what_was_not_seen_is_no_signature),
                cmocka_unit_test(the_shipped_file_is_sound),
                cmocka_unit_test(a_file_that_is_there_but_cannot_be_read_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
