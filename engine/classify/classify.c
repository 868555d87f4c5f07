/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Evidence against conditions. Each value is scanned once for the three-byte texts of the index; a condition is
 * tried at most once on each value, and a rule looked at only after one of its conditions held. What the
 * matching rules then mean together is fusion.c's. */

#include "engine/classify/classify.h"

#include <string.h>

#include "engine/classify/fusion.h"
#include "engine/classify/rule.h"

#define NOT_FOUND UINT16_MAX

struct matching {
        const struct ruleset *rules;
        const struct classify_evidence *evidence;
        uint16_t current;                 /* evidence being scanned */
        uint16_t tried[CONDITIONS_MAX];   /* evidence that the condition was tried on last */
        uint16_t found[CONDITIONS_MAX];   /* best evidence that it holds for */
};

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

static void try_condition(struct matching *m, uint16_t i, uint16_t slot, size_t length) {
        const struct condition *c = m->rules->conditions[i].condition;
        const struct classify_evidence *evidence = &m->evidence[m->current];

        /* Other slots share the bucket; asked and said never mix. */
        if (c->slot != slot || m->tried[i] == m->current || c->asks != (evidence->voice == VOICE_ASKS))
                return;
        m->tried[i] = m->current;
        if (m->found[i] != NOT_FOUND && !evidence_is_better(evidence, &m->evidence[m->found[i]]))
                return;
        if (glob_match(c->glob, evidence->value, length, NULL))
                m->found[i] = m->current;
}

static void try_list(struct matching *m, uint16_t i, uint16_t slot, size_t length) {
        for (; i != INDEX_NONE; i = m->rules->conditions[i].next)
                try_condition(m, i, slot, length);
}

static void scan_value(struct matching *m, const char *value, uint16_t slot) {
        const uint8_t *p = (const uint8_t *) value;
        size_t length = value_length(value, slot);

        try_list(m, m->rules->unfiltered[slot], slot, length);
        for (size_t i = 0; i + GLOB_GRAM <= length; i++) {
                uint8_t gram[GLOB_GRAM] = { glob_fold(p[i]), glob_fold(p[i + 1]), glob_fold(p[i + 2]) };

                try_list(m, m->rules->buckets[index_bucket(slot, gram)], slot, length);
        }
}

static void scan_evidence(struct matching *m) {
        const struct classify_evidence *evidence = &m->evidence[m->current];

        scan_value(m, evidence->value, SLOT_OF_KIND(evidence->kind));
        if (is_name(evidence))
                scan_value(m, evidence->value, SLOT_NAME);
}

/* Does the rule whose conditions begin at `first` in the row hold? */
static bool rule_holds(const struct matching *m, const struct rule *rule, size_t first) {
        bool any_asked = false, any_found = false;

        for (size_t i = 0; i < rule->n_conditions; i++) {
                bool found = m->found[first + i] != NOT_FOUND;

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
                if (rule->conditions[i].role != CONDITION_ANY || m->found[first + i] == NOT_FOUND)
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
        *ret = (struct vote) { .rule = rule, .evidence = evidence, .strength = (uint8_t) strength, .value = value };
        glob_match(condition->glob, value, value_length(value, condition->slot), ret->captures);
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
        size_t n = 0, first = 0;

        for (size_t i = 0; i < m->rules->n_rules; first += m->rules->rules[i++]->n_conditions) {
                struct vote vote;

                if (rule_holds(m, m->rules->rules[i], first) && make_vote(m, m->rules->rules[i], first, &vote))
                        n = add_vote(votes, n, &vote);
        }
        return n;
}

static void matching_begin(struct matching *m, const struct ruleset *rules, const struct classify_evidence *evidence) {
        m->rules = rules;
        m->evidence = evidence;
        m->current = 0;
        memset(m->tried, 0xff, rules->n_conditions * sizeof m->tried[0]);
        memset(m->found, 0xff, rules->n_conditions * sizeof m->found[0]);
}

bool classify_is_known(const struct ruleset *rules, const struct classify_evidence *evidence) {
        struct matching m;

        if (!rules)
                return false;
        matching_begin(&m, rules, evidence);
        scan_evidence(&m);
        for (size_t i = 0; i < rules->n_conditions; i++)
                if (m.found[i] != NOT_FOUND)
                        return true;
        return false;
}

void classify(const struct ruleset *rules, const struct classify_evidence *evidence, size_t n_evidence,
              struct classification *ret) {
        struct vote votes[VOTES_MAX];
        struct matching m;
        size_t n;

        memset(ret, 0, sizeof *ret);
        if (!rules)
                return;
        matching_begin(&m, rules, evidence);
        for (size_t i = 0; i < MIN(n_evidence, (size_t) NOT_FOUND); i++) {
                m.current = (uint16_t) i;
                scan_evidence(&m);
        }
        n = collect_votes(&m, votes);
        fuse(votes, n, ret);
}
