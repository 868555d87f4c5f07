/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Evidence against conditions. Each value is scanned once for the three-byte texts of the index, unless it is remembered
 * what holds for it; a condition is tried at most once on each value, and a rule looked at only after one of its
 * conditions held: none holds by what is missing alone. What the matching rules then mean together is fusion.c's. */

#include "engine/classify/classify.h"

#include <errno.h>
#include <string.h>

#include "engine/classify/fusion.h"
#include "engine/classify/match-memo.h"
#include "engine/classify/rule.h"

#define EVIDENCE_MAX UINT16_MAX

/* Few of all conditions hold for one device: bits say which, so that no more than those is made empty first. */
struct matching {
        const struct ruleset *rules;
        const struct classify_evidence *evidence;
        uint64_t held[CONDITIONS_MAX / 64];   /* a bit a condition: it holds */
        uint16_t found[CONDITIONS_MAX];       /* best evidence for which; undefined where it does not hold */
        uint64_t rules_found[RULES_MAX / 64]; /* a bit a rule: one of its conditions was found */
};

static bool is_found(const struct matching *m, size_t condition) {
        return m->held[condition / 64] >> condition % 64 & 1;
}

/* NetBIOS has names of users and groups too: those of the machine are <00> and <20> (RFC 1002 knows only the byte;
 * [MS-NBTE] §2.2.2 what it means). */
static bool is_machine_name(const char *value) {
        const char *type = strchr(value, '<');

        return type && (strcmp(type, "<00>") == 0 || strcmp(type, "<20>") == 0);
}

static bool is_name(const struct classify_evidence *evidence) {
        enum fact_kind kind = evidence->kind;

        return kind == FACT_DHCP_HOSTNAME || kind == FACT_DHCP_FQDN || kind == FACT_MDNS_HOSTNAME ||
               kind == FACT_HOST_NAME || kind == FACT_DHCP6_FQDN || kind == FACT_LLDP_SYSTEM_NAME ||
               kind == FACT_BROWSER_ANNOUNCEMENT ||
               (kind == FACT_NBNS_NAME && is_machine_name(evidence->value));
}

/* How much of a value conditions of `slot` look at: of a name the first label, without the address that mDNS puts
 * behind it or the type that NetBIOS does. */
static size_t value_length(const char *value, uint16_t slot) {
        size_t length = strnlen(value, CLASSIFY_VALUE_MAX);

        return slot == SLOT_NAME ? MIN(strcspn(value, ".<"), length) : length;
}

/* Of several pieces that match, the weightiest; of equals the first in the alphabet: never the first in the array. */
static bool evidence_is_better(const struct classify_evidence *a, const struct classify_evidence *b) {
        return a->weight != b->weight ? a->weight > b->weight : strcmp(a->value, b->value) < 0;
}

/* The conditions that may hold for a value: those of the unfiltered list, then those that the index has for its texts.
 * One may come several times. */
struct candidates {
        const struct ruleset *rules;
        const uint8_t *value;
        size_t length, position;
        uint16_t slot, next;
};

static struct candidates candidates_make(const struct ruleset *rules, const char *value, uint16_t slot) {
        return (struct candidates) {
                .rules = rules,
                .value = (const uint8_t *) value,
                .length = value_length(value, slot),
                .slot = slot,
                .next = rules->unfiltered[slot],
        };
}

static inline bool candidates_next(struct candidates *c, uint16_t *ret) {
        while (c->next == INDEX_NONE) {
                const uint8_t *p = c->value + c->position;

                if (c->position + GLOB_GRAM > c->length)
                        return false;
                c->next = c->rules->buckets[index_bucket(c->slot, glob_gram(p))];
                c->position++;
        }
        *ret = c->next;
        c->next = c->rules->conditions[c->next].next;
        return true;
}

/* Other slots share the bucket; asked and said never mix. */
static inline bool is_about(const struct condition *c, const struct classify_evidence *evidence, uint16_t slot) {
        return c->slot == slot && c->asks == (evidence->voice == VOICE_ASKS);
}

/* The conditions that hold for a value. */
struct holding {
        const struct ruleset *rules;
        const struct classify_evidence *evidence;
        size_t n;
        uint64_t tried[CONDITIONS_MAX / 64]; /* a bit a condition */
        uint16_t conditions[CONDITIONS_MAX];
};

static void try_condition(struct holding *h, uint16_t i, size_t length) {
        if (h->tried[i / 64] >> i % 64 & 1)
                return;
        h->tried[i / 64] |= UINT64_C(1) << i % 64;
        if (glob_match(h->rules->conditions[i].condition->glob, h->evidence->value, length, NULL))
                h->conditions[h->n++] = i;
}

static void scan_value(struct holding *h, uint16_t slot) {
        struct candidates c = candidates_make(h->rules, h->evidence->value, slot);
        uint16_t i;

        while (candidates_next(&c, &i))
                if (is_about(h->rules->conditions[i].condition, h->evidence, slot))
                        try_condition(h, i, c.length);
}

static void holding_begin(struct holding *h, const struct ruleset *rules, const struct classify_evidence *evidence) {
        h->rules = rules;
        h->evidence = evidence;
        h->n = 0;
        memset(h->tried, 0, (rules->n_conditions + 63) / 64 * sizeof h->tried[0]);
}

/* Which of them there are, in `h` or in `memo`; how many. */
static size_t find_holding(struct holding *h, const struct ruleset *rules, struct match_memo *memo,
                           const struct classify_evidence *evidence, const uint16_t **ret) {
        int n = memo ? match_memo_find(memo, evidence, ret) : -ENOENT;

        if (n >= 0)
                return (size_t) n;
        holding_begin(h, rules, evidence);
        scan_value(h, SLOT_OF_KIND(evidence->kind));
        if (is_name(evidence))
                scan_value(h, SLOT_NAME);
        if (memo)
                match_memo_keep(memo, evidence, h->conditions, h->n);
        *ret = h->conditions;
        return h->n;
}

/* A condition holds for the evidence with this number. */
static void note_found(struct matching *m, uint16_t condition, uint16_t number) {
        uint16_t *found = &m->found[condition], rule = m->rules->conditions[condition].rule;

        if (is_found(m, condition) && !evidence_is_better(&m->evidence[number], &m->evidence[*found]))
                return;
        *found = number;
        m->held[condition / 64] |= UINT64_C(1) << condition % 64;
        m->rules_found[rule / 64] |= UINT64_C(1) << rule % 64;
}

/* Does the rule whose conditions begin at `first` in the row hold? */
static bool rule_holds(const struct matching *m, const struct rule *rule, size_t first) {
        bool any_asked = false, any_found = false;

        for (size_t i = 0; i < rule->n_conditions; i++) {
                bool found = is_found(m, first + i);

                switch ((enum condition_role) rule->conditions[i].role) {
                case CONDITION_ALL:
                        if (!found)
                                return false;
                        break;
                case CONDITION_ANY:
                        any_asked = true;
                        any_found = any_found || found;
                        break;
                case CONDITION_NOT:
                        if (found)
                                return false;
                        break;
                }
        }
        return !any_asked || any_found;
}

/* The condition that names the evidence and captures: the first that must hold, else the one of the alternatives that
 * holds for the best evidence. */
static size_t leading_condition(const struct matching *m, const struct rule *rule, size_t first) {
        size_t best = rule->n_conditions;

        for (size_t i = 0; i < rule->n_conditions; i++) {
                if (rule->conditions[i].role == CONDITION_ALL)
                        return i;
                if (rule->conditions[i].role != CONDITION_ANY || !is_found(m, first + i))
                        continue;
                if (best == rule->n_conditions || evidence_is_better(&m->evidence[m->found[first + i]],
                                                                     &m->evidence[m->found[first + best]]))
                        best = i;
        }
        return best;
}

/* The weakest piece that the rule rests on. */
static unsigned rule_weight(const struct matching *m, const struct rule *rule, size_t first, size_t leading) {
        unsigned weight = m->evidence[m->found[first + leading]].weight;

        for (size_t i = 0; i < rule->n_conditions; i++)
                if (rule->conditions[i].role == CONDITION_ALL)
                        weight = MIN(weight, (unsigned) m->evidence[m->found[first + i]].weight);
        return MIN(weight, 100U);
}

static bool make_vote(const struct matching *m, const struct rule *rule, size_t first, struct vote *ret) {
        size_t leading = leading_condition(m, rule, first);
        uint16_t evidence = m->found[first + leading];
        const char *value = m->evidence[evidence].value;
        const struct condition *condition = &rule->conditions[leading];
        unsigned strength = rule->confidence * rule_weight(m, rule, first, leading) / 100;

        if (strength == 0)
                return false;
        *ret = (struct vote) {
                .rule = rule,
                .evidence = evidence,
                .strength = (uint8_t) strength,
                .glob = condition->glob,
                .value = value,
                .length = (uint16_t) value_length(value, condition->slot),
        };
        return true;
}

/* Keeps the list sorted, strongest first; when it is full the weakest leaves. */
static size_t add_vote(struct vote *votes, size_t n, const struct vote *vote) {
        size_t at = n;

        while (at > 0 && vote_compare(vote, &votes[at - 1]) < 0)
                at--;
        if (at >= VOTES_MAX)
                return n;
        n = MIN(n + 1, (size_t) VOTES_MAX);
        memmove(&votes[at + 1], &votes[at], (n - at - 1) * sizeof *votes);
        votes[at] = *vote;
        return n;
}

static size_t collect_votes(const struct matching *m, struct vote votes[static VOTES_MAX]) {
        size_t n = 0;

        for (size_t word = 0; word < (m->rules->n_rules + 63) / 64; word++)
                for (uint64_t bits = m->rules_found[word]; bits != 0; bits &= bits - 1) {
                        const struct rule *rule = m->rules->rules[word * 64 + (size_t) __builtin_ctzll(bits)];
                        struct vote vote;

                        if (rule_holds(m, rule, rule->first) && make_vote(m, rule, rule->first, &vote))
                                n = add_vote(votes, n, &vote);
                }
        return n;
}

static void matching_begin(struct matching *m, const struct ruleset *rules, const struct classify_evidence *evidence) {
        m->rules = rules;
        m->evidence = evidence;
        memset(m->held, 0, (rules->n_conditions + 63) / 64 * sizeof m->held[0]);
        memset(m->rules_found, 0, (rules->n_rules + 63) / 64 * sizeof m->rules_found[0]);
}

bool classify_is_known(const struct ruleset *rules, struct match_memo *memo, const struct classify_evidence *evidence) {
        struct holding holding;
        const uint16_t *conditions;

        return rules && find_holding(&holding, rules, memo, evidence, &conditions) > 0;
}

void classify(const struct ruleset *rules, struct match_memo *memo, const struct classify_evidence *evidence, size_t n_evidence,
              struct classification *ret) {
        struct vote votes[VOTES_MAX];
        struct holding holding;
        struct matching m;
        size_t n;

        memset(ret, 0, sizeof *ret);
        if (!rules)
                return;
        matching_begin(&m, rules, evidence);
        for (size_t i = 0; i < MIN(n_evidence, (size_t) EVIDENCE_MAX); i++) {
                const uint16_t *conditions;
                size_t held;

                if (evidence[i].weight == 0)
                        continue;
                held = find_holding(&holding, rules, memo, &evidence[i], &conditions);
                for (size_t k = 0; k < held; k++)
                        note_found(&m, conditions[k], (uint16_t) i);
        }
        n = collect_votes(&m, votes);
        fuse(votes, n, ret);
}
