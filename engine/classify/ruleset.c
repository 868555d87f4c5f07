/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A set of rules and the index over their conditions. Reading files is rules-load.c's. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/classify/classify.h"
#include "engine/classify/rule.h"

static void clear_index(struct ruleset *rules) {
        free(rules->conditions);
        rules->conditions = NULL;
        rules->n_conditions = 0;
        memset(rules->buckets, 0xff, sizeof rules->buckets);
        memset(rules->unfiltered, 0xff, sizeof rules->unfiltered);
}

int ruleset_new(struct ruleset **ret) {
        struct ruleset *rules = calloc(1, sizeof *rules);

        if (!rules)
                return -ENOMEM;
        clear_index(rules);
        *ret = rules;
        return 0;
}

static void clear_rules(struct ruleset *rules) {
        rules->n_rules = rules->n_rule_conditions = 0;
        arena_rewind(&rules->memory, (struct arena) {});
        clear_index(rules);
}

struct ruleset *ruleset_free(struct ruleset *rules) {
        if (!rules)
                return NULL;
        clear_rules(rules);
        os_signatures_free(rules->signatures);
        free(rules);
        return NULL;
}

void ruleset_set_signatures(struct ruleset *rules, struct os_signatures *signatures) {
        os_signatures_free(rules->signatures);
        rules->signatures = signatures;
}

const struct os_signatures *ruleset_signatures(const struct ruleset *rules) {
        return rules->signatures;
}

size_t ruleset_count(const struct ruleset *rules) {
        return rules->n_rules;
}

const char *ruleset_rule_name(const struct ruleset *rules, size_t i) {
        return i < rules->n_rules ? rules->rules[i]->name : NULL;
}

/* Of a longer pattern the first ones will do. */
#define GRAMS_MAX 256

/* How many patterns each bucket's texts stand in. What many patterns share ("._tcp.local") most values hold. */
static void count_grams(const struct rule *rule, uint32_t *shared) {
        uint32_t grams[GRAMS_MAX];

        for (size_t i = 0; i < rule->n_conditions; i++) {
                const struct condition *condition = &rule->conditions[i];
                size_t n = glob_grams(condition->glob, grams, ELEMENTSOF(grams));

                for (size_t k = 0; k < n; k++)
                        shared[index_bucket(condition->slot, grams[k])]++;
        }
}

/* The list that `condition` goes to: of all buckets that its pattern allows, the one least shared. */
static uint16_t *choose_list(struct ruleset *rules, const struct condition *condition, const uint32_t *shared) {
        uint16_t *best = &rules->unfiltered[condition->slot];
        uint32_t grams[GRAMS_MAX], best_shared = UINT32_MAX;
        size_t n = glob_grams(condition->glob, grams, ELEMENTSOF(grams));

        for (size_t i = 0; i < n; i++) {
                uint16_t bucket = index_bucket(condition->slot, grams[i]);

                if (shared[bucket] >= best_shared)
                        continue;
                best_shared = shared[bucket];
                best = &rules->buckets[bucket];
        }
        return best;
}

static void index_rule(struct ruleset *rules, size_t index, const uint32_t *shared) {
        struct rule *rule = rules->rules[index];

        rule->first = (uint16_t) rules->n_conditions;
        for (size_t i = 0; i < rule->n_conditions; i++) {
                uint16_t *list = choose_list(rules, &rule->conditions[i], shared);

                rules->conditions[rules->n_conditions] = (struct indexed_condition) { &rule->conditions[i], (uint16_t) index, *list };
                *list = (uint16_t) rules->n_conditions++;
        }
}

int ruleset_index(struct ruleset *rules) {
        uint32_t shared[INDEX_BUCKETS] = {};
        struct indexed_condition *conditions;

        conditions = calloc(MAX(rules->n_rule_conditions, (size_t) 1), sizeof *conditions);
        if (!conditions) { /* the old index names conditions that may be gone */
                clear_rules(rules);
                return -ENOMEM;
        }
        clear_index(rules);
        rules->conditions = conditions;
        for (size_t i = 0; i < rules->n_rules; i++)
                count_grams(rules->rules[i], shared);
        for (size_t i = 0; i < rules->n_rules; i++)
                index_rule(rules, i, shared);
        return 0;
}
