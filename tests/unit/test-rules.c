/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/conf-file.h"
#include "engine/classify/classify.h"

/* The rules that are shipped, against devices as rule-cases/ describes them. A case is a section: Evidence=KIND VALUE
 * (or Asks=), several; Rule= names rules that must have matched, and the section's own name is one where such a
 * rule exists; Type, Vendor, Model and OS are the outcome, and where they are missing nothing may be known. */

#define CASE_EVIDENCE_MAX 96

struct rule_case {
        char name[CONF_NAME_MAX + 1], file[512];
        unsigned line;
        struct classify_evidence evidence[CASE_EVIDENCE_MAX];
        char *values[CASE_EVIDENCE_MAX];
        size_t n_evidence;
        char *rules[8];
        size_t n_rules;
        char type[64], vendor[CLASSIFY_TEXT_MAX], model[CLASSIFY_TEXT_MAX], os[CLASSIFY_TEXT_MAX];
};

struct suite {
        struct ruleset *rules;
        bool *covered; /* by a case, as ruleset_rule_name() numbers them */
        struct rule_case current;
        unsigned cases, failed, complaints;
};

static void complain(void *userdata, const char *file, unsigned line, const char *message) {
        struct suite *suite = userdata;

        suite->complaints++;
        print_error("%s:%u: %s\n", file, line, message);
}

static void fail_case(struct suite *suite, const char *what, const char *expected, const char *found) {
        suite->failed++;
        print_error("%s:%u: %s: %s is \"%s\", not \"%s\"\n", suite->current.file, suite->current.line,
                    suite->current.name, what, found, expected);
}

static bool has_reason(const struct classification *c, const char *rule) {
        for (size_t i = 0; i < c->n_reasons; i++)
                if (strcmp(c->reasons[i].rule, rule) == 0)
                        return true;
        return false;
}

static void expect_rule(struct suite *suite, const struct classification *c, const char *rule) {
        for (size_t i = 0; i < ruleset_count(suite->rules); i++)
                if (strcmp(ruleset_rule_name(suite->rules, i), rule) == 0) {
                        suite->covered[i] = has_reason(c, rule);
                        if (!suite->covered[i])
                                fail_case(suite, "a rule that must match", rule, "missing");
                        return;
                }
}

static void expect_text(struct suite *suite, const char *what, const char *expected, const char *found) {
        if (strcmp(expected, found) != 0)
                fail_case(suite, what, expected, found);
}

static void run_case(struct suite *suite) {
        struct rule_case *c = &suite->current;
        struct classification class;

        if (c->line == 0) /* before the first section */
                return;
        if (c->n_evidence == 0)
                fail_case(suite, "evidence", "there", "missing");
        suite->cases++;
        classify(suite->rules, NULL, c->evidence, c->n_evidence, &class);
        expect_rule(suite, &class, c->name);
        for (size_t i = 0; i < c->n_rules; i++) {
                expect_rule(suite, &class, c->rules[i]);
                free(c->rules[i]);
        }
        expect_text(suite, "type", *c->type ? c->type : "unknown", device_type_to_string(class.type));
        expect_text(suite, "vendor", c->vendor, class.vendor);
        expect_text(suite, "model", c->model, class.model);
        expect_text(suite, "OS", c->os, class.os);
        for (size_t i = 0; i < c->n_evidence; i++)
                free(c->values[i]);
        memset(c, 0, sizeof *c);
}

static void add_evidence(struct suite *suite, const struct conf_entry *entry, bool asks) {
        struct rule_case *c = &suite->current;
        struct classify_evidence *evidence = &c->evidence[c->n_evidence];
        char *value = strdup(entry->value), *rest;

        assert_non_null(value);
        assert_true(c->n_evidence < CASE_EVIDENCE_MAX);
        c->values[c->n_evidence++] = value;
        rest = value + strcspn(value, " ");
        if (*rest != '\0')
                *rest++ = '\0';
        evidence->kind = fact_kind_from_string(value);
        if (evidence->kind < 0 && strcmp(value, "vendor") != 0)
                fail_case(suite, "kind of evidence", "one that exists", value);
        evidence->voice = asks ? VOICE_ASKS : VOICE_SELF;
        evidence->weight = 100;
        evidence->value = rest;
}

static void take_text(char *ret, size_t size, const struct conf_entry *entry) {
        snprintf(ret, size, "%s", entry->value);
}

static int take_entry(void *userdata, const struct conf_entry *entry) {
        struct suite *suite = userdata;
        struct rule_case *c = &suite->current;

        if (!entry->key) {
                run_case(suite);
                snprintf(c->name, sizeof c->name, "%s", entry->section);
                snprintf(c->file, sizeof c->file, "%s", entry->file);
                c->line = entry->line;
        } else if (strcmp(entry->key, "Evidence") == 0 || strcmp(entry->key, "Asks") == 0)
                add_evidence(suite, entry, *entry->key == 'A');
        else if (strcmp(entry->key, "Rule") == 0 && c->n_rules < ELEMENTSOF(c->rules))
                c->rules[c->n_rules++] = strdup(entry->value);
        else if (strcmp(entry->key, "Type") == 0)
                take_text(c->type, sizeof c->type, entry);
        else if (strcmp(entry->key, "Vendor") == 0)
                take_text(c->vendor, sizeof c->vendor, entry);
        else if (strcmp(entry->key, "Model") == 0)
                take_text(c->model, sizeof c->model, entry);
        else if (strcmp(entry->key, "OS") == 0)
                take_text(c->os, sizeof c->os, entry);
        else
                fail_case(suite, "key", "one that is known", entry->key);
        return 0;
}

static char *source_path(char *buffer, size_t size, const char *path) {
        const char *root = getenv("SOURCE_ROOT");

        snprintf(buffer, size, "%s/%s", root ? root : ".", path);
        return buffer;
}

static int suite_load(void **state) {
        static struct suite suite;
        char path[512];
        const char *folders[] = { source_path(path, sizeof path, "data/rules"), NULL };

        if (ruleset_new(&suite.rules) < 0 || ruleset_load_folders(suite.rules, folders, complain, &suite) < 0)
                return -1;
        suite.covered = calloc(ruleset_count(suite.rules), sizeof(bool));
        *state = &suite;
        return suite.covered ? 0 : -1;
}

static int suite_free(void **state) {
        struct suite *suite = *state;

        ruleset_free(suite->rules);
        free(suite->covered);
        return 0;
}

static void shipped_rules_load_without_complaint(void **state) {
        struct suite *suite = *state;

        assert_int_equal(suite->complaints, 0);
        assert_true(ruleset_count(suite->rules) >= 150);
}

static void every_case_comes_out_as_written(void **state) {
        struct suite *suite = *state;
        char path[512];
        const char *folders[] = { source_path(path, sizeof path, "tests/unit/rule-cases"), NULL };
        _cleanup_(strings_freep) char **files = NULL;

        assert_int_equal(conf_files_list(folders, ".conf", &files), 0);
        for (size_t i = 0; files[i]; i++) {
                _cleanup_(fclosep) FILE *f = fopen(files[i], "re");

                assert_non_null(f);
                assert_int_equal(conf_file_parse(f, files[i], take_entry, complain, suite), 0);
                run_case(suite);
        }
        print_message("# %zu rules, %u cases\n", ruleset_count(suite->rules), suite->cases);
        assert_int_equal(suite->complaints, 0);
        assert_int_equal(suite->failed, 0);
}

static void every_rule_has_a_case(void **state) {
        struct suite *suite = *state;
        unsigned missing = 0;

        for (size_t i = 0; i < ruleset_count(suite->rules); i++)
                if (!suite->covered[i]) {
                        print_error("rule %s has no case\n", ruleset_rule_name(suite->rules, i));
                        missing++;
                }
        assert_int_equal(missing, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(shipped_rules_load_without_complaint),
                cmocka_unit_test(every_case_comes_out_as_written),
                cmocka_unit_test(every_rule_has_a_case),
        };

        return cmocka_run_group_tests(tests, suite_load, suite_free);
}
