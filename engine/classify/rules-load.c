/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rule files -> rules. Everything that a rule file can get wrong is told with file and line here; what reaches
 * the set is known to be sound. data/rules/README.md has the format. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/conf-file.h"
#include "common/strbuf.h"
#include "engine/classify/classify.h"
#include "engine/classify/rule.h"

struct loader {
        struct ruleset *rules;
        conf_complaint_fn complain;
        void *userdata;
        struct rule rule;            /* being read; without a name before the first section */
        struct condition conditions[RULE_CONDITIONS_MAX]; /* its own */
        struct arena before;         /* what the set had taken before it */
        struct conf_entry section;   /* where it began; only file and line are used */
        bool empty, bad;             /* no key at all; a key that cannot be taken */
        unsigned seen;               /* bits of enum rule_key */
        enum fact_kind kind;         /* that was named last */
        int n_taken;
};

enum rule_key { KEY_ALL, KEY_ASKS, KEY_ANY, KEY_NOT, KEY_TYPE, KEY_VENDOR, KEY_MODEL, KEY_OS, KEY_CONFIDENCE };

static const struct {
        const char *name;
        enum rule_key key;
} keys[] = {
        { "Match", KEY_ALL },    { "Asks", KEY_ASKS },     { "Any", KEY_ANY },
        { "Not", KEY_NOT },      { "Type", KEY_TYPE },     { "Vendor", KEY_VENDOR },
        { "Model", KEY_MODEL },  { "OS", KEY_OS },         { "Confidence", KEY_CONFIDENCE },
};

static const struct {
        const char *name;
        unsigned flags;
        bool bare; /* takes no pattern */
} operators[] = {
        { "exists", GLOB_LITERAL | GLOB_OPEN_START | GLOB_OPEN_END, true },
        { "is", GLOB_LITERAL, false },
        { "starts", GLOB_LITERAL | GLOB_OPEN_END, false },
        { "ends", GLOB_LITERAL | GLOB_OPEN_START, false },
        { "contains", GLOB_LITERAL | GLOB_OPEN_START | GLOB_OPEN_END, false },
        { "glob", 0, false },
};

#define CONFIDENCE_DEFAULT 50
/* What a device looks for tells little of what it is. */
#define ASKING_CONFIDENCE_MAX 50

/* Complains about `entry` and leaves the rule out. */
#define reject(l, entry, ...)                                                     \
        ({                                                                        \
                (l)->bad = true;                                                  \
                conf_complain((l)->complain, (l)->userdata, (entry), __VA_ARGS__); \
                0;                                                                \
        })

/* Splits the next word off `*s`; "" at the end. */
static char *take_word(char **s) {
        char *word = *s, *end = word + strcspn(word, " \t");

        *s = end + strspn(end, " \t");
        *end = '\0';
        return word;
}

static int find_operator(char *word, unsigned *ret_flags, bool *ret_bare) {
        char *slash = strchr(word, '/');
        bool with_case = slash && strcmp(slash, "/case") == 0;

        if (with_case)
                *slash = '\0';
        for (size_t i = 0; i < ELEMENTSOF(operators); i++)
                if (strcmp(word, operators[i].name) == 0) {
                        *ret_flags = operators[i].flags | (with_case ? GLOB_CASE : 0);
                        *ret_bare = operators[i].bare;
                        return 0;
                }
        return -EINVAL;
}

/* A file's rules ask for the same kind again and again. */
static enum fact_kind find_kind(struct loader *l, const char *word) {
        const char *last = fact_kind_to_string(l->kind);

        if (!last || strcmp(word, last) != 0)
                l->kind = fact_kind_from_string(word);
        return l->kind;
}

/* The slot that `word` names. Kinds that answers carry too (ssdp.st) may be matched as well as asked; all other
 * kinds are either. */
static int find_slot(struct loader *l, const struct conf_entry *entry, const char *word, bool asks, uint16_t *ret) {
        enum fact_kind kind;

        if (strcmp(word, "vendor") == 0 && !asks) {
                *ret = SLOT_VENDOR;
                return 1;
        }
        if (strcmp(word, "name") == 0 && !asks) {
                *ret = SLOT_NAME;
                return 1;
        }
        kind = find_kind(l, word);
        if (kind < 0)
                return reject(l, entry, "%s= names the kind \"%s\", which does not exist, leaving rule out", entry->key,
                              word);
        if (asks && fact_kind_voice(kind) != VOICE_ASKS)
                return reject(l, entry, "%s is not a kind that asks for something, leaving rule out", word);
        if (!asks && fact_kind_voice(kind) == VOICE_ASKS && !fact_kind_is_answered(kind))
                return reject(l, entry, "%s is a question and does not describe the device (Asks= matches it), "
                              "leaving rule out", word);
        *ret = SLOT_OF_KIND(kind);
        return 1;
}

/* "KIND OPERATOR PATTERN" */
static int take_condition(struct loader *l, const struct conf_entry *entry, enum condition_role role, bool asks) {
        struct condition c = { .role = (uint8_t) role, .asks = asks };
        char copy[CONF_LINE_MAX + 1], *rest = copy, *kind, *operator;
        struct strbuf b = STRBUF(copy);
        unsigned flags;
        bool bare;
        int r;

        if (l->rule.n_conditions >= RULE_CONDITIONS_MAX)
                return reject(l, entry, "more than %d conditions, leaving rule out", RULE_CONDITIONS_MAX);
        strbuf_string(&b, entry->value);
        kind = take_word(&rest);
        operator = take_word(&rest);
        r = find_slot(l, entry, kind, asks, &c.slot);
        if (r <= 0)
                return r;
        if (find_operator(operator, &flags, &bare) < 0)
                return reject(l, entry, "unknown operator \"%s\", leaving rule out", operator);
        if (bare != (*rest == '\0'))
                return reject(l, entry, "%s, leaving rule out", bare ? "text behind \"exists\"" : "no pattern");
        r = glob_new(&c.glob, &l->rules->memory, rest, flags);
        if (r == -EINVAL)
                return reject(l, entry, "pattern \"%s\" has an open set, a lone '\\' or too many '*', leaving rule out",
                              rest);
        if (r >= 0)
                l->conditions[l->rule.n_conditions++] = c;
        return r;
}

static int take_type(struct loader *l, const struct conf_entry *entry) {
        enum device_type type = device_type_from_string(entry->value);

        if (type <= TYPE_UNKNOWN)
                return reject(l, entry, "Type= names no type of device: \"%s\", leaving rule out", entry->value);
        l->rule.type = type;
        return 0;
}

static int take_text(struct loader *l, const struct conf_entry *entry, char **field) {
        if (*entry->value == '\0' || strlen(entry->value) >= CLASSIFY_TEXT_MAX)
                return reject(l, entry, "%s= is empty or too long, leaving rule out", entry->key);
        *field = arena_string(&l->rules->memory, entry->value);
        return *field ? 0 : -ENOMEM;
}

static int take_confidence(struct loader *l, const struct conf_entry *entry) {
        unsigned long value;
        char *end;

        errno = 0;
        value = strtoul(entry->value, &end, 10);
        if (errno != 0 || *entry->value < '0' || *entry->value > '9' || *end != '\0' || value < 1 || value > 100)
                return reject(l, entry, "Confidence= is not a number from 1 to 100: \"%s\", leaving rule out",
                              entry->value);
        l->rule.confidence = (uint8_t) value;
        return 0;
}

static int take_key(struct loader *l, const struct conf_entry *entry, enum rule_key key) {
        if (key >= KEY_TYPE && l->seen & 1U << key)
                return reject(l, entry, "%s= stands twice, leaving rule out", entry->key);
        l->seen |= 1U << key;
        switch (key) {
        case KEY_ALL:
                return take_condition(l, entry, CONDITION_ALL, false);
        case KEY_ASKS:
                return take_condition(l, entry, CONDITION_ALL, true);
        case KEY_ANY:
                return take_condition(l, entry, CONDITION_ANY, false);
        case KEY_NOT:
                return take_condition(l, entry, CONDITION_NOT, false);
        case KEY_TYPE:
                return take_type(l, entry);
        case KEY_VENDOR:
                return take_text(l, entry, &l->rule.vendor);
        case KEY_MODEL:
                return take_text(l, entry, &l->rule.model);
        case KEY_OS:
                return take_text(l, entry, &l->rule.os);
        case KEY_CONFIDENCE:
                return take_confidence(l, entry);
        }
        return 0;
}

/* How many captures a template may name: those of the first condition that must hold; of several of which any
 * may hold, what all of them have. */
static size_t count_captures(const struct rule *rule) {
        size_t n = GLOB_CAPTURES_MAX;

        for (size_t i = 0; i < rule->n_conditions; i++)
                if (rule->conditions[i].role == CONDITION_ALL)
                        return glob_n_captures(rule->conditions[i].glob);
        for (size_t i = 0; i < rule->n_conditions; i++)
                if (rule->conditions[i].role == CONDITION_ANY)
                        n = MIN(n, glob_n_captures(rule->conditions[i].glob));
        return n;
}

static bool template_is_sound(const char *text, size_t n_captures) {
        for (; text && (text = strchr(text, '$')); text += 2)
                if (text[1] != '$' && (text[1] < '1' || text[1] > '9' || (size_t) (text[1] - '0') > n_captures))
                        return false;
        return true;
}

/* What a device looks for must not become what it is: only that it is a thing people search with. */
static bool asking_is_sound(const struct rule *rule) {
        enum device_category category = device_type_category(rule->type);
        bool asks = false, searches;

        for (size_t i = 0; i < rule->n_conditions; i++)
                asks = asks || rule->conditions[i].asks;
        searches = category == CATEGORY_UNKNOWN || category == CATEGORY_COMPUTER || category == CATEGORY_MOBILE;
        return !asks || (searches && rule->confidence <= ASKING_CONFIDENCE_MAX);
}

/* What is wrong with a rule whose keys are all right, or NULL. */
static const char *check_rule(const struct rule *rule) {
        size_t captures = count_captures(rule), positive = 0;

        for (size_t i = 0; i < rule->n_conditions; i++)
                positive += rule->conditions[i].role != CONDITION_NOT;
        if (positive == 0)
                return "matches nothing (no Match=, Any= or Asks=)";
        if (rule->type == TYPE_UNKNOWN && !rule->vendor && !rule->model && !rule->os)
                return "says nothing (no Type=, Vendor=, Model= or OS=)";
        if (!template_is_sound(rule->vendor, captures) || !template_is_sound(rule->model, captures) ||
            !template_is_sound(rule->os, captures))
                return "names a '$' that its first condition does not capture";
        if (!asking_is_sound(rule))
                return "gives, for what a device asks for, a type that is not a computer's or a phone's, "
                       "or a confidence over 50";
        return NULL;
}

/* Where `name` stands, or would. */
static bool find_rule(const struct ruleset *rules, const char *name, size_t *ret) {
        size_t low = 0, high = rules->n_rules;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int c = strcmp(name, rules->rules[middle]->name);

                if (c == 0) {
                        *ret = middle;
                        return true;
                }
                if (c < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        *ret = low;
        return false;
}

static void remove_rule(struct loader *l, const char *name) {
        struct ruleset *rules = l->rules;
        size_t i;

        if (!find_rule(rules, name, &i)) {
                conf_complain(l->complain, l->userdata, &l->section, "rule %s is empty, and there is none to remove",
                              name);
                return;
        }
        rules->n_rule_conditions -= rules->rules[i]->n_conditions;
        rules->n_rules--;
        memmove(&rules->rules[i], &rules->rules[i + 1], (rules->n_rules - i) * sizeof rules->rules[0]);
}

/* Is there room for `rule`, in the place of `old` (NULL: beside all others)? */
static bool has_room(const struct ruleset *rules, const struct rule *rule, const struct rule *old) {
        if (!old && rules->n_rules >= RULES_MAX)
                return false;
        return rules->n_rule_conditions - (old ? old->n_conditions : 0) + rule->n_conditions <= CONDITIONS_MAX;
}

/* Puts the rule that was read in the place of `old` (NULL: before `at`). */
static int keep_rule(struct loader *l, struct rule *old, size_t at) {
        struct ruleset *rules = l->rules;
        struct rule *rule = arena_take(&rules->memory, sizeof *rule);
        size_t n = l->rule.n_conditions;

        if (!rule)
                return -ENOMEM;
        *rule = l->rule;
        rule->conditions = arena_take(&rules->memory, n * sizeof rule->conditions[0]);
        if (!rule->conditions)
                return -ENOMEM;
        memcpy(rule->conditions, l->conditions, n * sizeof rule->conditions[0]);
        if (!old) {
                memmove(&rules->rules[at + 1], &rules->rules[at], (rules->n_rules - at) * sizeof rules->rules[0]);
                rules->n_rules++;
        }
        rules->n_rule_conditions += n - (old ? old->n_conditions : 0);
        rules->rules[at] = rule;
        l->n_taken++;
        return 1;
}

/* 1: the set has it now; 0: it is left out, and told why. */
static int take_rule(struct loader *l) {
        const struct rule *rule = &l->rule;
        struct rule *old = NULL;
        const char *wrong;
        size_t at;

        if (l->bad)
                return 0;
        if (l->empty) {
                remove_rule(l, rule->name);
                return 0;
        }
        wrong = check_rule(rule);
        if (wrong) {
                conf_complain(l->complain, l->userdata, &l->section, "rule %s %s, leaving it out", rule->name, wrong);
                return 0;
        }
        if (find_rule(l->rules, rule->name, &at))
                old = l->rules->rules[at];
        if (old && old->file == l->rules->n_files) {
                conf_complain(l->complain, l->userdata, &l->section, "rule %s stands twice, keeping the first",
                              rule->name);
                return 0;
        }
        if (!has_room(l->rules, rule, old)) {
                conf_complain(l->complain, l->userdata, &l->section, "too many rules, leaving rule %s out", rule->name);
                return 0;
        }
        return keep_rule(l, old, at);
}

/* The section is over: takes its rule, or forgets it. */
static int finish_rule(struct loader *l) {
        int r = l->rule.name ? take_rule(l) : 1;

        if (r <= 0)
                arena_rewind(&l->rules->memory, l->before);
        l->rule.name = NULL;
        return MIN(r, 0);
}

static bool may_stand_in_name(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

static bool name_is_sound(const char *name) {
        while (may_stand_in_name(*name))
                name++;
        return *name == '\0';
}

static int start_rule(struct loader *l, const struct conf_entry *entry) {
        int r = finish_rule(l);

        if (r < 0)
                return r;
        if (*entry->section == '\0')
                return 0; /* cannot be read, and is told */
        l->section = (struct conf_entry) { .file = entry->file, .line = entry->line };
        l->empty = true;
        l->bad = false;
        l->seen = 0;
        l->before = l->rules->memory;
        l->rule = (struct rule) {
                .name = arena_string(&l->rules->memory, entry->section),
                .conditions = l->conditions,
                .confidence = CONFIDENCE_DEFAULT,
                .file = l->rules->n_files,
        };
        if (!l->rule.name)
                return -ENOMEM;
        if (!name_is_sound(entry->section))
                reject(l, entry, "rule's name has other characters than letters, digits, '-', '.' and '_', "
                       "leaving it out");
        return 0;
}

static int take_entry(void *userdata, const struct conf_entry *entry) {
        struct loader *l = userdata;

        if (!entry->key)
                return start_rule(l, entry);
        if (!l->rule.name)
                return reject(l, entry, "key before the first rule, ignoring it");
        l->empty = false;
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (*entry->key == *keys[i].name && strcmp(entry->key, keys[i].name) == 0)
                        return take_key(l, entry, keys[i].key);
        return reject(l, entry, "unknown key \"%s\", leaving rule out", entry->key);
}

static void take_complaint(void *userdata, const char *file, unsigned line, const char *message) {
        struct loader *l = userdata;

        /* A line of a rule that cannot be read: what is left of the rule might mean something else. */
        l->bad = true;
        if (l->complain)
                l->complain(l->userdata, file, line, message);
}

/* Without the index. */
static int load(struct ruleset *rules, const char *name, FILE *f, ruleset_complaint_fn complain, void *userdata) {
        struct loader l = { .rules = rules, .complain = complain, .userdata = userdata };
        int r;

        rules->n_files++;
        r = conf_file_parse(f, name, take_entry, take_complaint, &l);
        if (r == 0)
                r = finish_rule(&l);
        return r < 0 ? r : l.n_taken;
}

int ruleset_load(struct ruleset *rules, const char *name, FILE *f, ruleset_complaint_fn complain, void *userdata) {
        int r = load(rules, name, f, complain, userdata), index = ruleset_index(rules);

        return r >= 0 && index < 0 ? index : r;
}

static int load_path(struct ruleset *rules, const char *path, ruleset_complaint_fn complain, void *userdata) {
        _cleanup_(fclosep) FILE *f = fopen(path, "re");

        return f ? load(rules, path, f, complain, userdata) : -errno;
}

int ruleset_load_files(struct ruleset *rules, char *const paths[], ruleset_complaint_fn complain, void *userdata,
                       const char **ret_failed) {
        int r = 0, n = 0, index;

        for (size_t i = 0; paths[i] && r >= 0; i++) {
                r = load_path(rules, paths[i], complain, userdata);
                n += MAX(r, 0);
                if (r < 0 && ret_failed) {
                        *ret_failed = paths[i];
                } else if (r < 0 && r != -ENOMEM && complain) {
                        complain(userdata, paths[i], 0, strerror(-r));
                        r = 0;
                }
        }
        index = ruleset_index(rules); /* also of what was taken before it failed */
        if (r < 0)
                return r;
        return index < 0 ? index : n;
}

int ruleset_load_folders(struct ruleset *rules, const char *const folders[], ruleset_complaint_fn complain,
                         void *userdata) {
        _cleanup_(strings_freep) char **paths = NULL;
        int r = conf_files_list(folders, ".conf", &paths);

        return r < 0 ? r : ruleset_load_files(rules, paths, complain, userdata, NULL);
}
