/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "engine/classify/classify.h"
#include "engine/classify/fusion.h"
#include "engine/classify/match-memo.h"

DEFINE_CLEANUP(struct ruleset *, ruleset_free)

/* --- Helpers: rules from text, complaints as text ----------------------------------------------- */

struct complaints {
        char text[8192];
        struct strbuf b;
};

static void take_complaint(void *userdata, const char *file, unsigned line, const char *message) {
        struct complaints *c = userdata;

        strbuf_printf(&c->b, "%s:%u: %s\n", file, line, message);
}

static int load(struct ruleset *rules, const char *name, const char *text, struct complaints *c) {
        _cleanup_(fclosep) FILE *f = fmemopen((void *) (uintptr_t) text, strlen(text), "r");

        assert_non_null(f);
        c->b = STRBUF(c->text);
        return ruleset_load(rules, name, f, take_complaint, c);
}

/* All rules of `text` must be taken. */
static struct ruleset *rules_of(const char *text) {
        struct ruleset *rules = NULL;
        struct complaints c;

        assert_int_equal(ruleset_new(&rules), 0);
        assert_true(load(rules, "t.conf", text, &c) > 0);
        assert_string_equal(c.text, "");
        return rules;
}

/* The text is refused whole, with these complaints. */
static void check_refused(const char *text, const char *complaints) {
        _cleanup_(ruleset_freep) struct ruleset *rules = NULL;
        struct complaints c;

        assert_int_equal(ruleset_new(&rules), 0);
        assert_int_equal(load(rules, "t.conf", text, &c), 0);
        assert_string_equal(c.text, complaints);
        assert_int_equal(ruleset_count(rules), 0);
}

static struct classify_evidence said(enum fact_kind kind, const char *value) {
        return (struct classify_evidence) { kind, VOICE_SELF, value, 100 };
}

static struct classify_evidence asked(enum fact_kind kind, const char *value) {
        return (struct classify_evidence) { kind, VOICE_ASKS, value, 100 };
}

#define classify_all(rules, ret, ...)                                                   \
        ({                                                                              \
                const struct classify_evidence pieces[] = { __VA_ARGS__ };              \
                classify((rules), NULL, pieces, ELEMENTSOF(pieces), (ret));                   \
        })

/* --- Loading ------------------------------------------------------------------------------------- */

static void mistakes_are_told_with_file_and_line(void **state _unused_) {
        check_refused("[a]\nMatch=dhcp.hostnam is x\nType=tv\n",
                      "t.conf:2: Match= names the kind \"dhcp.hostnam\", which does not exist, leaving rule out\n");
        check_refused("[a]\nMatch=dhcp.hostname equals x\nType=tv\n",
                      "t.conf:2: unknown operator \"equals\", leaving rule out\n");
        check_refused("[a]\nMatch=dhcp.hostname is\nType=tv\n", "t.conf:2: no pattern, leaving rule out\n");
        check_refused("[a]\nMatch=dhcp.hostname exists x\nType=tv\n",
                      "t.conf:2: text behind \"exists\", leaving rule out\n");
        check_refused("[a]\nMatch=dhcp.hostname glob [a\nType=tv\n",
                      "t.conf:2: pattern \"[a\" has an open set, a lone '\\' or too many '*', leaving rule out\n");
        check_refused("[a]\nMatch=vendor is x\nType=television\n",
                      "t.conf:3: Type= names no type of device: \"television\", leaving rule out\n");
        check_refused("[a]\nMatch=vendor is x\nType=tv\nConfidence=101\n",
                      "t.conf:4: Confidence= is not a number from 1 to 100: \"101\", leaving rule out\n");
        check_refused("[a]\nMatch=vendor is x\nType=tv\nConfidence=5x\n",
                      "t.conf:4: Confidence= is not a number from 1 to 100: \"5x\", leaving rule out\n");
        check_refused("[a]\nMatch=vendor is x\nType=tv\nColour=red\n",
                      "t.conf:4: unknown key \"Colour\", leaving rule out\n");
        check_refused("[a]\nMatch=vendor is x\nType=tv\nType=nas\n",
                      "t.conf:4: Type= stands twice, leaving rule out\n");
        check_refused("[a]\nMatch=vendor is x\nVendor=\nType=tv\n",
                      "t.conf:3: Vendor= is empty or too long, leaving rule out\n");
        check_refused("Match=vendor is x\n", "t.conf:1: key before the first rule, ignoring it\n");
}

static void rules_that_make_no_sense_are_told(void **state _unused_) {
        check_refused("[a]\nType=tv\n",
                      "t.conf:1: rule a matches nothing (no Match=, Any= or Asks=), leaving it out\n");
        check_refused("[a]\nNot=vendor is x\nType=tv\n",
                      "t.conf:1: rule a matches nothing (no Match=, Any= or Asks=), leaving it out\n");
        check_refused("[a]\nMatch=vendor is x\n",
                      "t.conf:1: rule a says nothing (no Type=, Vendor=, Model= or OS=), leaving it out\n");
        check_refused("[a]\nMatch=vendor glob x*\nModel=$2\n",
                      "t.conf:1: rule a names a '$' that its first condition does not capture, leaving it out\n");
        check_refused("[a]\nAny=vendor glob x*\nAny=vendor is y\nModel=$1\n",
                      "t.conf:1: rule a names a '$' that its first condition does not capture, leaving it out\n");
        check_refused("[a b]\nMatch=vendor is x\nType=tv\n",
                      "t.conf:1: rule's name has other characters than letters, digits, '-', '.' and '_', "
                      "leaving it out\n");
}

static void a_wrong_rule_costs_only_itself(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = NULL;
        struct complaints c;

        assert_int_equal(ruleset_new(&rules), 0);
        assert_int_equal(load(rules, "t.conf", "[a]\nMatch=vendor is x\nType=tv\n[b]\nType=\n[c]\nnonsense\n"
                              "Match=vendor is y\nType=nas\n[d\n[e]\nMatch=vendor is z\nType=nas\n", &c), 2);
        assert_string_equal(c.text, "t.conf:5: Type= names no type of device: \"\", leaving rule out\n"
                            "t.conf:7: neither [Section] nor Key=Value, ignoring line\n"
                            "t.conf:10: section without ']', ignoring it\n");
        assert_string_equal(ruleset_rule_name(rules, 0), "a");
        assert_string_equal(ruleset_rule_name(rules, 1), "e");
        assert_null(ruleset_rule_name(rules, 2));
}

static void drop_ins_replace_and_remove(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules =
                rules_of("[a]\nMatch=vendor is x\nType=tv\n[b]\nMatch=vendor is y\nType=nas\n");
        struct classification class;
        struct complaints c;

        assert_int_equal(load(rules, "local.conf", "[b]\n[a]\nMatch=vendor is x\nType=camera\n[c]\n", &c), 1);
        assert_string_equal(c.text, "local.conf:5: rule c is empty, and there is none to remove\n");
        assert_int_equal(ruleset_count(rules), 1);
        classify_all(rules, &class, said(_FACT_KIND_INVALID, "x"));
        assert_int_equal(class.type, TYPE_CAMERA);
        classify_all(rules, &class, said(_FACT_KIND_INVALID, "y"));
        assert_int_equal(class.type, TYPE_UNKNOWN);
}

static void a_broken_drop_in_leaves_the_rule_it_meant_to_replace(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of("[a]\nMatch=vendor is x\nType=tv\n");
        struct complaints c;

        assert_int_equal(load(rules, "local.conf", "[a]\nMatch=vendor is x\nType=nonsense\n", &c), 0);
        assert_int_equal(ruleset_count(rules), 1);
}

static void the_second_of_a_name_in_one_file_is_refused(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = NULL;
        struct classification class;
        struct complaints c;

        assert_int_equal(ruleset_new(&rules), 0);
        assert_int_equal(load(rules, "t.conf", "[a]\nMatch=vendor is x\nType=tv\n"
                              "[a]\nMatch=vendor is x\nType=nas\n", &c), 1);
        assert_string_equal(c.text, "t.conf:4: rule a stands twice, keeping the first\n");
        classify_all(rules, &class, said(_FACT_KIND_INVALID, "x"));
        assert_int_equal(class.type, TYPE_TV);
}

static void folders_load_in_order_and_bad_files_are_told(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = NULL;
        char folder[] = "/tmp/test-classify-XXXXXX", path[64], *paths[] = { path, NULL };
        const char *folders[] = { folder, NULL }, *failed = NULL;
        struct complaints c = {};
        FILE *f;

        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/10-a.conf", folder);
        f = fopen(path, "we");
        assert_non_null(f);
        fputs("[a]\nMatch=vendor is x\nType=tv\n", f);
        fclose(f);
        snprintf(path, sizeof path, "%s/20-b.conf", folder);
        assert_int_equal(mkdir(path, 0700), 0);
        c.b = STRBUF(c.text);
        assert_int_equal(ruleset_new(&rules), 0);
        assert_int_equal(ruleset_load_folders(rules, folders, take_complaint, &c), 1);
        assert_non_null(strstr(c.text, "20-b.conf:0: Is a directory\n"));
        /* Who cannot do without it is told which one it is. */
        assert_int_equal(ruleset_load_files(rules, paths, take_complaint, &c, &failed), -EISDIR);
        assert_ptr_equal(failed, path);
        assert_int_equal(rmdir(path), 0);
        snprintf(path, sizeof path, "%s/10-a.conf", folder);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(folder), 0);
}

static void more_rules_than_fit_are_refused(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = NULL;
        _cleanup_(freep) char *text = malloc(1 << 20);
        struct strbuf b = strbuf_make(text, 1 << 20);
        struct classification class;
        struct complaints c;

        for (int i = 0; i < 4100; i++)
                strbuf_printf(&b, "[r%d]\nMatch=vendor is v%d\nMatch=name is n%d\nType=tv\n", i, i, i);
        assert_false(b.truncated);
        assert_int_equal(ruleset_new(&rules), 0);
        assert_int_equal(load(rules, "t.conf", text, &c), 4096);
        assert_non_null(strstr(c.text, "too many rules, leaving rule r4096 out"));

        /* Neither may a drop-in bring more conditions than fit. */
        assert_int_equal(load(rules, "l.conf", "[r7]\nMatch=vendor is x\nAny=name is x\nAny=name is y\n"
                              "Type=nas\n", &c), 0);
        assert_string_equal(c.text, "l.conf:1: too many rules, leaving rule r7 out\n");
        classify_all(rules, &class, said(_FACT_KIND_INVALID, "v7"), said(FACT_DHCP_HOSTNAME, "n7"));
        assert_int_equal(class.type, TYPE_TV);
}

/* --- Matching ------------------------------------------------------------------------------------ */

static void all_any_and_not(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules =
                rules_of("[a]\nMatch=vendor starts Acme\nAny=dhcp.hostname is one\nAny=mdns.service is two\n"
                         "Not=dhcp.vendor_class contains bad\nType=tv\n");
        struct classification class;

        classify_all(rules, &class, said(_FACT_KIND_INVALID, "Acme Inc."));
        assert_int_equal(class.type, TYPE_UNKNOWN);
        classify_all(rules, &class, said(FACT_DHCP_HOSTNAME, "one"));
        assert_int_equal(class.type, TYPE_UNKNOWN);
        classify_all(rules, &class, said(_FACT_KIND_INVALID, "Acme Inc."), said(FACT_MDNS_SERVICE, "TWO"));
        assert_int_equal(class.type, TYPE_TV);
        classify_all(rules, &class, said(_FACT_KIND_INVALID, "Acme Inc."), said(FACT_MDNS_SERVICE, "two"),
                     said(FACT_DHCP_VENDOR_CLASS, "so bad"));
        assert_int_equal(class.type, TYPE_UNKNOWN);
}

static void a_condition_reads_only_its_kind(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of("[a]\nMatch=dhcp.hostname is x\nType=tv\n");
        struct classification class;

        classify_all(rules, &class, said(FACT_DHCP_FQDN, "x"), said(_FACT_KIND_INVALID, "x"));
        assert_int_equal(class.type, TYPE_UNKNOWN);
}

static void a_name_is_the_first_label_whoever_says_it(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of("[a]\nMatch=name glob pi*\nType=tv\nModel=$1\n");
        struct classification class;

        classify_all(rules, &class, said(FACT_MDNS_HOSTNAME, "pi3.local 192.0.2.1"));
        assert_string_equal(class.model, "3");
        classify_all(rules, &class, said(FACT_DHCP_HOSTNAME, "pi4.example.org"));
        assert_string_equal(class.model, "4");
        classify_all(rules, &class, said(FACT_NBNS_NAME, "PI5<20>"));
        assert_string_equal(class.model, "5");
        classify_all(rules, &class, said(FACT_BROWSER_ANNOUNCEMENT, "PI6"));
        assert_string_equal(class.model, "6");
        classify_all(rules, &class, said(FACT_NBNS_NAME, "PIERRE<03>")); /* a user */
        assert_int_equal(class.type, TYPE_UNKNOWN);
        classify_all(rules, &class, said(FACT_MDNS_SERVICE, "pi4"));
        assert_int_equal(class.type, TYPE_UNKNOWN);
}

static void what_is_asked_for_matches_only_asks(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules =
                rules_of("[is]\nMatch=ssdp.st is roku:ecp\nType=streamer\n"
                         "[wants]\nAsks=ssdp.st is roku:ecp\nType=phone\n");
        struct classification class;

        classify_all(rules, &class, asked(FACT_SSDP_ST, "roku:ecp"));
        assert_int_equal(class.type, TYPE_PHONE);
        assert_int_equal(class.n_reasons, 1);
        classify_all(rules, &class, said(FACT_SSDP_ST, "roku:ecp"));
        assert_int_equal(class.type, TYPE_STREAMER);
        assert_int_equal(class.n_reasons, 1);
}

#define TOO_MUCH_FOR_A_QUESTION                                                                            \
        "t.conf:1: rule a gives, for what a device asks for, a type that is not a computer's or a phone's, " \
        "or a confidence over 50, leaving it out\n"

/* A rule file cannot turn a search into the thing searched for, even if it tries. */
static void rules_cannot_make_a_search_the_thing(void **state _unused_) {
        check_refused("[a]\nMatch=mdns.query starts _googlecast\nType=streamer\n",
                      "t.conf:2: mdns.query is a question and does not describe the device (Asks= matches it), "
                      "leaving rule out\n");
        check_refused("[a]\nAsks=mdns.query starts _googlecast\nType=streamer\n",
                      TOO_MUCH_FOR_A_QUESTION);
        check_refused("[a]\nAsks=mdns.query starts _googlecast\nType=phone\nConfidence=51\n",
                      TOO_MUCH_FOR_A_QUESTION);
        check_refused("[a]\nAsks=mdns.service starts _googlecast\nType=phone\n",
                      "t.conf:2: mdns.service is not a kind that asks for something, leaving rule out\n");
        check_refused("[a]\nMatch=vendor is x\nAsks=mdns.query starts _ipp\nType=printer\n",
                      TOO_MUCH_FOR_A_QUESTION);
}

static void templates_take_captures(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules =
                rules_of("[a]\nMatch=mdns.txt glob *._ipp._tcp.local ty=* (*)\nVendor=$$ $3\nModel=<$2>\nOS=$1\n");
        struct classification class;

        classify_all(rules, &class, said(FACT_MDNS_TXT, "Den._ipp._tcp.local ty=Laser  Jet\t9 (HP)"));
        assert_string_equal(class.vendor, "$ HP");
        assert_string_equal(class.model, "<Laser Jet 9>");
        assert_string_equal(class.os, "Den");
}

static void captured_text_is_bounded_and_cleaned(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules =
                rules_of("[a]\nMatch=mdns.txt glob md=*\nModel=$1\n");
        struct classification class;
        char value[FACT_VALUE_MAX + 1];

        classify_all(rules, &class, said(FACT_MDNS_TXT, "md= \r\n\033[31m x \177 "));
        assert_string_equal(class.model, "[31m x");
        classify_all(rules, &class, said(FACT_MDNS_TXT, "md= \t "));
        assert_string_equal(class.model, "");
        classify_all(rules, &class, said(FACT_MDNS_TXT, "md=(NULL)"));
        assert_string_equal(class.model, "");
        classify_all(rules, &class, said(FACT_MDNS_TXT, "md=hex:00ff"));
        assert_string_equal(class.model, "");

        /* 126 bytes and a half character more. */
        memset(value, 'x', sizeof value);
        memcpy(value, "md=", 3);
        memcpy(value + 3 + 126, "\xe2\x82\xac", 3);
        value[FACT_VALUE_MAX] = '\0';
        classify_all(rules, &class, said(FACT_MDNS_TXT, value));
        assert_int_equal(strlen(class.model), 126);
}

static void every_kind_takes_the_longest_value(void **state _unused_) {
        _cleanup_(freep) char *value = malloc(FACT_VALUE_MAX + 1);
        _cleanup_(ruleset_freep) struct ruleset *rules = NULL;
        struct classify_evidence evidence[_FACT_KIND_MAX + 1];
        struct classification class;
        char text[16384];
        struct strbuf b = STRBUF(text);

        for (int kind = 0; kind < _FACT_KIND_MAX; kind++)
                strbuf_printf(&b, "[r%d]\n%s=%s glob *y*y*y*y*z*\n%s\n", kind,
                              fact_kind_voice(kind) == VOICE_ASKS ? "Asks" : "Match", fact_kind_to_string(kind),
                              fact_kind_voice(kind) == VOICE_ASKS ? "Type=phone" : "Model=$1$2$3$4$5$6");
        assert_false(b.truncated);
        rules = rules_of(text);
        memset(value, 'y', FACT_VALUE_MAX);
        value[CLASSIFY_VALUE_MAX - 1] = 'z';
        value[FACT_VALUE_MAX] = '\0';
        for (int kind = -1; kind < _FACT_KIND_MAX; kind++)
                evidence[kind + 1] = (struct classify_evidence) {
                        kind, kind < 0 ? VOICE_SELF : fact_kind_voice(kind), value, 100 };
        classify(rules, NULL, evidence, ELEMENTSOF(evidence), &class);
        assert_int_equal(class.n_reasons, CLASSIFY_REASONS_MAX);
        assert_int_equal(strlen(class.model), CLASSIFY_TEXT_MAX - 1);

        /* What lies behind the limit is not looked at. */
        value[CLASSIFY_VALUE_MAX - 1] = 'y';
        value[CLASSIFY_VALUE_MAX] = 'z';
        classify(rules, NULL, evidence, ELEMENTSOF(evidence), &class);
        assert_int_equal(class.n_reasons, 0);
}

static void no_rules_and_no_evidence_say_nothing(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of("[a]\nMatch=vendor exists\nType=tv\n");
        struct classification class;

        memset(&class, 0xff, sizeof class);
        classify(rules, NULL, NULL, 0, &class);
        assert_int_equal(class.type, TYPE_UNKNOWN);
        assert_int_equal(class.type_confidence, 0);
        assert_int_equal(class.n_reasons, 0);
        classify_all(NULL, &class, said(_FACT_KIND_INVALID, "x"));
        assert_int_equal(class.type, TYPE_UNKNOWN);
        classify_all(rules, &class, said(_FACT_KIND_INVALID, ""));
        assert_int_equal(class.type, TYPE_TV);
}

/* --- Fusion -------------------------------------------------------------------------------------- */

#define FUSION_RULES                                                                            \
        "[v]\nMatch=vendor is x\nType=computer\nVendor=X\nConfidence=50\n"                      \
        "[h]\nMatch=dhcp.hostname is x\nType=computer\nConfidence=60\n"                         \
        "[h2]\nMatch=dhcp.hostname exists\nType=computer\nConfidence=40\n"                      \
        "[l]\nMatch=mdns.hinfo is laptop\nType=laptop\nConfidence=40\n"                         \
        "[w]\nMatch=mdns.hinfo is weak\nType=laptop\nConfidence=20\n"                           \
        "[p]\nMatch=mdns.hinfo is printer\nType=printer\nConfidence=50\n"                       \
        "[s]\nMatch=mdns.txt is streamer\nType=streamer\nConfidence=90\n"                       \
        "[k]\nMatch=mdns.hinfo is speaker\nType=speaker\nConfidence=30\n"                       \
        "[o1]\nMatch=vendor is x\nOS=Windows\nConfidence=80\n"                                  \
        "[o2]\nMatch=dhcp.hostname is x\nOS=Windows 11\nConfidence=45\n"                        \
        "[o3]\nMatch=dhcp.hostname is x\nOS=Windowsish\nConfidence=79\n"

static void independent_kinds_add_up_and_one_kind_does_not(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of(FUSION_RULES);
        struct classification class;

        classify_all(rules, &class, said(FACT_DHCP_HOSTNAME, "x"));
        assert_int_equal(class.type_confidence, 60); /* the 40 rests on the same kind */
        classify_all(rules, &class, said(FACT_DHCP_HOSTNAME, "x"), said(_FACT_KIND_INVALID, "x"));
        assert_int_equal(class.type, TYPE_COMPUTER);
        assert_int_equal(class.type_confidence, 80); /* 1 - 0.4 * 0.5 */
}

static void a_special_type_wins_over_the_general_one(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of(FUSION_RULES);
        struct classification class;

        classify_all(rules, &class, said(FACT_DHCP_HOSTNAME, "x"), said(FACT_MDNS_HINFO, "laptop"));
        assert_int_equal(class.type, TYPE_LAPTOP);
        assert_int_equal(class.type_confidence, 50); /* half way from its own 40 to the computer's 60 */
        classify_all(rules, &class, said(FACT_DHCP_HOSTNAME, "x"), said(FACT_MDNS_HINFO, "weak"));
        assert_int_equal(class.type, TYPE_COMPUTER);
        assert_int_equal(class.type_confidence, 60);
}

static void a_side_job_does_not_win_over_the_main_one(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of(FUSION_RULES);
        struct classification class;

        classify_all(rules, &class, said(FACT_MDNS_TXT, "streamer"), said(FACT_MDNS_HINFO, "speaker"));
        assert_int_equal(class.type, TYPE_STREAMER);
        assert_int_equal(class.type_confidence, 90);
}

static void contradiction_costs_confidence(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of(FUSION_RULES);
        struct classification class;

        classify_all(rules, &class, said(FACT_DHCP_HOSTNAME, "x"), said(FACT_MDNS_HINFO, "printer"));
        assert_int_equal(class.type, TYPE_COMPUTER);
        assert_int_equal(class.type_confidence, 45); /* 60 less half of 50 % */
}

static void weight_scales_a_vote(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of(FUSION_RULES);
        struct classify_evidence evidence = said(FACT_DHCP_HOSTNAME, "x");
        struct classification class;

        evidence.weight = 50;
        classify(rules, NULL, &evidence, 1, &class);
        assert_int_equal(class.type_confidence, 30);
        assert_int_equal(class.reasons[0].confidence, 79);
        evidence.weight = 0;
        classify(rules, NULL, &evidence, 1, &class);
        assert_int_equal(class.type, TYPE_UNKNOWN);
}

static void of_texts_the_one_that_says_more_is_taken(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of(FUSION_RULES);
        struct classification class;

        classify_all(rules, &class, said(_FACT_KIND_INVALID, "x"), said(FACT_DHCP_HOSTNAME, "x"));
        assert_string_equal(class.os, "Windows 11");
        assert_int_equal(class.os_confidence, 45);
        assert_string_equal(class.vendor, "X");
}

static void texts_of_several_witnesses_add_up(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules =
                rules_of("[m]\nMatch=mdns.hinfo exists\nOS=macOS\nConfidence=70\n"
                         "[a]\nMatch=vendor exists\nOS=Linux\nConfidence=50\n"
                         "[b]\nMatch=dhcp.hostname exists\nOS=linux 6\nConfidence=20\n"
                         "[c]\nMatch=mdns.txt exists\nOS=Linux\nConfidence=40\n");
        struct classification class;

        classify_all(rules, &class, said(FACT_MDNS_HINFO, "x"), said(_FACT_KIND_INVALID, "x"),
                     said(FACT_MDNS_TXT, "x"));
        assert_string_equal(class.os, "macOS"); /* 70 on either side: the strongest vote decides */
        assert_int_equal(class.os_confidence, 70);
        classify_all(rules, &class, said(FACT_MDNS_HINFO, "x"), said(_FACT_KIND_INVALID, "x"),
                     said(FACT_DHCP_HOSTNAME, "x"));
        assert_string_equal(class.os, "macOS");
        classify_all(rules, &class, said(FACT_MDNS_HINFO, "x"), said(_FACT_KIND_INVALID, "x"), said(FACT_MDNS_TXT, "x"),
                     said(FACT_DHCP_HOSTNAME, "x"));
        assert_string_equal(class.os, "Linux"); /* 76, of which "linux 6" has too little */
        assert_int_equal(class.os_confidence, 76);
}

static void reasons_come_strongest_first_with_their_evidence(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of(FUSION_RULES);
        struct classification class;

        classify_all(rules, &class, said(FACT_DHCP_HOSTNAME, "x"), said(_FACT_KIND_INVALID, "x"));
        assert_int_equal(class.n_reasons, 6);
        assert_string_equal(class.reasons[0].rule, "o1");
        assert_int_equal(class.reasons[0].evidence_index, 1);
        assert_int_equal(class.reasons[0].type, TYPE_UNKNOWN);
        assert_string_equal(class.reasons[2].rule, "h");
        assert_int_equal(class.reasons[2].confidence, 60);
        assert_int_equal(class.reasons[2].evidence_index, 0);
        assert_int_equal(class.reasons[2].type, TYPE_COMPUTER);
}

/* Every rotation of the evidence must give the same outcome, reasons included. */
static void the_order_of_the_evidence_does_not_matter(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules =
                rules_of(FUSION_RULES "[g]\nMatch=mdns.txt glob md=*\nModel=$1\n");
        struct classify_evidence evidence[] = {
                said(FACT_DHCP_HOSTNAME, "x"), said(_FACT_KIND_INVALID, "x"), said(FACT_MDNS_HINFO, "printer"),
                said(FACT_MDNS_TXT, "md=B"), said(FACT_MDNS_TXT, "md=A"), said(FACT_MDNS_HINFO, "laptop"),
                said(FACT_MDNS_TXT, "streamer"), { FACT_MDNS_TXT, VOICE_SELF, "md=C", 60 },
        };
        struct classification first, class;

        classify(rules, NULL, evidence, ELEMENTSOF(evidence), &first);
        assert_string_equal(first.model, "A");
        for (size_t turn = 1; turn < ELEMENTSOF(evidence); turn++) {
                struct classify_evidence head = evidence[0];

                memmove(evidence, evidence + 1, sizeof evidence - sizeof evidence[0]);
                evidence[ELEMENTSOF(evidence) - 1] = head;
                classify(rules, NULL, evidence, ELEMENTSOF(evidence), &class);
                assert_int_equal(class.type, first.type);
                assert_int_equal(class.type_confidence, first.type_confidence);
                assert_string_equal(class.model, first.model);
                assert_string_equal(class.os, first.os);
                assert_int_equal(class.n_reasons, first.n_reasons);
                for (size_t i = 0; i < class.n_reasons; i++)
                        assert_string_equal(class.reasons[i].rule, first.reasons[i].rule);
        }
}

static void more_votes_than_are_heard_leave_the_strongest(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = NULL;
        _cleanup_(freep) char *text = malloc(1 << 16);
        struct strbuf b = strbuf_make(text, 1 << 16);
        struct classification class;

        for (unsigned i = 0; i < VOTES_MAX + 50; i++)
                strbuf_printf(&b, "[r%03u]\nMatch=vendor exists\nType=tv\nConfidence=%u\n", i, 1 + i % 90);
        strbuf_string(&b, "[z]\nMatch=vendor exists\nType=nas\nConfidence=95\n");
        assert_false(b.truncated);
        rules = rules_of(text);
        classify_all(rules, &class, said(_FACT_KIND_INVALID, "x"));
        assert_int_equal(class.type, TYPE_NAS);
        assert_string_equal(class.reasons[0].rule, "z");
        assert_int_equal(class.reasons[1].confidence, 90);
}

static void refinement_has_no_circles(void **state _unused_) {
        for (int a = 0; a < _TYPE_MAX; a++)
                for (int b = 0; b < _TYPE_MAX; b++)
                        assert_false(type_refines(a, b) && type_refines(b, a));
}

/* What is remembered makes no difference. */
static void a_memo_changes_nothing(void **state _unused_) {
        _cleanup_(ruleset_freep) struct ruleset *rules = rules_of(FUSION_RULES);
        _cleanup_(match_memo_freep) struct match_memo *memo = NULL;
        const struct classify_evidence evidence[] = { said(FACT_DHCP_HOSTNAME, "x"), said(FACT_MDNS_HINFO, "printer"),
                                                      said(FACT_HTTP_SERVER, "nobody knows") };
        struct classification first, class;

        assert_int_equal(match_memo_new(&memo, 1), 0);
        classify(rules, NULL, evidence, ELEMENTSOF(evidence), &first);
        assert_int_equal(first.type, TYPE_COMPUTER);
        for (unsigned i = 0; i < 3; i++) {
                classify(rules, memo, evidence, ELEMENTSOF(evidence), &class);
                assert_memory_equal(&class, &first, sizeof class);
                assert_true(classify_is_known(rules, memo, &evidence[0]));
                assert_false(classify_is_known(rules, memo, &evidence[2]));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mistakes_are_told_with_file_and_line),
                cmocka_unit_test(rules_that_make_no_sense_are_told),
                cmocka_unit_test(a_wrong_rule_costs_only_itself),
                cmocka_unit_test(drop_ins_replace_and_remove),
                cmocka_unit_test(a_broken_drop_in_leaves_the_rule_it_meant_to_replace),
                cmocka_unit_test(the_second_of_a_name_in_one_file_is_refused),
                cmocka_unit_test(folders_load_in_order_and_bad_files_are_told),
                cmocka_unit_test(more_rules_than_fit_are_refused),
                cmocka_unit_test(all_any_and_not),
                cmocka_unit_test(a_condition_reads_only_its_kind),
                cmocka_unit_test(a_name_is_the_first_label_whoever_says_it),
                cmocka_unit_test(what_is_asked_for_matches_only_asks),
                cmocka_unit_test(rules_cannot_make_a_search_the_thing),
                cmocka_unit_test(templates_take_captures),
                cmocka_unit_test(captured_text_is_bounded_and_cleaned),
                cmocka_unit_test(every_kind_takes_the_longest_value),
                cmocka_unit_test(no_rules_and_no_evidence_say_nothing),
                cmocka_unit_test(independent_kinds_add_up_and_one_kind_does_not),
                cmocka_unit_test(a_special_type_wins_over_the_general_one),
                cmocka_unit_test(a_side_job_does_not_win_over_the_main_one),
                cmocka_unit_test(contradiction_costs_confidence),
                cmocka_unit_test(weight_scales_a_vote),
                cmocka_unit_test(a_memo_changes_nothing),
                cmocka_unit_test(of_texts_the_one_that_says_more_is_taken),
                cmocka_unit_test(texts_of_several_witnesses_add_up),
                cmocka_unit_test(reasons_come_strongest_first_with_their_evidence),
                cmocka_unit_test(the_order_of_the_evidence_does_not_matter),
                cmocka_unit_test(more_votes_than_are_heard_leave_the_strongest),
                cmocka_unit_test(refinement_has_no_circles),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
