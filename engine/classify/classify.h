/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/conf-file.h"
#include "engine/classify/device-type.h"
#include "engine/classify/os-signatures.h"
#include "engine/fact.h"

/* Rules: evidence -> what a device is. A rule file is INI (data/rules/README.md has the format); a
 * ruleset is immutable once loaded and may serve many classifications. */

struct ruleset;

/* Told about every mistake in a rule file; the rule is left out and the rest still loads. */
typedef conf_complaint_fn ruleset_complaint_fn;

int ruleset_new(struct ruleset **ret);
struct ruleset *ruleset_free(struct ruleset *rules);
/* Adds the rules of one file, read to its end. A rule of the same name replaces the earlier one, an empty
 * rule removes it (drop-ins). `name` is for messages. Number of rules read, or -errno of a failed read. */
int ruleset_load(struct ruleset *rules, const char *name, FILE *f, ruleset_complaint_fn complain, void *userdata);
/* The same of the files `paths` (NULL-terminated), in that order. One that cannot be read is a complaint with line 0; where
 * `ret_failed` is given it is the end, and `*ret_failed` is its path, of `paths`. */
int ruleset_load_files(struct ruleset *rules, char *const paths[], ruleset_complaint_fn complain, void *userdata,
                       const char **ret_failed);
/* Loads all "*.conf" of `folders` (NULL-terminated; the earlier overrides the later, as conf_files_list() says), in the
 * order of their names. A file that cannot be read is a complaint with line 0. Number of rules read, or -errno. */
int ruleset_load_folders(struct ruleset *rules, const char *const folders[], ruleset_complaint_fn complain,
                         void *userdata);
/* TCP signatures of operating systems, which the set owns from now on; NULL: none. Those of before are freed. */
void ruleset_set_signatures(struct ruleset *rules, struct os_signatures *signatures);
const struct os_signatures *ruleset_signatures(const struct ruleset *rules); /* NULL: none */
size_t ruleset_count(const struct ruleset *rules);
/* Names in alphabetic order; NULL behind the last. */
const char *ruleset_rule_name(const struct ruleset *rules, size_t i);

/* A piece of a device's evidence as the classifier sees it. */
struct classify_evidence {
        enum fact_kind kind; /* _FACT_KIND_INVALID: the vendor name of the address (OUI) */
        enum fact_voice voice;
        const char *value;
        uint8_t weight; /* 0..100; 100 for what is fresh and often heard. A rule's vote is scaled by it. 0: not looked at */
};

#define CLASSIFY_REASONS_MAX 16
#define CLASSIFY_TEXT_MAX 128
/* Only so many bytes of a value are looked at. */
#define CLASSIFY_VALUE_MAX 1024

/* One rule that matched, strongest first. */
struct classify_reason {
        const char *rule;        /* owned by the ruleset */
        uint8_t confidence;      /* the rule's own, 0..100 */
        uint16_t evidence_index; /* into the array given: the first piece that matched */
        enum device_type type;   /* what the rule votes for; TYPE_UNKNOWN where it says nothing of type */
};

struct classification {
        enum device_type type;
        uint8_t type_confidence, vendor_confidence, model_confidence, os_confidence; /* 0..100 */
        char vendor[CLASSIFY_TEXT_MAX], model[CLASSIFY_TEXT_MAX], os[CLASSIFY_TEXT_MAX]; /* "" unknown */
        struct classify_reason reasons[CLASSIFY_REASONS_MAX];
        size_t n_reasons;
};

/* What was found out of values before, of this very ruleset (match-memo.h). In what follows NULL: nothing is remembered. */
struct match_memo;

/* Does any condition, of whatever rule, hold for this piece of evidence? */
bool classify_is_known(const struct ruleset *rules, struct match_memo *memo, const struct classify_evidence *evidence);

/* Fuses all rules that match. Evidence of voice ASKS matches only conditions that ask for it by name.
 * The same evidence in any order gives the same result. */
void classify(const struct ruleset *rules, struct match_memo *memo, const struct classify_evidence *evidence, size_t n_evidence,
              struct classification *ret);
